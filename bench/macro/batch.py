#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The emulator's Batch service: collections of 100 tasks, against empty POSTs to the same server; and tasks that do nothing.

Requests are made and signed before the clock runs, so the figures are the server's and the loopback's.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))
import harness  # noqa: E402
from batch_client import BatchClient, shell  # noqa: E402

RUNS = int(os.environ.get("RUNS", "10"))
REQUESTS = 100
TASKS_PER_REQUEST = 100
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def row(name, values, unit):
    print(f"  {name:44} {statistics.median(values):12,.0f} [{min(values):,.0f}-{max(values):,.0f}] {unit}", flush=True)


class Bench:
    def __init__(self, title, options):
        self.title = title
        self.world = harness.World(emulator_options=options)
        self.client = BatchClient(self.world.endpoint)
        self.next_task = 0

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.world.emulator.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def send(self, bodies):
        """Requests per second, and server CPU microseconds per request."""
        requests = [self.client.prepare("POST", "/jobs/job/addtaskcollection", {"value": body}) for body in bodies]
        cpu, start = self.cpu_seconds(), time.monotonic()
        for request in requests:
            answer = self.client.send(request)
            assert answer.status == 200, answer
        wall = time.monotonic() - start
        return len(bodies) / wall, (self.cpu_seconds() - cpu) / len(bodies) * 1e6

    def tasks(self):
        self.next_task += TASKS_PER_REQUEST
        environment = [{"name": "INPUT", "value": "x" * 60}]
        return [shell(number, "true", environmentSettings=environment)
                for number in range(self.next_task - TASKS_PER_REQUEST, self.next_task)]

    def ingest(self):
        self.client.add_job("job", "absent")
        full, empty = [], []
        for run in range(RUNS + 1):
            samples = (self.send([self.tasks() for _ in range(REQUESTS)]), self.send([[]] * REQUESTS))
            if run > 0:  # The first is the warm-up.
                full.append(samples[0])
                empty.append(samples[1])
        size = len(json.dumps({"value": self.tasks()}))
        print(f"\n{self.title}: collections of {TASKS_PER_REQUEST} tasks, {size:,} bytes each (n = {RUNS})")
        row("collections", [rate for rate, _ in full], "requests/s")
        row("", [rate * TASKS_PER_REQUEST for rate, _ in full], "tasks/s")
        row("empty POSTs", [rate for rate, _ in empty], "requests/s")
        row("server CPU of a collection", [cpu for _, cpu in full], "us")
        row("server CPU of an empty POST", [cpu for _, cpu in empty], "us")

    def run_tasks(self, count=500, slots=4):
        self.client.add_pool("pool", 1, slots)
        self.client.add_job("run", "pool")
        harness.wait_until(lambda: self.client.must(200, "GET", "/nodecounts")["value"][0]["dedicated"]["idle"] == 1)
        ours, theirs = [], []
        for run in range(RUNS):
            start = time.monotonic()
            self.client.add_tasks("run", [{"id": f"{run}-{n}", "commandLine": "/bin/true"} for n in range(count)])
            done = (run + 1) * count
            harness.wait_until(
                lambda: self.client.must(200, "GET", "/jobs/run/taskcounts")["taskCounts"]["succeeded"] == done, 120)
            ours.append((time.monotonic() - start) / count * 1e6)
            start = time.monotonic()
            for _ in range(count):
                subprocess.run(["/bin/true"], check=True)
            theirs.append((time.monotonic() - start) / count * 1e6)
        print(f"\n{self.title}: {count} tasks of /bin/true on {slots} slots (n = {RUNS})")
        row("a task, from its adding to its end", ours, "us")
        row("fork and exec by Python, one after another", theirs, "us")


def main():
    for title, options in (("in memory", ("--in-memory",)), ("on disk", ())):
        bench = Bench(title, options)
        try:
            bench.ingest()
            bench.run_tasks()
        finally:
            bench.client.close()
            bench.world.close()


if __name__ == "__main__":
    main()
