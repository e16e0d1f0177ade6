#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Azure's own JavaScript clients of Blob and Batch, unmodified, drive the emulator."""
import pathlib
import subprocess

import harness

SCRIPTS = pathlib.Path(__file__).parent.parent / "emulator"


class EveryOperation:
    def test_blob(self):
        self.run_script("official_client.mjs")

    def test_what_stands_beside_the_blobs(self):
        self.run_script("official_account.mjs")

    def test_leases(self):
        self.run_script("official_leases.mjs")

    def test_access(self):
        self.run_script("official_access.mjs")

    def test_batch(self):
        self.run_script("official_batch_client.mjs")

    def run_script(self, name):
        done = subprocess.run(["node", str(SCRIPTS / name), str(self.world.directory / "ready.json")],
                              capture_output=True, text=True, timeout=100)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class InMemory(EveryOperation, harness.WorldTest):
    world_options = {"emulator_options": ("--in-memory",)}


class InADirectory(EveryOperation, harness.WorldTest):
    """In the default place: below this user's local directory."""
    world_options = {"emulator_options": ()}


if __name__ == "__main__":
    harness.main()
