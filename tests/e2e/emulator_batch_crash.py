#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the emulator while Batch runs tasks: no task is lost, none that was seen completed runs again.

Every task appends one line to a file of its own when it begins and one when it ends. ALOFT_SEED and
ALOFT_CRASH_ROUNDS repeat or lengthen a run.
"""
import os
import pathlib
import random
import signal
import time
import unittest

import harness
from batch_client import BatchClient, shell
from until_broken import UntilBroken

SEED = int(os.environ.get("ALOFT_SEED", random.SystemRandom().randrange(1 << 32)))
ROUNDS = int(os.environ.get("ALOFT_CRASH_ROUNDS", "4"))
TASKS_PER_ROUND = 60


class Submitter(UntilBroken):
    """Adds tasks one collection after another until the connection breaks; remembers which were answered."""

    def __init__(self, record, tasks):
        super().__init__(BatchClient(record))
        self.tasks, self.added = tasks, set()

    def work(self):
        for begin in range(0, len(self.tasks), 10):
            results = self.client.add_tasks("job", self.tasks[begin:begin + 10])
            assert all(one["status"] == "success" for one in results.values()), results
            self.added |= results.keys()


def runs(pid):
    """Whether there is such a process; one that nobody has waited for yet runs no more."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class CrashTest(unittest.TestCase):
    def setUp(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)
        self.world.emulator_options = ["--data", str(self.world.directory / "data")]
        self.marks = self.world.directory / "marks"
        self.marks.mkdir()

    def start(self):
        self.record = self.world.start_emulator()
        client = BatchClient(self.record)
        self.addCleanup(client.close)
        return client

    def task(self, number, **more):
        mark = self.marks / str(number)
        return shell(number, f"echo begun >> {mark}; sleep 0.0{number % 5}; echo ended >> {mark}", **more)

    def test_no_task_is_lost_and_none_runs_again_once_it_is_seen_completed(self):
        chance = random.Random(SEED)
        client = self.start()
        client.add_pool("pool", 2, 2)
        client.add_job("job", "pool")
        added, completed = set(), {}
        for round_number in range(ROUNDS):
            first = 1 + round_number * TASKS_PER_ROUND
            tasks = [self.task(number, **({"dependsOn": {"taskIdRanges": [{"start": first, "end": number - 1}]}}
                                          if number % 20 == 0 else {}))
                     for number in range(first, first + TASKS_PER_ROUND)]
            submitter = Submitter(self.record, tasks)
            submitter.start()
            time.sleep(chance.uniform(0.1, 0.9))
            seen = {id: task for id, task in client.tasks("job").items() if task["state"] == "completed"}
            self.world.stop_emulator(signal.SIGKILL)
            submitter.join(30)
            self.assertIsNone(submitter.failure, repr(submitter.failure))
            marks = {id: (self.marks / id).read_text() for id in seen}
            added |= submitter.added
            client = self.start()
            with self.subTest(seed=SEED, round=round_number):
                now = client.tasks("job")
                self.assertLessEqual(added, now.keys(), "a task that was answered is lost")
                for id, task in (completed | seen).items():
                    self.assertEqual(now[id]["executionInfo"], task["executionInfo"])
                    self.assertEqual((self.marks / id).read_text(), marks.get(id, (self.marks / id).read_text()))
                completed |= seen
                # What the kill cut off is added again, as a client would.
                client.add_tasks("job", [task for task in tasks if task["id"] not in now])
                added |= {task["id"] for task in tasks}
        done = harness.wait_until(lambda: self.all_done(client, len(added)), 60, "the end of all tasks")
        self.assertEqual({task["executionInfo"]["result"] for task in done.values()}, {"success"})
        for id, task in done.items():
            # A command may have come to its end just before the kill; then the emulator never saw it.
            ends = (self.marks / id).read_text().count("ended")
            self.assertTrue(1 <= ends <= 1 + task["executionInfo"]["requeueCount"], f"seed {SEED}: task {id}: {ends}")
        requeues = sum(task["executionInfo"]["requeueCount"] for task in done.values())
        print(f"seed {SEED}: {len(done)} tasks over {ROUNDS} kills, {requeues} requeued")

    def all_done(self, client, count):
        tasks = client.tasks("job")
        return len(tasks) == count and all(t["state"] == "completed" for t in tasks.values()) and tasks

    def test_processes_of_a_killed_emulator_are_ended_before_tasks_run_again(self):
        client = self.start()
        client.add_pool("pool", 1)
        client.add_job("job", "pool")
        mark = self.marks / "pids"
        client.add_tasks("job", [shell("t", f"echo $$ >> {mark}; exec sleep 300")])
        harness.wait_until(lambda: mark.exists() and mark.read_text(), what="the task's start")
        self.world.stop_emulator(signal.SIGKILL)
        client = self.start()
        harness.wait_until(lambda: mark.read_text().count("\n") == 2, what="the second start")
        first, second = mark.read_text().split()
        self.assertEqual([runs(first), runs(second)], [False, True])
        task = client.tasks("job")["t"]
        self.assertEqual((task["state"], task["executionInfo"]["requeueCount"]), ("running", 1))


    def test_directories_of_forgotten_nodes_go(self):
        self.start()
        self.world.stop_emulator(signal.SIGKILL)
        forgotten = self.world.directory / "data/batch/nodes/tvmps_gone/wd"
        forgotten.mkdir(parents=True)
        self.start()
        self.assertFalse(forgotten.parent.exists())


if __name__ == "__main__":
    harness.main()
