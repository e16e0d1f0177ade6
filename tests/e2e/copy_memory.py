#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aloft cp keeps to --memory: what it takes in all is at most 64 MiB more."""
import os
import subprocess

import harness

MIB = 1 << 20
MEMORY = 64


class CopyMemory(harness.WorldTest):
    def peak_mib(self, *arguments):
        """The largest memory that the command had."""
        process = subprocess.Popen([str(harness.BUILD / "aloft"), *map(str, arguments)], env=self.world.environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return usage.ru_maxrss / 1024

    def test_large_files_in_both_directions(self):
        tree, back = self.world.directory / "tree", self.world.directory / "back"
        tree.mkdir()
        block = os.urandom(MIB)
        for name in "ab":
            with open(tree / name, "wb") as out:
                for number in range(MEMORY * 2):
                    out.write(block[number:] + block[:number])
        box = f"{self.world.uri}/box"
        self.world.aloft("mkdir", box)
        for source, target in ((tree, f"{box}/tree"), (f"{box}/tree", back)):
            peak = self.peak_mib("cp", "-r", "-q", "--memory", f"{MEMORY}M", source, target)
            self.assertLessEqual(peak, MEMORY + 64)
            # That it is used shows that it is what bounds.
            self.assertGreater(peak, MEMORY / 2)
        for name in "ab":
            self.assertEqual((back / name).read_bytes(), (tree / name).read_bytes())


if __name__ == "__main__":
    harness.main()
