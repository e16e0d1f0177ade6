#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs on Azure Batch while the services are killed.

No task is lost, no attempt begins twice, none that was seen ended runs again, and what `aloft status` says at the end
is true. Tasks leave marks in a directory of this machine, which no failure of the services touches. ALOFT_SEED and
ALOFT_FAULT_ROUNDS repeat or lengthen a run.
"""
import collections
import json
import os
import random
import signal
import time
import unittest
import urllib.parse

import harness

SEED = int(os.environ.get("ALOFT_SEED", random.SystemRandom().randrange(1 << 32)))
ROUNDS = int(os.environ.get("ALOFT_FAULT_ROUNDS", "4"))
NODES = 2

# Its argument is what its marks begin with. Nobody can begin the same attempt twice: the mark is there then.
SCRIPT = """#!/bin/sh
#SBATCH --output=/dev/null
mark=$1.${SLURM_ARRAY_TASK_ID:-0}
attempt=$((${SLURM_RESTART_COUNT:-0} + 1))
set -C
: > "$mark.begun.$attempt" || exit 99
sleep "0.$((${SLURM_ARRAY_TASK_ID:-0} * 7 % 4))"
set +C
echo "$attempt" > "${mark##*/}"
: > "$mark.ended.$attempt"
"""


class BatchWorld(harness.World):
    """With a container "box" that is the home of jobs and where they run, and a pool of the same name."""

    def __init__(self, nodes=NODES, **options):
        super().__init__(emulator=False, **options)
        self.emulator_options = ["--data", str(self.directory / "data")]
        self.start_emulator()
        self.home = f"{self.uri}/box"
        self.environment["ALOFT_JOB_HOME"] = self.home
        self.marks = self.directory / "marks"
        self.marks.mkdir()
        self.script = self.directory / "job.sh"
        self.script.write_text(SCRIPT)
        self.aloft("mkdir", self.home)
        self.aloft("pool", "create", "box", "--size", "Standard_D2s_v5", "--nodes", nodes)

    def restart_emulator(self, *options):
        """As after a crash of its machine: on the same ports, with the same data."""
        self.stop_emulator(signal.SIGKILL)
        ports = [urllib.parse.urlsplit(self.endpoint[service]).port for service in ("blob_endpoint", "batch_endpoint")]
        self.start_emulator("--blob-port", str(ports[0]), "--batch-port", str(ports[1]), *options)

    def submission(self, name, *options):
        """The words of a command; the job's marks begin with its name."""
        return ["submit", "--to", "batch", "--pool", "box", "--chdir", self.home, *options, self.script,
                self.marks / name]

    def submit(self, name, *options):
        return int(self.aloft(*self.submission(name, *options)).stdout)

    def tasks(self, job):
        return json.loads(self.aloft("status", "--json", job).stdout)["tasks"]

    def ended_tasks(self, job):
        """All of them once all have ended, else nothing."""
        tasks = self.tasks(job)
        return all("ended" in task for task in tasks) and tasks

    def end_of(self, job, seconds=60):
        return harness.wait_until(lambda: self.ended_tasks(job), seconds, f"the end of job {job}")

    def attempts(self, name):
        """Which attempts of each element have begun, and which have ended: {index: {"begun": [1, 2], "ended": [2]}}."""
        found = collections.defaultdict(lambda: {"begun": [], "ended": []})
        for mark in self.marks.iterdir():
            job, index, what, attempt = mark.name.split(".")
            if job == name:
                found[int(index)][what].append(int(attempt))
        return {index: {what: sorted(numbers) for what, numbers in marks.items()} for index, marks in found.items()}


class JobsTest(unittest.TestCase):
    def check_succeeded(self, world, name, job, count):
        """Every task ended once, as its status says."""
        tasks = world.end_of(job)
        attempts = world.attempts(name)
        self.assertEqual(len(tasks), count)
        self.assertEqual(len(attempts), count)
        for task in tasks:
            index = task.get("index", 0)
            self.assertEqual((task["state"], task["code"]), ("succeeded", 0), task)
            last = task["attempt"]
            begun, ended = attempts[index]["begun"], attempts[index]["ended"]
            self.assertLessEqual(set(begun), set(range(1, last + 1)), f"{name}: {task}")
            # An attempt may come to its end just before a kill, its record after: then it is repeated.
            self.assertEqual((begun[-1], ended[-1]), (last, last), f"{name}: {task}")
            self.assertEqual(world.aloft("cat", f"{world.home}/{name}.{index}").stdout, f"{last}\n")
        return sum(task["attempt"] for task in tasks) - count


class KilledServices(JobsTest):
    def test_no_task_is_lost_and_none_that_was_seen_ended_runs_again(self):
        chance = random.Random(SEED)
        world = BatchWorld()
        self.addCleanup(world.close)
        width = 3 * ROUNDS
        array = f"--array=1-{width}"
        first = world.submit("first", array)
        jobs = {"first": (first, width),
                "corr": (world.submit("corr", array, f"--dependency=aftercorr:{first}"), width)}
        jobs["after"] = (world.submit("after", f"--dependency=afterok:{first}:{jobs['corr'][0]}"), 1)
        with self.subTest(seed=SEED):
            seen = {}
            for _ in range(ROUNDS):
                time.sleep(chance.uniform(0.1, 1.5))
                seen |= self.ends(world, jobs)
                marks = {name: world.attempts(name) for name in jobs}
                world.restart_emulator()
                now = self.ends(world, jobs)
                for (name, index), task in seen.items():
                    self.assertEqual(now[name, index], task)
                    self.assertEqual(world.attempts(name)[index], marks[name][index], "it has run again")
            repeated = sum(self.check_succeeded(world, name, *job) for name, job in jobs.items())
            for (name, index), task in seen.items():
                self.assertEqual(self.ends(world, jobs)[name, index], task)
        print(f"seed {SEED}: {2 * width + 1} tasks over {ROUNDS} kills, {len(seen)} seen ended between them, "
              f"{repeated} repeated")

    def ends(self, world, jobs):
        return {(name, task.get("index", 0)): task
                for name, (job, _) in jobs.items() for task in world.tasks(job) if "ended" in task}


if __name__ == "__main__":
    harness.main()
