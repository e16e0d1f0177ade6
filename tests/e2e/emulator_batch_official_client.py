#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Azure's own JavaScript client of Batch, unmodified, drives pools, jobs, tasks and files of the emulator."""
import pathlib
import subprocess

import harness

SCRIPT = pathlib.Path(__file__).parent.parent / "emulator/official_batch_client.mjs"


class EveryOperation:
    def test_every_operation(self):
        done = subprocess.run(["node", str(SCRIPT), str(self.world.directory / "ready.json")],
                              capture_output=True, text=True, timeout=100)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class InMemory(EveryOperation, harness.WorldTest):
    world_options = {"emulator_options": ("--in-memory",)}


class InADirectory(EveryOperation, harness.WorldTest):
    world_options = {"emulator_options": ()}


if __name__ == "__main__":
    harness.main()
