#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk for which "File" and "file" are one name, as on FAT or an SMB share: nothing that a copy made is replaced by
another of its files. The disk is a FUSE file system of this program's own, in python3-fusepy."""
import os
import shutil
import subprocess
import sys
import time
import unittest

import harness

# Debian's, which has the package.
PYTHON = "/usr/bin/python3"
# Of utimensat(2), in place of nanoseconds.
UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2


def serve(directory, mount):
    """Shows `directory`, which holds lower-case names, at `mount` until that is unmounted."""
    import fusepy

    class FoldingDisk(fusepy.Operations):
        use_ns = True
        flag_utime_omit_ok = 1

        def __call__(self, operation, path, *arguments):
            return super().__call__(operation, directory + path.lower(), *arguments)

        chmod, chown, mkdir, open = map(staticmethod, (os.chmod, os.chown, os.mkdir, os.open))
        rmdir, unlink = map(staticmethod, (os.rmdir, os.unlink))

        def getattr(self, path, fh=None):
            status = os.lstat(path)
            times = {name: getattr(status, f"{name}_ns") for name in ("st_atime", "st_mtime", "st_ctime")}
            return {name: getattr(status, name) for name in dir(status) if name.startswith("st_")} | times

        def create(self, path, mode, fi=None):
            return os.open(path, os.O_RDWR | os.O_CREAT, mode)

        def readdir(self, path, fh):
            return [".", "..", *os.listdir(path)]

        def read(self, path, size, offset, fh):
            return os.pread(fh, size, offset)

        def write(self, path, data, offset, fh):
            return os.pwrite(fh, data, offset)

        def rename(self, path, new):
            os.rename(path, directory + new.lower())

        def truncate(self, path, length, fh=None):
            os.truncate(path, length)

        def utimens(self, path, times=None):
            status = os.lstat(path)
            meant = {UTIME_NOW: time.time_ns()}
            now = (status.st_atime_ns, status.st_mtime_ns)
            os.utime(path, ns=tuple(meant.get(new, new) if new != UTIME_OMIT else old for new, old in zip(times, now)))

        def release(self, path, fh):
            os.close(fh)

    # The kernel takes two spellings for two files, so it must remember nothing of either.
    fusepy.FUSE(FoldingDisk(), mount, foreground=True, nothreads=True, default_permissions=True, attr_timeout=0,
                entry_timeout=0)


class FoldingDiskTest(harness.WorldTest):
    def setUp(self):
        super().setUp()
        name = self.id().split(".")[-1]
        self.disk, behind, self.tree = (self.world.directory / part / name for part in ("disk", "behind", "tree"))
        for directory in (self.disk, behind, self.tree):
            directory.mkdir(parents=True)
        found = subprocess.run([PYTHON, "-c", "import fusepy"], capture_output=True, check=False)
        if found.returncode != 0 or not os.access("/dev/fuse", os.R_OK | os.W_OK):
            self.skipTest("python3-fusepy or /dev/fuse is missing")
        server = subprocess.Popen([PYTHON, __file__, "--serve", behind, self.disk])
        self.addCleanup(server.wait, 20)
        self.addCleanup(subprocess.run, ["fusermount3", "-u", self.disk], check=True)
        harness.wait_until(lambda: os.path.ismount(self.disk), what="the disk that folds case")
        self.box = f"{self.world.uri}/{name.replace('_', '-')}"
        self.world.aloft("mkdir", self.box)

    def test_one_of_two_names_is_copied_and_the_other_reported(self):
        (self.tree / "sub").mkdir()
        for name in ("Data.csv", "data.csv", "sub/one"):
            (self.tree / name).write_text(name)
        self.world.aloft("cp", "-r", f"{self.tree}/.", self.box)
        done = self.world.aloft("cp", "-r", self.box, f"{self.disk}/copy", check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"will not replace {self.disk}/copy/Data.csv, just made, by {self.box}/data.csv", done.stderr)
        copied = {str(path.relative_to(self.disk)): path.read_text() for path in self.disk.rglob("*") if path.is_file()}
        self.assertEqual(copied, {"copy/data.csv": "Data.csv", "copy/sub/one": "sub/one"})

    def test_a_copy_again_replaces_what_an_earlier_one_made(self):
        for content in ("one", "two"):
            (self.tree / "File").write_text(content)
            self.world.aloft("cp", "-r", f"{self.tree}/.", self.box)
            self.world.aloft("cp", "-r", f"{self.box}/.", self.disk)
            self.assertEqual((self.disk / "file").read_text(), content)

    def test_sync_delete_keeps_names_that_differ_by_case_alone(self):
        for content, names in (("old", ("readme", "data/one", "data/old")), ("newer", ("README", "Data/One", "Data/two"))):
            shutil.rmtree(self.tree)
            for name in names:
                (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                (self.tree / name).write_text(content)
            self.world.aloft("sync", "--delete", self.tree, self.box)
            self.world.aloft("sync", "--delete", self.box, self.disk)
        kept = {str(path.relative_to(self.disk)): path.read_text() for path in self.disk.rglob("*") if path.is_file()}
        self.assertEqual(kept, {"readme": "newer", "data/one": "newer", "data/two": "newer"})
        again = self.world.aloft("sync", "--delete", "--dry-run", self.box, self.disk)
        self.assertEqual(again.stdout, "")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:])
    else:
        unittest.main(verbosity=2)
