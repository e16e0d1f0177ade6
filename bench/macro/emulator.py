#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What requests cost the emulator, Azurite, and a bare loop of recv and send, all in memory: CPU of the server for each
(see bench/README.md)."""
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))
import harness  # noqa: E402
import judges  # noqa: E402
from blob_client import BlobClient  # noqa: E402
from rounds import MIB, RUNS, cell, cpu_seconds, row  # noqa: E402

KIB = 1 << 10
BLOCK_BLOB = {"x-ms-blob-type": "BlockBlob"}


class Server:
    """A server whose CPU is counted while it answers the same bytes again and again on one connection. What the client
    does between two requests is next to nothing."""

    def __init__(self, name, pid, port):
        self.name, self.pid, self.port = name, pid, port

    def cost(self, count, request, answer):
        """CPU milliseconds of the server for each of `count` requests."""
        connection = socket.create_connection(("127.0.0.1", self.port), 60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffer = bytearray(64 * KIB + answer)
        self.exchange(connection, request, buffer)
        before = cpu_seconds(self.pid)
        for _ in range(count):
            self.exchange(connection, request, buffer)
        spent = cpu_seconds(self.pid) - before
        connection.close()
        return spent / count * 1000

    def exchange(self, connection, request, buffer):
        for part in request:
            connection.sendall(part)
        received, whole = 0, None
        while whole is None or received < whole:
            got = connection.recv_into(memoryview(buffer)[received:])
            received += got
            if whole is None:
                whole = self.length_of(buffer, received)
            if got == 0:
                sys.exit(f"{self.name} closed the connection")

    def length_of(self, buffer, received):
        """The bytes of the answer, once its head is there."""
        end = buffer.find(b"\r\n\r\n", 0, received)
        if end < 0:
            return None
        head = bytes(buffer[:end]).lower()
        if not head.startswith(b"http/1.1 20"):
            sys.exit(f"{self.name} answered {head.decode()}")
        length = head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
        return end + 4 + int(length or 0)


class BlobServer(Server):
    """One that speaks Blob; `record` is as --ready-file describes it."""

    def __init__(self, name, pid, record):
        super().__init__(name, pid, urllib.parse.urlsplit(record["blob_endpoint"]).port)
        self.client = BlobClient(record)
        self.prepare_blob("bench", {"restype": "container"})
        self.prepare_blob("bench/large", {}, BLOCK_BLOB, os.urandom(8 * MIB))
        self.prepare_blob("bench/small", {}, BLOCK_BLOB, os.urandom(16 * KIB))

    def prepare_blob(self, *request):
        answer = self.client.request("PUT", *request)
        if answer.status != 201:
            sys.exit(f"{self.name} answered {answer} to {request[:2]}")

    def request(self, case):
        body = os.urandom(case.sent)
        target, headers = self.client.prepare(case.method, case.path, case.query, {}, body)
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return [f"{case.method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n".encode(), body]


class BareServer(Server):
    """bench/micro/http_client: an epoll loop that counts bytes and sends constant ones."""

    def __init__(self):
        self.process = subprocess.Popen([str(harness.BUILD / "bench/micro/constant_server")], stdout=subprocess.PIPE)
        super().__init__("bare loop", self.process.pid, int(self.process.stdout.readline()))

    def request(self, case):
        body = bytes(case.sent)
        # As many fields as a signed request has.
        fields = f"Host: 127.0.0.1\r\nContent-Length: {case.sent}\r\nx-padding: {'x' * 200}\r\n"
        return [f"{case.method} /{case.received} HTTP/1.1\r\n{fields}\r\n".encode(), body]

    def close(self):
        self.process.kill()
        self.process.wait()


class Case:
    """`count` requests are one sample; Azurite / emulator is to be `asked` at least."""

    def __init__(self, title, count, asked, method, path, query=None, sent=0, received=0):
        self.title, self.count, self.asked = title, count, asked
        self.method, self.path, self.query = method, path, query or {}
        self.sent, self.received = sent, received


BLOCK = {"comp": "block", "blockid": "YQ=="}
CASES = [
    Case("GET 8 MiB", 40, 8, "GET", "bench/large", received=8 * MIB),
    Case("GET 16 KiB", 1500, 30, "GET", "bench/small", received=16 * KIB),
    Case("Put Block 8 MiB", 20, 20, "PUT", "bench/blocks", BLOCK, sent=8 * MIB),
    Case("Put Block 16 KiB", 700, 20, "PUT", "bench/little", BLOCK, sent=16 * KIB),
]


def measure(case, servers):
    """Samples of each server, in turn."""
    samples = [[] for _ in servers]
    for turn in range(RUNS + 1):
        for each, server in zip(samples, servers):
            cost = server.cost(case.count, server.request(case), case.received)
            if turn > 0:  # The first is the warm-up.
                each.append(cost)
    return samples


def compare(servers):
    """The last one is the rival."""
    print(f"\nCPU milliseconds of the server for each request (n = {RUNS})")
    row("", [server.name for server in servers] +
        [f"{servers[-1].name} / {server.name}" for server in servers[:-1]] + ["asked"])
    for case in CASES:
        samples = measure(case, servers)
        ratios = [statistics.median(theirs / ours for ours, theirs in zip(each, samples[-1]))
                  for each in samples[:-1]]
        row(case.title, [cell(each, 4) for each in samples] + [f"{ratio:.1f}" for ratio in ratios] + [f"{case.asked}"])
        sys.stdout.flush()


def main():
    # One processor for all: to wake a program on another one takes several times what a small request does, on a
    # virtual machine above all, and the scheduler's mood says which requests pay it.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    world = harness.World()
    bare = azurite = None
    try:
        bare = BareServer()
        azurite = judges.Azurite(world.directory)
        compare([bare, BlobServer("emulator", world.emulator.pid, world.endpoint),
                 BlobServer("Azurite 3.35", azurite.process.pid, azurite.record)])
    finally:
        for server in (bare, azurite):
            if server:
                server.close()
        world.close()


if __name__ == "__main__":
    main()
