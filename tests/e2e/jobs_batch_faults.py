#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs on Azure Batch while things break: services are killed or fail, nodes go, commands are killed before each of
their changes.

No task is lost, no attempt begins twice, none that was seen ended runs again, and what `aloft status` says at the end
is true. Tasks leave marks in a directory of this machine, which no failure of the services touches. ALOFT_SEED and
ALOFT_FAULT_ROUNDS repeat or lengthen a run.
"""
import collections
import http.client
import http.server
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

import harness
from batch_client import BatchClient

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

    def __init__(self, nodes=NODES, faults=""):
        """`faults` is what goes wrong (see docs/guide/faults.md)."""
        super().__init__(emulator=False)
        (self.directory / "faults.toml").write_text(f"seed = {SEED}\n{faults}")
        self.emulator_options = ["--data", str(self.directory / "data"),
                                 "--faults", str(self.directory / "faults.toml")]
        try:
            self.set_up(nodes)
        except BaseException:
            self.close()
            raise

    def set_up(self, nodes):
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

    def end_of(self, job, seconds=40 + 10 * ROUNDS):
        return harness.wait_until(lambda: self.ended_tasks(job), seconds, f"the end of job {job}")

    def attempts(self, name):
        """Which attempts of each element have begun, and which have ended: {index: {"begun": [1, 2], "ended": [2]}}."""
        found = collections.defaultdict(lambda: {"begun": [], "ended": []})
        for mark in self.marks.iterdir():
            job, index, what, attempt = mark.name.split(".")
            if job == name:
                found[int(index)][what].append(int(attempt))
        return {index: {what: sorted(numbers) for what, numbers in marks.items()} for index, marks in found.items()}


class Gate:
    """A proxy of both services that lets some changes of a command pass and then kills it."""

    def __init__(self, world):
        self.world, self.lock, self.process = world, threading.Lock(), None
        self.servers = [self.serve(world.endpoint[name]) for name in ("blob_endpoint", "batch_endpoint")]
        blob, batch = (f"http://127.0.0.1:{server.server_port}" for server in self.servers)
        path = urllib.parse.urlsplit(world.endpoint["blob_endpoint"]).path
        configuration = world.directory / "through-gate"
        harness.write_accounts(configuration, world.endpoint | {"blob_endpoint": blob + path, "batch_endpoint": batch})
        self.environment = world.environment | {"XDG_CONFIG_HOME": str(configuration)}

    def serve(self, endpoint):
        server = ForwardingServer(("127.0.0.1", 0), forwarder(self, urllib.parse.urlsplit(endpoint)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def close(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def run(self, words, passing, target=""):
        """Runs aloft and kills it before its next change of anything when `passing` of them have been made; where
        there is a target, only those count that have it in theirs. Whether it ended by itself, and what it printed."""
        with self.lock:
            self.passing, self.target, self.killed = passing, target, False
            self.process = subprocess.Popen([str(harness.BUILD / "aloft-main"), *map(str, words)], text=True,
                                            env=self.environment, cwd=self.world.directory,
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        printed, errors = self.process.communicate(timeout=60)
        with self.lock:
            code, self.process = self.process.returncode, None
        if not self.killed and code != 0:
            raise AssertionError(f"{words} exited {code}\n{errors}")
        return not self.killed, printed

    def lets_pass(self, method, target):
        with self.lock:
            if self.process is None:
                return True
            if method not in ("GET", "HEAD") and self.target in target:
                self.passing -= 1
            if self.passing < 0 and not self.killed:
                self.killed = True
                self.process.kill()
            return not self.killed


class ForwardingServer(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Who was killed reads no answer."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def forwarder(gate, endpoint):
    """Passes on the requests of one connection."""
    class Forwarder(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            super().setup()
            self.service = http.client.HTTPConnection(endpoint.hostname, endpoint.port, timeout=60)

        def finish(self):
            self.service.close()
            super().finish()

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not gate.lets_pass(self.command, self.path):
                self.close_connection = True
                return
            self.service.request(self.command, self.path, body=body or None, headers=dict(self.headers))
            answer = self.service.getresponse()
            content = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            size = answer.headers["Content-Length"] if self.command == "HEAD" else len(content)
            if answer.status != 204 and size is not None:
                self.send_header("Content-Length", size)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = forward

        def log_message(self, *_):
            pass

    return Forwarder


class JobsTest(unittest.TestCase):
    def check_succeeded(self, world, name, job, count):
        """Every task ended once, as its status says."""
        tasks = world.end_of(job)
        attempts = world.attempts(name)
        self.assertEqual(len(tasks), count)
        self.assertEqual(len(attempts), count)
        for task in tasks:
            index = task.get("index", 0)
            self.assertEqual((task["state"], task.get("code")), ("succeeded", 0), task)
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


class FaultyServices(JobsTest):
    def test_nodes_that_go_while_tasks_run(self):
        # One for every third start of a task, so that they do not all fall on those that come first: a task that was
        # repeated ten times is given up.
        events = [("lose", 150), ("preempt", 80), ("reboot", 100)] * max(1, ROUNDS // 2)
        world = BatchWorld(faults="".join(
            f"[[node]]\nevent = \"{event}\"\nafter_ms = {after_ms}\nafter = {3 * number}\ncount = 1\n"
            for number, (event, after_ms) in enumerate(events)))
        self.addCleanup(world.close)
        width = 4 * ROUNDS
        with self.subTest(seed=SEED):
            first = world.submit("first", f"--array=1-{width}")
            after = world.submit("after", f"--dependency=afterok:{first}")
            repeated = self.check_succeeded(world, "first", first, width)
            repeated += self.check_succeeded(world, "after", after, 1)
            self.assertGreater(repeated, 0)
            print(f"seed {SEED}: {width + 1} tasks, {repeated} repeated after their nodes had gone")

    def test_requests_that_fail(self):
        world = BatchWorld(faults="""
            [[request]]
            probability = 0.05
            status = 503
            code = "ServerBusy"
            [[request]]
            probability = 0.04
            drop = "before"
            [[request]]
            probability = 0.04
            drop = "after"
            [[request]]
            probability = 0.02
            delay_ms = 200
            """)
        self.addCleanup(world.close)
        with self.subTest(seed=SEED):
            jobs = {}
            for number in range(ROUNDS):
                after = [f"--dependency=aftercorr:{jobs['job0']}"] if jobs else []
                jobs[f"job{number}"] = world.submit(f"job{number}", "--array=1-5", *after)
            for name, job in jobs.items():
                self.assertEqual(self.check_succeeded(world, name, job, 5), 0, "nothing was repeated")
        print(f"seed {SEED}: {5 * ROUNDS} tasks while one request in seven failed or was late")


class KilledCommands(JobsTest):
    """Against a pool without nodes, so that nothing but the command speaks to the services."""

    def setUp(self):
        self.world = BatchWorld(nodes=0)
        self.addCleanup(self.world.close)
        self.gate = Gate(self.world)
        self.addCleanup(self.gate.close)
        self.batch = BatchClient(self.world.endpoint)
        self.addCleanup(self.batch.close)

    def listed(self):
        """Whoever looks at jobs goes on with submissions; those that exist then."""
        return {job["job"] for job in json.loads(self.world.aloft("jobs", "--json").stdout)}

    def numbers_in_batch(self):
        """Of all tasks that Batch has."""
        jobs = self.batch.must(200, "GET", "/jobs")["value"]
        return {int(number) for job in jobs for number in self.batch.tasks(job["id"])}

    def test_a_submission_is_whole_or_not_there_whichever_change_is_the_last(self):
        jobs, appeared = {}, []
        done, passing = False, 0
        while not done:
            name = f"job{passing}"
            done, printed = self.gate.run(self.world.submission(name, "--array=1-2"), passing)
            new = self.listed() - set(jobs.values())
            with self.subTest(passing=passing):
                self.assertLessEqual(len(new), 1)
                self.assertEqual([int(word) for word in printed.split()], sorted(new) if done else [])
                appeared.append(bool(new))
                jobs |= {name: job for job in new}
                self.assertEqual(self.numbers_in_batch(), {n for job in jobs.values() for n in (job, job + 1)})
            passing += 1
        self.assertEqual(appeared, sorted(appeared), "there is one change from which on the job exists")
        self.assertGreater(appeared.count(False), 3)
        self.assertGreater(appeared.count(True), 2)
        self.world.aloft("pool", "resize", "box", "--nodes", NODES)
        for name, job in jobs.items():
            self.assertEqual(self.check_succeeded(self.world, name, job, 2), 0, "nothing was repeated")
        print(f"killed after 0 to {passing - 2} changes: {len(jobs)} jobs exist and ran")

    def test_some_of_the_tasks_are_there(self):
        chance = random.Random(SEED)
        for passing in range(3):
            with self.subTest(passing=passing):
                before = self.numbers_in_batch()
                done, _ = self.gate.run(self.world.submission("job", "--array=1-250"), passing,
                                        "/addtaskcollection")
                self.assertFalse(done)
                self.assertLess(len(self.numbers_in_batch() - before), 250)
                job = max(self.listed())
                self.assertEqual(self.numbers_in_batch() - before, set(range(job, job + 250)))
        with self.subTest(seed=SEED):
            passing = chance.randrange(3, 500)
            done, _ = self.gate.run(["cancel", job], passing)
            self.assertFalse(done)
            self.world.aloft("cancel", job)
            self.assertEqual({task["state"] for task in self.world.tasks(job)}, {"cancelled"})
            print(f"seed {SEED}: cancel killed after {passing} changes")


if __name__ == "__main__":
    harness.main()
