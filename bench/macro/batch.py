#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Azure Batch on the emulator: its service alone, and jobs on it.

The service: collections of 100 tasks, against empty POSTs to the same server; and tasks that do nothing. Requests are made and signed before the clock runs, so the figures are the server's and the loopback's.

Jobs: submission of a large array, and what a task that does nothing takes by each way of running it, one after another:
the time between the ends of the first and the last, by the number of those between them.
"""
import datetime
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))
import harness  # noqa: E402
from batch_client import BatchClient, shell  # noqa: E402
from jobs_batch_faults import BatchWorld  # noqa: E402

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


def seconds(text):
    """Of a time as Batch and Aloft write it; Batch has more digits than Python takes."""
    return datetime.datetime.fromisoformat(text.rstrip("Z")[:26]).timestamp()


def microseconds_per_task(ends):
    times = sorted(map(seconds, ends))
    return (times[-1] - times[0]) / (len(times) - 1) * 1e6


class JobsBench:
    ELEMENTS = 10_000
    TASKS = 20

    def __init__(self):
        self.world = BatchWorld(nodes=0)
        self.client = BatchClient(self.world.endpoint)
        self.world.script.write_text("#!/bin/sh\n#SBATCH --output=/dev/null\n")
        (self.world.directory / "here").mkdir()

    def close(self):
        self.client.close()
        self.world.close()

    def submission(self):
        walls, cpus = [], []
        for _ in range(RUNS + 1):
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            self.world.submit("job", f"--array=1-{self.ELEMENTS}")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            walls.append((time.monotonic() - start) * 1e3)
            cpus.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3)
        print(f"\naloft submit of {self.ELEMENTS:,} elements, data on {file_system(self.world.directory)} (n = {RUNS})")
        row("wall time", walls[1:], "ms")
        row("CPU of the command", cpus[1:], "ms")

    def tasks(self):
        """Those of the submissions still wait, so the pool is another one."""
        self.world.aloft("pool", "create", "one", "--size", "Standard_D2s_v5", "--nodes", 1, "--slots", 1)
        self.client.add_job("plain", "one")
        ways = {"fork and exec by Python": self.processes,
                "a task of Batch, /bin/true": self.plain_tasks,
                "a job on this machine, in a directory of it": lambda: self.job("--chdir", self.world.directory / "here"),
                "a job on this machine, in a container": lambda: self.job("--chdir", self.world.home),
                "a job on Batch, in a container": lambda: self.job(
                    "--to", "batch", "--pool", "one", "--chdir", self.world.home)}
        samples = {name: [] for name in ways}
        for run in range(RUNS + 1):
            for name, way in ways.items():
                sample = way()
                if run > 0:  # The first is the warm-up.
                    samples[name].append(sample)
        print(f"\ntasks that do nothing, one after another, {self.TASKS} of each (n = {RUNS})")
        for name, values in samples.items():
            row(name, values, "us")

    def processes(self):
        start = time.monotonic()
        for _ in range(self.TASKS):
            subprocess.run(["/bin/true"], check=True)
        return (time.monotonic() - start) / self.TASKS * 1e6

    def plain_tasks(self):
        names = [f"{time.monotonic_ns()}-{n}" for n in range(self.TASKS)]
        self.client.add_tasks("plain", [{"id": name, "commandLine": "/bin/true"} for name in names])

        def ended():
            time.sleep(0.2)  # To look takes from what is measured.
            tasks = self.client.tasks("plain")
            return all(tasks[name]["state"] == "completed" for name in names) and tasks
        tasks = harness.wait_until(ended, 120)
        return microseconds_per_task(tasks[name]["executionInfo"]["endTime"] for name in names)

    def job(self, *place):
        home = {} if "batch" in place else {"ALOFT_JOB_HOME": ""}
        done = self.world.aloft("submit", "--wait", *place, f"--array=1-{self.TASKS}%1", self.world.script, env=home)
        status = self.world.aloft("status", "--json", done.stdout.split()[0], env=home)
        return microseconds_per_task(task["ended"] for task in json.loads(status.stdout)["tasks"])


def file_system(directory):
    done = subprocess.run(["df", "--output=fstype", directory], check=True, capture_output=True, text=True)
    return done.stdout.split()[-1]


def main():
    jobs = JobsBench()
    try:
        jobs.submission()
        jobs.tasks()
    finally:
        jobs.close()
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
