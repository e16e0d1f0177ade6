#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole commands, ours against a named reference: interleaved pairs, CPU first (see bench/README.md)."""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))
import harness  # noqa: E402

RUNS = int(os.environ.get("RUNS", "10"))
MIB = 1 << 20


def measure(command, world, prepare=None):
    """CPU and wall seconds of one run of `command`."""
    if prepare:
        prepare()
    start = time.monotonic()
    process = subprocess.Popen(command, env=world.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"{command} failed: {errors.decode(errors='replace')[-1000:]}")
    return usage.ru_utime + usage.ru_stime, wall


def compare(title, world, ours, theirs, prepare=None):
    """Each side is (name, command); prints the table of one comparison."""
    samples = {name: [] for name, _ in (ours, theirs)}
    for run in range(RUNS + 1):
        for name, command in (ours, theirs):
            sample = measure(command, world, prepare)
            if run > 0:  # The first is the warm-up.
                samples[name].append(sample)
    print(f"\n{title} (n = {RUNS})")
    print(f"  {'':34} {'CPU s':>22} {'wall s':>24}")
    for name, _ in (ours, theirs):
        cells = []
        for column in (0, 1):
            values = [sample[column] for sample in samples[name]]
            cells.append(f"{statistics.median(values):8.3f} [{min(values):.3f}-{max(values):.3f}]")
        print(f"  {name:34} {cells[0]:>22} {cells[1]:>24}")
    ratios = []
    for column in (0, 1):
        pairs = zip(samples[ours[0]], samples[theirs[0]])
        ratios.append(statistics.median(a[column] / max(b[column], 1e-4) for a, b in pairs))
    print(f"  {'ratio, ours to theirs':34} {ratios[0]:>22.2f} {ratios[1]:>24.2f}", flush=True)


class Bench:
    def __init__(self):
        # rclone 1.60 takes path-style endpoints only in its emulator mode, which knows the published key alone.
        self.world = harness.World(emulator_options=("--in-memory", "--well-known-key"))
        self.data = self.world.directory / "data"
        self.box = f"{self.world.uri}/bench"
        self.world.aloft("mkdir", self.box)
        self.world.environment["RCLONE_CONFIG_EMU_TYPE"] = "azureblob"
        self.world.environment["RCLONE_CONFIG_EMU_USE_EMULATOR"] = "true"
        self.world.environment["RCLONE_CONFIG_EMU_ENDPOINT"] = self.world.endpoint["blob_endpoint"]
        version = subprocess.run(["rclone", "version"], capture_output=True, text=True, env=self.world.environment)
        self.rclone = version.stdout.split("\n")[0].replace(" v", " ")

    def make_files(self, name, count, size):
        folder = self.data / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (folder / f"file{number:05}").write_bytes(os.urandom(size))
        return folder

    def aloft(self, *arguments):
        return [str(harness.BUILD / "aloft"), *map(str, arguments)]

    def rclone_copy(self, source, target, *flags):
        return ["rclone", "copy", "--azureblob-upload-concurrency", "16", "--transfers", "16", "--checkers", "16",
                *flags, str(source), str(target)]

    def copy(self, name, count, size, title):
        folder = self.make_files(name, count, size)
        chunk = ("--azureblob-chunk-size", "8M")
        # Fresh names for each upload: rclone passes over what is there, we would overwrite.
        clean = lambda: subprocess.run(self.aloft("rm", "-r", f"{self.box}/{name}"), env=self.world.environment,
                                       capture_output=True, check=False)
        compare(f"upload {title}", self.world, ("aloft cp -r", self.aloft("cp", "-r", folder, f"{self.box}/")),
                (self.rclone, self.rclone_copy(folder, f"emu:bench/{name}", *chunk)), clean)
        self.world.aloft("cp", "-r", folder, f"{self.box}/")
        target = self.data / "down"

        def empty():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()

        compare(f"download {title}", self.world, ("aloft cp -r", self.aloft("cp", "-r", f"{self.box}/{name}", target)),
                (self.rclone, self.rclone_copy(f"emu:bench/{name}", target / name)), empty)

    def large(self):
        self.copy("large", 4, 64 * MIB, "4 x 64 MiB")

    def small(self):
        self.copy("small", 2000, 16 << 10, "2,000 x 16 KiB")

    def start(self):
        compare("start: aloft run true", self.world, ("aloft run true", self.aloft("run", "true")),
                ("true", ["true"]))

    def files(self):
        folder = self.make_files("files", 1, 256 * MIB)
        self.world.aloft("cp", "-r", folder, f"{self.box}/")
        path = f"/aloft/az/{harness.ACCOUNT}/bench/files/file00000"
        compare("read 256 MiB: aloft run cat, and cat of the local file", self.world,
                ("aloft run cat (cold)", self.aloft("run", "cat", path)), ("cat (page cache)", ["cat", str(folder / "file00000")]))


def main(names):
    bench = Bench()
    try:
        for name in names or ("start", "files", "large", "small"):
            getattr(bench, name)()
    finally:
        bench.world.close()


if __name__ == "__main__":
    main(sys.argv[1:])
