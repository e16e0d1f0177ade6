#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies from container to container, which the service carries out, on its bad days."""
import pathlib
import signal
import subprocess
import time
import unittest

import harness
from blob_client import BlobClient

# Every copy takes so long; what else happens to the first one follows.
PENDING = """
    [[request]]
    service = "blob"
    method = "PUT"
    header = {{ x-ms-copy-source = "*" }}
    copy_pending_ms = {}
    """


class CopiesOnServer(unittest.TestCase):
    def setUp(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)

    def start(self, faults):
        """An emulator with these faults and a file in one of its two containers."""
        file = pathlib.Path(self.world.directory, "faults.toml")
        file.write_text(faults)
        record = self.world.start_emulator("--faults", str(file))
        self.client = BlobClient(record)
        self.addCleanup(self.client.close)
        for name in ("source", "target"):
            self.world.aloft("mkdir", f"{self.world.uri}/{name}")
        source = pathlib.Path(self.world.directory, "file")
        source.write_bytes(b"content")
        self.world.aloft("cp", source, f"{self.world.uri}/source/file")

    def test_a_copy_whose_answer_is_lost_is_known_again(self):
        self.start('''
            [[request]]
            service = "blob"
            method = "PUT"
            header = { x-ms-copy-source = "*" }
            count = 1
            drop = "after"
            ''')
        self.copy_and_verify()

    def copy_and_verify(self):
        self.world.aloft("cp", f"{self.world.uri}/source/file", f"{self.world.uri}/target/file")
        self.assertEqual(self.world.aloft("ls", f"{self.world.uri}/target").stdout, "file\n")
        self.world.aloft("verify", f"{self.world.uri}/source/file", f"{self.world.uri}/target/file")

    def copy_status(self):
        return self.client.request("HEAD", "target/file").headers.get("x-ms-copy-status", "")

    def begin_copy(self):
        copy = subprocess.Popen([str(harness.BUILD / "aloft-main"), "cp", f"{self.world.uri}/source/file",
                                 f"{self.world.uri}/target/file"], env=self.world.environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(copy.wait)
        self.addCleanup(copy.kill)
        harness.wait_until(lambda: self.copy_status() == "pending", what="a copy under way")
        return copy

    def test_a_copy_that_takes_its_time_is_waited_for(self):
        self.start(PENDING.format(700))
        began = time.monotonic()
        self.copy_and_verify()
        self.assertGreater(time.monotonic() - began, 0.7)
        self.assertEqual(self.copy_status(), "success")

    def test_a_copy_under_way_whose_answer_is_lost_is_waited_for(self):
        self.start(PENDING.format(700) + 'drop = "after"\ncount = 1\n')
        self.copy_and_verify()

    def test_an_interrupted_copy_is_aborted_and_leaves_nothing(self):
        self.start(PENDING.format(60000))
        copy = self.begin_copy()
        copy.send_signal(signal.SIGINT)
        self.assertNotEqual(copy.wait(20), 0)
        self.assertEqual(self.client.request("HEAD", "target/file").status, 404)

    def test_a_copy_that_the_service_gave_up_is_done_again(self):
        self.world.emulator_options = ["--data", str(self.world.directory / "data")]
        self.start(PENDING.format(60000) + "count = 1\n")
        copy = self.begin_copy()
        copy.kill()
        copy.wait()
        self.world.stop_emulator(signal.SIGKILL)
        self.client = BlobClient(self.world.start_emulator())
        self.addCleanup(self.client.close)
        head = self.client.request("HEAD", "target/file").headers
        self.assertEqual((head["x-ms-copy-status"], head["Content-Length"]), ("failed", "0"))
        self.assertIn("InternalError", head["x-ms-copy-status-description"])
        self.copy_and_verify()


if __name__ == "__main__":
    harness.main()
