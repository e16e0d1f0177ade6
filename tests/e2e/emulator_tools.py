#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The emulator as others meet it: curl with a SAS, a disk that fills, wrong options, signals."""
import json
import random
import signal
import subprocess
import unittest

import harness
import judges
from blob_client import BlobClient


class Tools(harness.WorldTest):
    def test_curl_reads_with_a_sas(self):
        record = self.world.endpoint
        client = BlobClient(record)
        self.addCleanup(client.close)
        client.request("PUT", "curl", {"restype": "container"})
        client.request("PUT", "curl/a b", {}, {"x-ms-blob-type": "BlockBlob"}, b"0123456789")
        sas = judges.sas(record, "curl", "rl")
        url = f"{record['blob_endpoint']}/curl/a%20b"
        curl = ["curl", "--silent", "--noproxy", "*", "--max-time", "20"]
        self.assertEqual(subprocess.check_output([*curl, f"{url}?{sas}"]), b"0123456789")
        self.assertEqual(subprocess.check_output([*curl, "-r", "2-4", f"{url}?{sas}"]), b"234")
        self.assertIn(b"NoAuthenticationInformation", subprocess.check_output([*curl, url]))
        counts = json.loads(subprocess.check_output([*curl, record["blob_endpoint"].rsplit("/", 1)[0] + "/$aloft/requests"]))
        self.assertGreaterEqual(counts["GetBlob"], 3)


class Command(unittest.TestCase):
    def setUp(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)

    def refused(self, *arguments):
        done = self.world.aloft("emulator", *arguments, program="aloft-main", check=False, timeout=20)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def test_refuses_what_cannot_be(self):
        taken = self.world.start_emulator()["blob_endpoint"].rsplit("/", 1)[0].rsplit(":", 1)[1]
        self.assertIn(f"port {taken} is in use", self.refused("--in-memory", "--blob-port", taken))
        self.assertIn("/proc/none", self.refused("--data", "/proc/none"))
        self.assertIn("--data", self.refused("--in-memory", "--data", "x"))
        self.assertIn("--blob-port", self.refused("--blob-port", "70000"))
        open_to_all = self.world.directory / "open"
        open_to_all.mkdir(mode=0o755)
        self.assertIn("0700", self.refused("--data", open_to_all))

    def test_ends_cleanly_at_each_signal(self):
        record = self.world.directory / "run/aloft/emulator.json"
        for one in (signal.SIGTERM, signal.SIGINT):
            self.world.start_emulator()
            self.assertTrue(record.exists())
            self.assertEqual(record.stat().st_mode & 0o777, 0o600)
            process = self.world.emulator
            process.send_signal(one)
            self.assertEqual(process.wait(10), 0)
            self.assertFalse(record.exists())

    def test_the_key_stays_with_the_data(self):
        self.world.emulator_options = ["--data", str(self.world.directory / "data")]
        first = self.world.start_emulator()
        self.world.stop_emulator()
        self.assertEqual(self.world.start_emulator()["key"], first["key"])
        self.world.stop_emulator()
        self.assertEqual(self.world.start_emulator("--well-known-key")["key"], harness.WELL_KNOWN_KEY)


class FullDisk(unittest.TestCase):
    """A file system of 16 MiB, in a mount namespace of its own."""

    def start(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)
        disk, ready = self.world.directory / "disk", self.world.directory / "ready.json"
        disk.mkdir()
        script = f"mount -t tmpfs -o size=16m,mode=0700 none {disk} && exec {harness.BUILD}/aloft-main emulator " \
                 f"--data {disk}/data --ready-file {ready}"
        process = subprocess.Popen(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
                                   env=self.world.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        harness.wait_until(lambda: ready.exists() or process.poll() is not None, what="the emulator's start")
        if process.poll() is not None:
            message = process.stderr.read().decode()
            if "unshare" in message or "mount" in message:
                self.skipTest("no user namespaces here: " + message.strip())
            self.fail(message)
        client = BlobClient(json.loads(ready.read_text()))
        self.addCleanup(client.close)
        return client

    def put(self, client, name, content):
        return client.request("PUT", f"box/{name}", {}, {"x-ms-blob-type": "BlockBlob"}, content)

    def test_is_an_error_and_no_damage(self):
        client = self.start()
        self.assertEqual(client.request("PUT", "box", {"restype": "container"}).status, 201)
        megabyte = random.Random(1).randbytes(1 << 20)
        kept, refused = 0, None
        while refused is None and kept < 40:
            answer = self.put(client, f"m{kept}", megabyte)
            kept, refused = (kept + 1, None) if answer.status == 201 else (kept, answer)
        self.assertEqual((refused.status, refused.code), (500, "InternalError"))
        self.assertIn(b"No space left on device", refused.body)
        small = next((a for n in range(2000) if (a := self.put(client, f"s{n}", megabyte[:30_000])).status != 201), None)
        self.assertEqual(small.status, 500, "the journal fills up, too")
        for number in range(kept):
            self.assertEqual(client.request("GET", f"box/m{number}").body, megabyte)
        self.assertEqual(client.request("GET", f"box/m{kept}").status, 404)


if __name__ == "__main__":
    harness.main()
