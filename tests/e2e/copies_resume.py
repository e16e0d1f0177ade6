#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aloft cp goes on where it was, whenever it was killed: nothing that was finished moves again.

A relay between the client and the emulator sees every request, and slows the answers to parts down.
ALOFT_SEED repeats the moments of the kills as far as the machine does."""
import contextlib
import os
import pathlib
import random
import re
import socket
import sqlite3
import subprocess
import threading
import time
import unittest

import harness

SEED = int(os.environ.get("ALOFT_SEED", time.time_ns() % 10**9))
PART = 8 << 20
READ = 2 << 20  # On the way to disk.
PARTS = 16
BLOCK = re.compile(rb"PUT [^ ]*[?&]blockid=([^& ]+)[^ ]* HTTP/1.1\r\n")
RANGE = re.compile(rb"GET ([^ ]*/box/[^ ]*) HTTP/1.1\r\n.*?x-ms-range: bytes=(\d+-\d+)\r\n", re.S | re.I)


class Relay:
    """Forwards connections to the emulator; `asked` has the name of each part (block id, or file and range) as often as
    it was asked for. Reads heads of requests where they begin, which is where nothing of an answer is awaited."""

    def __init__(self, endpoint):
        self.host, port = re.match(r"http://([^:]+):(\d+)", endpoint).groups()
        self.port = int(port)
        self.asked = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = endpoint.replace(f"{self.host}:{port}", f"127.0.0.1:{self.listener.getsockname()[1]}")
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection((self.host, self.port))
            threading.Thread(target=self.pass_on, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, client, False), daemon=True).start()

    def pass_on(self, source, target, look):
        kept = b""
        try:
            while data := source.recv(1 << 20):
                if look:
                    kept = self.note(kept + data)
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)  # Wakes the other direction.
            except OSError:
                pass
        source.close()

    def note(self, seen):
        """Keeps what may be the front of a head."""
        end = 0
        for pattern in (BLOCK, RANGE):
            for match in pattern.finditer(seen):
                with self.lock:
                    self.asked.append(b" ".join(match.groups()).decode())
                end = max(end, match.end())
        return seen[max(end, len(seen) - 4096):]

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class CopiesResume(harness.WorldTest):
    """Each kind of trip with several kills at random moments."""

    def setUp(self):
        self.random = random.Random(SEED)
        self.here = pathlib.Path(self.world.directory, self.id())
        self.here.mkdir()
        faults = self.here / "faults.toml"
        # Without it all parts would pass before the first kill.
        faults.write_text('[[request]]\nservice = "blob"\ntarget = "*/box/*"\nafter = 1\ndelay_ms = 150\n')
        self.world.stop_emulator()
        record = self.world.start_emulator("--faults", str(faults))
        self.relay = Relay(record["blob_endpoint"])
        self.addCleanup(self.relay.close)
        harness.write_accounts(self.world.environment["XDG_CONFIG_HOME"], record | {"blob_endpoint": self.relay.endpoint})
        self.world.aloft("mkdir", f"{self.world.uri}/box")
        self.source = self.here / "source"
        self.source.write_bytes(self.random.randbytes((PARTS - 1) * PART + 12345))

    def copy_with_kills(self, source, target, kills, parts=(1, 3)):
        """Kills the copy so often, each time when it has asked for so many parts, then lets it end; which parts each run
        asked for."""
        runs = []
        for last in [False] * kills + [True]:
            self.relay.asked.clear()
            copy = subprocess.Popen([str(harness.BUILD / "aloft-main"), "cp", "-r", "-T", "-j", "2", str(source), str(target)],
                                    env=self.world.environment, stderr=subprocess.PIPE, text=True)
            with copy.stderr:
                if not last:
                    wanted = self.random.randint(*parts)
                    harness.wait_until(lambda: len(self.relay.asked) >= wanted or copy.poll() is not None, what="parts")
                    time.sleep(self.random.uniform(0, 0.15))
                    copy.kill()
                code = copy.wait(60)
                if last:
                    self.assertEqual(code, 0, copy.stderr.read())
            self.settle()
            runs.append(list(self.relay.asked))
            if code == 0:  # Maybe faster than the kill.
                break
        return runs

    def settle(self):
        """Waits until the emulator has done what a killed client still asked for."""
        time.sleep(0.3)

    def check(self, runs, may_break, count):
        """Parts that were under way when the copy was killed may move again, but no others."""
        parts = [part for run in runs for part in run]
        broken = may_break * (len(runs) - 1)
        self.assertEqual(len(set(parts)), count, f"seed {SEED}: {runs}")
        self.assertLessEqual(len(parts), count + broken, f"seed {SEED}: {runs}")
        for place, run in enumerate(runs):
            again = set(run) & {part for later in runs[place + 1:] for part in later}
            self.assertLessEqual(len(again), may_break, f"seed {SEED}: finished and moved again: {runs}")

    def test_an_upload(self):
        runs = self.copy_with_kills(self.source, f"{self.world.uri}/box/file", 3)
        self.check(runs, may_break=2, count=PARTS)
        self.world.aloft("verify", "--read", self.source, f"{self.world.uri}/box/file")

    def test_a_download(self):
        self.world.aloft("cp", self.source, f"{self.world.uri}/box/file")
        target = self.here / "target"
        target.mkdir()
        runs = self.copy_with_kills(f"{self.world.uri}/box/file", target / "file", 3)
        self.check(runs, may_break=2, count=-(-self.source.stat().st_size // READ))
        self.assertEqual((target / "file").read_bytes(), self.source.read_bytes())
        self.assertEqual(os.listdir(target), ["file"], "no hidden file stays")

    def make_tree(self):
        """Several large files of three parts each, or nine on the way to disk."""
        tree = self.here / "tree"
        tree.mkdir()
        for name in range(4):
            (tree / str(name)).write_bytes(self.random.randbytes(2 * PART + 12345))
        time.sleep(0.1)
        return tree

    def check_forgotten(self):
        """A copy that ends in order leaves nothing in the journal."""
        [journal] = self.world.directory.rglob("journal.db")
        with contextlib.closing(sqlite3.connect(journal)) as database:
            self.assertEqual(database.execute("SELECT * FROM copy").fetchall(), [])

    def test_an_upload_of_several_files(self):
        tree = self.make_tree()
        runs = self.copy_with_kills(tree, f"{self.world.uri}/box/tree", 2, parts=(4, 5))
        self.check(runs, may_break=2, count=4 * 3)
        self.world.aloft("verify", "--read", tree, f"{self.world.uri}/box/tree")
        self.check_forgotten()

    def test_a_download_of_several_files(self):
        tree = self.make_tree()
        self.world.aloft("cp", "-r", tree, f"{self.world.uri}/box/")
        runs = self.copy_with_kills(f"{self.world.uri}/box/tree", self.here / "back", 2, parts=(11, 15))
        self.check(runs, may_break=2, count=4 * 9)
        self.world.aloft("verify", "--read", f"{self.world.uri}/box/tree", self.here / "back")
        self.assertEqual(sorted(os.listdir(self.here / "back")), sorted(os.listdir(tree)), "no hidden file stays")
        self.check_forgotten()

    def test_a_source_that_changes_begins_anew(self):
        target = f"{self.world.uri}/box/file"
        self.copy_with_kills(self.source, target, 0)
        self.source.write_bytes(self.random.randbytes(2 * PART + 1))
        time.sleep(0.1)
        copy = subprocess.Popen([str(harness.BUILD / "aloft-main"), "cp", "-j", "1", str(self.source), target],
                                env=self.world.environment, stderr=subprocess.DEVNULL)
        self.relay.asked.clear()
        harness.wait_until(lambda: len(self.relay.asked) >= 2, what="parts")
        copy.kill()
        copy.wait(20)
        self.source.write_bytes(self.random.randbytes(2 * PART + 1))
        self.world.aloft("cp", self.source, target)
        self.world.aloft("verify", "--read", self.source, target)


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    harness.main()
