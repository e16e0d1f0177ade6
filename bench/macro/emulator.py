#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What requests cost the emulator and Azurite, both in memory: CPU of the server for each (see bench/README.md)."""
import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))
import harness  # noqa: E402
import judges  # noqa: E402
from blob_client import BlobClient  # noqa: E402
from rounds import MIB, RUNS, cell, cpu_seconds, row  # noqa: E402

BLOCK_BLOB = {"x-ms-blob-type": "BlockBlob"}


class Server:
    """A server and one connection to it; requests go one after the other, so that what it spends is theirs alone."""

    def __init__(self, name, pid, record):
        self.name, self.pid = name, pid
        self.client = BlobClient(record)
        self.ask("PUT", "bench", {"restype": "container"})
        self.ask("PUT", "bench/large", {}, BLOCK_BLOB, os.urandom(8 * MIB))
        self.ask("PUT", "bench/small", {}, BLOCK_BLOB, os.urandom(16 << 10))

    def ask(self, *request):
        answer = self.client.request(*request)
        if answer.status not in (200, 201):
            sys.exit(f"{self.name} answered {answer} to {request[:3]}")
        return answer

    def cost(self, count, *request):
        """CPU milliseconds of the server for each of `count` requests."""
        before = cpu_seconds(self.pid)
        for _ in range(count):
            self.ask(*request)
        self.client.close()  # Azurite gives up connections that rest for five seconds.
        return (cpu_seconds(self.pid) - before) / count * 1000


# title, requests in one sample, the request, how many times less than Azurite's we ask of ourselves.
CASES = [
    ("GET 8 MiB", 20, ("GET", "bench/large"), 8),
    ("GET 16 KiB", 300, ("GET", "bench/small"), 30),
    ("Put Block 8 MiB", 20, ("PUT", "bench/blocks", {"comp": "block", "blockid": "YQ=="}, {}, os.urandom(8 * MIB)), 20),
    ("Put Block 16 KiB", 300, ("PUT", "bench/little", {"comp": "block", "blockid": "YQ=="}, {}, os.urandom(16 << 10)), 20),
]


def compare(servers):
    print(f"\nCPU milliseconds of the server for each request (n = {RUNS})")
    row("", [server.name for server in servers] + ["Azurite / emulator", "asked"])
    for title, count, request, asked in CASES:
        samples = [[], []]
        for turn in range(RUNS + 1):
            for each, server in zip(samples, servers):
                cost = server.cost(count, *request)
                if turn > 0:  # The first is the warm-up.
                    each.append(cost)
        ratio = statistics.median(theirs / max(ours, 1e-6) for ours, theirs in zip(*samples))
        row(title, [cell(each) for each in samples] + [f"{ratio:.1f}", f"{asked}"])
        sys.stdout.flush()


def main():
    world = harness.World()
    azurite = None
    try:
        azurite = judges.Azurite(world.directory)
        compare([Server("emulator", world.emulator.pid, world.endpoint),
                 Server("Azurite 3.35", azurite.process.pid, azurite.record)])
    finally:
        if azurite:
            azurite.close()
        world.close()


if __name__ == "__main__":
    main()
