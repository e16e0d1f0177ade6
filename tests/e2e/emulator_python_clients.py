#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Azure's own Python clients of Blob, Data Lake Storage and Batch, as Debian packages them, unmodified. A test whose client is missing skips
itself, and says so."""
import pathlib
import subprocess

import harness

SCRIPTS = pathlib.Path(__file__).parent.parent / "emulator"
PYTHON = "/usr/bin/python3"  # Debian's, which finds Debian's packages.


def is_installed(module):
    try:
        return subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, timeout=100).returncode == 0
    except FileNotFoundError:
        return False


class ScriptTest(harness.WorldTest):
    def run_script(self, name, module, package):
        if not is_installed(module):
            self.skipTest(f"{package} is not installed")
        done = subprocess.run([PYTHON, str(SCRIPTS / name), str(self.world.directory / "ready.json")],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class PythonClients(ScriptTest):
    def test_blob(self):
        self.run_script("official_blob_client.py", "azure.storage.blob", "python3-azure-storage")

    def test_batch(self):
        self.run_script("official_batch_client.py", "azure.batch", "python3-azure")


class OfAHierarchicalNamespace(ScriptTest):
    world_options = {"emulator_options": ("--in-memory", "--hierarchical-namespace")}

    def test_data_lake(self):
        self.run_script("official_datalake_client.py", "azure.storage.filedatalake", "python3-azure-storage")


if __name__ == "__main__":
    harness.main()
