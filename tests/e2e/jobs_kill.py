#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the submitter, the scheduler, supervisors and tasks, at random moments: no finished task is lost or
repeated, none is started twice silently, and everything comes to an end. The seed is printed."""
import json
import os
import pathlib
import random
import signal
import subprocess
import time

import harness

SEED = int(os.environ.get("ALOFT_TEST_SEED", "20261121"))


class KillTest(harness.WorldTest):
    world_options = {"emulator": False}

    def setUp(self):
        self.random = random.Random(SEED)
        print("seed", SEED)
        self.directory = self.world.directory / self.id().split(".")[-1]
        self.directory.mkdir()

    def aloft(self, *arguments, **options):
        return self.world.aloft(*arguments, cwd=self.directory, program="aloft-main", **options)

    def script(self, text):
        path = self.directory / "job.sh"
        path.write_text("#!/bin/sh\n" + text)
        return path

    def tasks(self, job):
        return json.loads(self.aloft("status", "--json", job).stdout)["tasks"]

    def end_of(self, job, seconds=60):
        return harness.wait_until(
            lambda: (lambda tasks: all("ended" in task for task in tasks) and tasks)(self.tasks(job)), seconds,
            f"the end of job {job}")

    def pids(self, role):
        """This world's processes that are `role` ("scheduler" or "supervise")."""
        found = []
        home = str(self.world.directory / "local").encode()
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if role.encode() in words[1:2] and any(word.startswith(home) for word in words):
                found.append(int(entry.name))
        return found

    @staticmethod
    def kill(pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def starts(self):
        """How often each task wrote that it started, and that it finished."""
        lines = (self.directory / "log").read_text().split()
        return {word: lines.count(word) for word in lines}


class Scheduler(KillTest):
    def test_tasks_survive_schedulers(self):
        script = self.script("#SBATCH --array=1-12\necho start$SLURM_ARRAY_TASK_ID >> log\nsleep 0.2\n"
                             "echo end$SLURM_ARRAY_TASK_ID >> log\n")
        job = self.aloft("submit", script).stdout.strip()
        for _ in range(8):
            time.sleep(self.random.uniform(0.02, 0.25))
            for pid in self.pids("scheduler"):
                self.kill(pid)
            self.aloft("jobs")  # Any look at unfinished jobs starts the next scheduler.
        for task in self.end_of(job):
            self.assertEqual((task["state"], task["attempt"]), ("succeeded", 1), task)
        self.assertEqual(self.starts(), {f"{what}{i}": 1 for what in ("start", "end") for i in range(1, 13)})

    def test_a_task_that_ended_while_no_scheduler_lived_is_taken_over(self):
        job = self.aloft("submit", self.script("echo start >> log\nwhile ! test -e go; do sleep 0.02; done\n")).stdout.strip()
        harness.wait_until((self.directory / "log").exists)
        for pid in self.pids("scheduler"):
            self.kill(pid)
        (self.directory / "go").touch()
        harness.wait_until(lambda: not self.pids("supervise"))
        self.assertEqual(self.end_of(job)[0]["state"], "succeeded")
        self.assertEqual(self.starts(), {"start": 1})


class Supervisor(KillTest):
    def test_a_task_without_supervisor_is_lost_and_not_repeated(self):
        job = self.aloft("submit", self.script("echo start >> log\nsleep 30 &\nsleep 31\n")).stdout.strip()
        harness.wait_until((self.directory / "log").exists)
        for pid in self.pids("supervise"):
            self.kill(pid)
        task = self.end_of(job)[0]
        self.assertEqual(task["state"], "lost")
        self.assertIn("vanished", task["message"])
        self.assertEqual(self.starts(), {"start": 1})
        left = [pid for pid in pathlib.Path("/proc").iterdir() if pid.name.isdigit() and self.sleeps_here(pid)]
        self.assertEqual(left, [], "what the task had started is ended")

    def sleeps_here(self, entry):
        try:
            return (entry / "cmdline").read_bytes().startswith(b"sleep\0003") and \
                os.readlink(entry / "cwd") == str(self.directory)
        except OSError:
            return False

    def test_it_is_repeated_where_the_script_allows_it(self):
        script = self.script("#SBATCH --requeue\necho start$SLURM_RESTART_COUNT >> log\n"
                             "test -n \"$SLURM_RESTART_COUNT\" || sleep 30\n")
        job = self.aloft("submit", script).stdout.strip()
        harness.wait_until((self.directory / "log").exists)
        for pid in self.pids("supervise"):
            self.kill(pid)
        task = self.end_of(job)[0]
        self.assertEqual((task["state"], task["attempt"]), ("succeeded", 2))
        self.assertEqual(self.starts(), {"start": 1, "start1": 1})
        self.assertIn("attempt 2", self.aloft("status", job).stdout)

    def test_a_killed_task_has_failed(self):
        job = self.aloft("submit", self.script("echo $$ >> log\nsleep 30\n")).stdout.strip()
        pid = int(harness.wait_until(lambda: (self.directory / "log").exists() and (self.directory / "log").read_text()))
        self.kill(pid)
        task = self.end_of(job)[0]
        self.assertEqual((task["state"], task["code"], task["signal"]), ("failed", 137, 9))


class Submitter(KillTest):
    def test_a_submission_is_there_whole_or_not_at_all(self):
        script = self.script("#SBATCH --array=1-40\ntrue\n")
        printed = []
        for _ in range(15):
            process = subprocess.Popen([harness.BUILD / "aloft-main", "submit", str(script)], cwd=self.directory,
                                       env=self.world.environment, stdout=subprocess.PIPE, text=True)
            time.sleep(self.random.uniform(0, 0.08))
            process.kill()
            word = process.communicate()[0].strip()
            printed += [int(word)] if word else []
        jobs = json.loads(self.aloft("jobs", "--json").stdout)
        self.assertLessEqual(set(printed), {job["job"] for job in jobs}, "an id that was printed exists")
        for job in jobs:
            self.assertEqual(sum(job[s] for s in ("waiting", "running", "succeeded", "not_succeeded")), 40, job)
        for job in jobs:
            self.aloft("cancel", job["job"])
        harness.wait_until(lambda: all(job["waiting"] + job["running"] == 0
                                       for job in json.loads(self.aloft("jobs", "--json").stdout)), 60)


class Everything(KillTest):
    def test_random_kills(self):
        text = ("#SBATCH --array=1-10\n#SBATCH --output=/dev/null\necho start$SLURM_ARRAY_TASK_ID >> log\nsleep 0.1\n"
                "echo end$SLURM_ARRAY_TASK_ID >> log\n")
        first = self.aloft("submit", self.script(text)).stdout.strip()
        after = self.aloft("submit", f"--dependency=afterany:{first}",
                           self.script("#SBATCH --output=/dev/null\necho after >> log\n")).stdout.strip()
        for _ in range(12):
            time.sleep(self.random.uniform(0.01, 0.15))
            victims = self.pids("scheduler") + self.pids("supervise")
            if victims:
                self.kill(self.random.choice(victims))
            self.aloft("jobs")
        tasks = self.end_of(first)
        last = self.end_of(after)[0]
        starts = self.starts()
        for task in tasks:
            index = task["index"]
            if task["state"] == "failed":
                # The kill hit a supervisor's fork that was about to become the task: that was the task's end.
                self.assertEqual((task["signal"], starts.get(f"end{index}", 0)), (9, 0))
            else:
                self.assertIn(task["state"], ("succeeded", "lost"))
            self.assertLessEqual(starts.get(f"start{index}", 0), 1, "no task runs twice without being asked to")
            if task["state"] == "succeeded":
                self.assertEqual(starts[f"end{index}"], 1)
        self.assertIn(last["state"], ("succeeded", "lost"))
        self.assertLessEqual(starts.get("after", 0), 1)


if __name__ == "__main__":
    harness.main()
