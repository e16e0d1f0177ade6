#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compare.py [NAME…]: how long aloft run takes to start and to read (see bench/README.md)."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))
import harness  # noqa: E402
from rounds import MIB, Side, compare  # noqa: E402


class Bench:
    def __init__(self):
        self.world = harness.World()
        self.data = self.world.directory / "data"
        self.box = f"{self.world.uri}/bench"
        self.world.aloft("mkdir", self.box)

    def side(self, name, *command):
        return Side(name, list(map(str, command)), self.world.environment)

    def make_files(self, name, count, size):
        folder = self.data / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (folder / f"file{number:05}").write_bytes(os.urandom(size))
        return folder

    def start(self):
        compare("start: aloft run true", [self.side("aloft run true", harness.BUILD / "aloft", "run", "true"),
                                          self.side("true", "true")])

    def files(self):
        folder = self.make_files("files", 1, 256 * MIB)
        self.world.aloft("cp", "-r", folder, f"{self.box}/")
        path = f"/aloft/az/{harness.ACCOUNT}/bench/files/file00000"
        compare("read 256 MiB: aloft run cat, and cat of the local file",
                [self.side("aloft run cat (cold)", harness.BUILD / "aloft", "run", "cat", path),
                 self.side("cat (page cache)", "cat", folder / "file00000")])


def main(names):
    bench = Bench()
    try:
        for name in names or ("start", "files"):
            getattr(bench, name)()
    finally:
        bench.world.close()


if __name__ == "__main__":
    main(sys.argv[1:])
