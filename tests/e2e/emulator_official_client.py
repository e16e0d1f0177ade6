#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Azure's own JavaScript clients of Blob and Batch, unmodified, drive the emulator."""
import pathlib
import subprocess

import harness

SCRIPTS = pathlib.Path(__file__).parent.parent / "emulator"


class ScriptTest(harness.WorldTest):
    def run_script(self, name):
        done = subprocess.run(["node", str(SCRIPTS / name), str(self.world.directory / "ready.json")],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class EveryOperation:
    def test_blob(self):
        self.run_script("official_client.mjs")

    def test_what_stands_beside_the_blobs(self):
        self.run_script("official_account.mjs")

    def test_leases(self):
        self.run_script("official_leases.mjs")

    def test_access(self):
        self.run_script("official_access.mjs")

    def test_kinds_of_blobs_and_copies(self):
        self.run_script("official_kinds.mjs")

    def test_tags_and_tiers(self):
        self.run_script("official_tags.mjs")

    def test_batch(self):
        self.run_script("official_batch_client.mjs")


class InMemory(EveryOperation, ScriptTest):
    world_options = {"emulator_options": ("--in-memory", "--container-retention", "7")}

    def test_what_blobs_were_before(self):
        self.run_script("official_past.mjs")


class InADirectory(EveryOperation, ScriptTest):
    """In the default place: below this user's local directory."""
    world_options = {"emulator_options": ()}


class WithVersioning(ScriptTest):
    """The options of an account."""
    world_options = {"emulator_options": ("--versioning",)}

    def test_versions(self):
        self.run_script("official_versions.mjs")


class HierarchicalInMemory(ScriptTest):
    world_options = {"emulator_options": ("--in-memory", "--hierarchical-namespace")}

    def test_data_lake(self):
        self.run_script("official_datalake.mjs")


class HierarchicalInADirectory(HierarchicalInMemory):
    world_options = {"emulator_options": ("--hierarchical-namespace",)}


if __name__ == "__main__":
    harness.main()
