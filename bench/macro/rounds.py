# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of whole commands share: rounds in which each side runs once, and their table (see
bench/README.md)."""
import ctypes
import dataclasses
import os
import statistics
import subprocess
import sys
import time

RUNS = int(os.environ.get("RUNS", "10"))
MIB = 1 << 20
COLUMNS = ("CPU s", "wall s", "peak MiB", "server CPU s")


@dataclasses.dataclass
class Side:
    """One way to do the work: a command in its environment. What `prepare` does before each run is not measured."""
    name: str
    command: list
    environment: dict
    prepare: object = None


def cpu_seconds(pid):
    """User and system time so far of a process that runs, with all its threads, those that ended included."""
    clock = ctypes.c_int()
    error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error))
    return time.clock_gettime(clock.value)


def measure(side, server=None):
    """One run: CPU seconds and largest memory of the command and its children, wall seconds, and the CPU seconds that
    the process `server` spent meanwhile."""
    if side.prepare:
        side.prepare()
    before = cpu_seconds(server) if server else 0
    start = time.monotonic()
    process = subprocess.Popen(side.command, env=side.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - start
    if process.returncode != 0:
        sys.exit(f"{side.command} exited {process.returncode}: {errors.decode(errors='replace')[-1000:]}")
    return (usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024,
            cpu_seconds(server) - before if server else 0)


def cell(values, places=2):
    return f"{statistics.median(values):8.{places}f} [{min(values):.{places}f}-{max(values):.{places}f}]"


def row(name, cells):
    print(f"  {name:30}" + "".join(f"{each:>26}" for each in cells))


def compare(title, sides, server=None, runs=RUNS):
    """Runs all sides in turn, `runs` times after a warm-up, and prints their table: ours, which is the first, the others,
    and the ratios of ours to each, pair by pair."""
    samples = {side.name: [] for side in sides}
    for turn in range(runs + 1):
        for side in sides:
            sample = measure(side, server)
            if turn > 0:  # The first is the warm-up.
                samples[side.name].append(sample)
    columns = range(len(COLUMNS) if server else len(COLUMNS) - 1)
    print(f"\n{title} (n = {runs})")
    row("", [COLUMNS[column] for column in columns])
    for side in sides:
        row(side.name, [cell([sample[column] for sample in samples[side.name]]) for column in columns])
    for rival in sides[1:]:
        pairs = list(zip(samples[sides[0].name], samples[rival.name]))
        ratios = [statistics.median(a[column] / max(b[column], 1e-4) for a, b in pairs) for column in columns]
        row(f"ratio to {rival.name}", [f"{ratio:.2f}" for ratio in ratios])
    sys.stdout.flush()
