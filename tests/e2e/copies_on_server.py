#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies from container to container, which the service carries out, on its bad days."""
import pathlib
import unittest

import harness


class CopiesOnServer(unittest.TestCase):
    def setUp(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)

    def start(self, faults):
        """An emulator with these faults and a file in one of its two containers."""
        file = pathlib.Path(self.world.directory, "faults.toml")
        file.write_text(faults)
        self.world.start_emulator("--faults", str(file))
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
        self.world.aloft("cp", f"{self.world.uri}/source/file", f"{self.world.uri}/target/file")
        self.assertEqual(self.world.aloft("ls", f"{self.world.uri}/target").stdout, "file\n")
        self.world.aloft("verify", f"{self.world.uri}/source/file", f"{self.world.uri}/target/file")


if __name__ == "__main__":
    harness.main()
