#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rclone, unmodified, drives the emulator; what it writes, aloft reads, and the other way round."""
import filecmp
import os
import random
import unittest

import harness
import judges

MISSING = judges.Rclone.missing()
NAMES = ("large", "sub dir/ümläut & more%41+.txt", "empty")
TIME_NS = 1_500_000_000_987_654_321


@unittest.skipIf(MISSING, MISSING)
class Rclone(harness.WorldTest):
    # Debian's rclone has the published key alone in its emulator mode.
    world_options = {"emulator_options": ("--in-memory", "--well-known-key")}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rclone = judges.Rclone(cls.world)
        cls.source = cls.world.directory / "source"
        (cls.source / "sub dir").mkdir(parents=True)
        (cls.source / "large").write_bytes(random.Random(1).randbytes(9 << 20))
        (cls.source / "sub dir/ümläut & more%41+.txt").write_text("text")
        (cls.source / "empty").touch()
        for name in NAMES:
            os.utime(cls.source / name, ns=(TIME_NS, TIME_NS))

    def assert_files(self, found):
        for name in NAMES:
            self.assertTrue(filecmp.cmp(self.source / name, found / name, shallow=False), name)
            self.assertEqual((found / name).stat().st_mtime_ns, TIME_NS, name)

    def test_copies_there_and_back(self):
        run, back = self.rclone.run, self.world.directory / "back"
        run("copy", self.source, "e:copy/dir", "--azureblob-upload-cutoff", "4M", "--azureblob-chunk-size", "4M")
        self.assertIn("ümläut & more%41+.txt", run("ls", "e:copy"))
        self.assertIn(f"{9 << 20} 2017-07-14 02:40:00.987654321 dir/large", run("lsl", "e:copy"))
        run("check", self.source, "e:copy/dir")
        run("moveto", "e:copy/dir/large", "e:copy/dir/moved")
        run("moveto", "e:copy/dir/moved", "e:copy/dir/large")
        run("copy", "e:copy/dir", back)
        self.assert_files(back)
        run("purge", "e:copy")
        self.assertNotIn("copy", run("lsd", "e:"))

    def test_syncs_and_deletes(self):
        run, changed = self.rclone.run, self.world.directory / "changed"
        run("sync", self.source, "e:sync")
        run("copy", "e:sync", changed)
        (changed / "empty").unlink()
        (changed / "new").write_text("new")
        run("sync", changed, "e:sync")
        run("check", changed, "e:sync", "--download")
        run("delete", "e:sync", "--include", "new")
        self.assertNotIn("new", run("lsf", "-R", "e:sync"))
        run("copy", "e:sync", "e:sync-copy")
        run("check", "e:sync", "e:sync-copy")
        self.assertEqual(run("cat", "e:sync-copy/sub dir/ümläut & more%41+.txt"), "text")

    def test_aloft_reads_what_rclone_wrote(self):
        back = self.world.directory / "theirs"
        self.rclone.run("copy", self.source, "e:theirs/dir", "--metadata")
        self.world.aloft("cp", "-r", f"{self.world.uri}/theirs/dir", back)
        self.assert_files(back)

    def test_rclone_reads_what_aloft_wrote(self):
        back = self.world.directory / "ours"
        self.world.aloft("mkdir", f"{self.world.uri}/ours")
        self.world.aloft("cp", "-r", self.source, f"{self.world.uri}/ours/dir")
        self.rclone.run("check", self.source, "e:ours/dir", "--download")
        self.rclone.run("copy", "e:ours/dir", back)
        for name in NAMES:
            self.assertTrue(filecmp.cmp(self.source / name, back / name, shallow=False), name)


if __name__ == "__main__":
    harness.main()
