#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Azure's own Python client of Batch, as Debian packages it, unmodified. Skips itself, and says so, without it."""
import pathlib
import subprocess
import unittest

import harness

SCRIPT = pathlib.Path(__file__).parent.parent / "emulator/official_batch_client.py"
PYTHON = "/usr/bin/python3"  # Debian's, which finds Debian's packages.


def is_installed():
    try:
        return subprocess.run([PYTHON, "-c", "import azure.batch"], capture_output=True, timeout=60).returncode == 0
    except FileNotFoundError:
        return False


@unittest.skipUnless(is_installed(), "python3-azure is not installed")
class PythonClient(harness.WorldTest):
    def test_every_case(self):
        done = subprocess.run([PYTHON, str(SCRIPT), str(self.world.directory / "ready.json")],
                              capture_output=True, text=True, timeout=100)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    harness.main()
