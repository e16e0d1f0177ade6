#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The emulator's Blob service over TLS: copies by a client that trusts its certificate, and none by others."""
import unittest

import harness


class EmulatorTls(unittest.TestCase):
    def setUp(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)
        self.certificate, self.key = harness.make_certificate(self.world.directory)
        self.trusting = {"SSL_CERT_FILE": str(self.certificate)}

    def test_copies_go_there_and_back_for_those_who_trust_it(self):
        record = self.world.start_emulator("--tls-certificate", self.certificate, "--tls-key", self.key)
        self.assertTrue(record["blob_endpoint"].startswith("https://127.0.0.1:"))
        source = self.world.directory / "source"
        source.write_bytes(bytes(range(256)) * 100_000)
        box = f"{self.world.uri}/box"
        self.world.aloft("mkdir", box, env=self.trusting)
        self.world.aloft("cp", source, f"{box}/one", env=self.trusting)
        self.world.aloft("cp", f"{box}/one", f"{box}/two", env=self.trusting)
        self.world.aloft("cp", f"{box}/two", self.world.directory / "back", env=self.trusting)
        self.assertEqual((self.world.directory / "back").read_bytes(), source.read_bytes())
        refused = self.world.aloft("ls", box, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("SSL_CERT_FILE", refused.stderr)

    def test_says_which_file_cannot_be_used(self):
        with self.assertRaisesRegex(RuntimeError, "/nowhere/key.pem"):
            self.world.start_emulator("--tls-certificate", self.certificate, "--tls-key", "/nowhere/key.pem")


if __name__ == "__main__":
    harness.main()
