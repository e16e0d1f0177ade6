#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AzCopy, unmodified, drives the emulator; what it writes, aloft reads, and the other way round."""
import filecmp
import os
import random
import unittest

import harness
import judges

MISSING = judges.AzCopy.missing()
# AzCopy leaves links, attributes and empty directories out unless it is told.
ALL = ("--recursive", "--preserve-posix-properties", "--preserve-symlinks", "--include-directory-stub")


def make_tree(root):
    """A directory with what trees hold; two blocks of AzCopy's are the large file."""
    (root / "sub dir").mkdir(parents=True)
    (root / "hollow").mkdir()
    (root / "large").write_bytes(random.Random(1).randbytes(9 << 20))
    (root / "sub dir/ümläut & more+.txt").write_text("text")
    (root / "empty").touch()
    (root / "script").write_text("#!/bin/sh\n")
    (root / "script").chmod(0o750)
    (root / "link").symlink_to("sub dir/ümläut & more+.txt")
    for path in (root / "script", root / "large"):
        os.utime(path, ns=(1_600_000_000_123_456_789, 1_500_000_000_987_654_321))


FILES = ("large", "sub dir/ümläut & more+.txt", "empty", "script")


@unittest.skipIf(MISSING, MISSING)
class AzCopy(harness.WorldTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls.world.directory / "source"
        make_tree(cls.source)

    def container(self, name):
        self.world.aloft("mkdir", f"{self.world.uri}/{name}")
        return judges.AzCopy(self.world, name)

    def assert_tree(self, found):
        for name in FILES:
            self.assertTrue(filecmp.cmp(self.source / name, found / name, shallow=False), name)
        self.assertEqual(os.readlink(found / "link"), os.readlink(self.source / "link"))
        for name in ("script", "large"):
            wanted, got = (self.source / name).stat(), (found / name).stat()
            self.assertEqual((got.st_mode, got.st_mtime_ns), (wanted.st_mode, wanted.st_mtime_ns), name)

    def test_copies_lists_syncs_and_removes(self):
        azcopy, back = self.container("plain"), self.world.directory / "plain"
        azcopy.run("copy", self.source, azcopy.url(), "--recursive", "--from-to", "LocalBlob", "--block-size-mb", "4",
                   "--put-md5")
        listed = azcopy.run("list", azcopy.url("source"), "--location", "blob", "--machine-readable")
        self.assertIn(f"large; Content Length: {9 << 20}", listed)
        self.assertIn("ümläut & more+.txt; Content Length: 4", listed)
        azcopy.run("copy", azcopy.url("source/*"), back, "--recursive", "--from-to", "BlobLocal", "--check-md5",
                   "FailIfDifferentOrMissing")
        for name in FILES:
            self.assertTrue(filecmp.cmp(self.source / name, back / name, shallow=False), name)

        (back / "script").write_text("another")
        (back / "empty").unlink()
        azcopy.run("sync", back, azcopy.url("source"), "--from-to", "LocalBlob", "--delete-destination", "true")
        self.assertEqual(self.world.aloft("cat", f"{self.world.uri}/plain/source/script").stdout, "another")
        self.assertNotIn("empty;", azcopy.run("list", azcopy.url("source"), "--location", "blob"))

        azcopy.run("remove", azcopy.url("source"), "--recursive", "--from-to", "BlobTrash")
        self.assertEqual(self.world.aloft("ls", f"{self.world.uri}/plain").stdout, "")

    def test_copies_from_container_to_container(self):
        first, second = self.container("first"), self.container("second")
        first.run("copy", self.source, first.url(), "--recursive", "--from-to", "LocalBlob")
        first.run("copy", first.url("source"), second.url(), "--recursive", "--from-to", "BlobBlob",
                  "--block-size-mb", "4")
        self.world.aloft("verify", f"{self.world.uri}/first/source", f"{self.world.uri}/second/source")

    def test_aloft_reads_what_azcopy_wrote(self):
        azcopy, back = self.container("theirs"), self.world.directory / "theirs"
        azcopy.run("copy", self.source, azcopy.url(), *ALL, "--from-to", "LocalBlob")
        self.world.aloft("verify", self.source, f"{self.world.uri}/theirs/source")
        self.world.aloft("cp", "-r", f"{self.world.uri}/theirs/source", back)
        self.assert_tree(back)
        self.assertTrue((back / "hollow").is_dir())

    def test_azcopy_reads_what_aloft_wrote(self):
        # Its downloads pass over blobs of directories, so those with nothing in them stay away (also its own).
        azcopy, back = self.container("ours"), self.world.directory / "ours"
        self.world.aloft("cp", "-r", self.source, f"{self.world.uri}/ours/")
        azcopy.run("copy", azcopy.url("source/*"), back, *ALL, "--from-to", "BlobLocal")
        self.assert_tree(back)

    def test_both_compare_the_md5_that_the_other_recorded(self):
        theirs, ours = self.container("md5-theirs"), self.container("md5-ours")
        theirs.run("copy", self.source, theirs.url(), "--recursive", "--from-to", "LocalBlob", "--put-md5")
        self.world.aloft("cp", "-r", "--md5", f"{self.world.uri}/md5-theirs/source", self.world.directory / "checked")
        self.world.aloft("cp", "-r", "--md5", self.source, f"{self.world.uri}/md5-ours/")
        ours.run("copy", ours.url("source/*"), self.world.directory / "checked-too", "--recursive", "--from-to",
                 "BlobLocal", "--check-md5", "FailIfDifferentOrMissing")
        for name in FILES:
            self.assertTrue(filecmp.cmp(self.source / name, self.world.directory / "checked-too" / name,
                                        shallow=False), name)


@unittest.skipIf(MISSING, MISSING)
class AzCopyOfDataLake(harness.WorldTest):
    """The protocol of the DFS endpoint, which AzCopy takes to any host if it is told so."""
    world_options = {"emulator_options": ("--in-memory", "--hierarchical-namespace")}

    def test_copies_and_removes_directories(self):
        source, back = self.world.directory / "source", self.world.directory / "back"
        make_tree(source)
        self.world.aloft("mkdir", f"{self.world.uri}/lake")
        azcopy = judges.AzCopy(self.world, "lake")
        azcopy.run("copy", source, azcopy.url(), "--recursive", "--from-to", "LocalBlobFS", "--block-size-mb", "4",
                   "--put-md5")
        azcopy.run("copy", azcopy.url("source/*"), back, "--recursive", "--from-to", "BlobFSLocal", "--check-md5",
                   "FailIfDifferentOrMissing")
        for name in FILES:
            self.assertTrue(filecmp.cmp(source / name, back / name, shallow=False), name)
        self.assertTrue((back / "hollow").is_dir())
        azcopy.run("remove", azcopy.url("source"), "--recursive", "--from-to", "BlobFSTrash")
        self.assertEqual(self.world.aloft("ls", f"{self.world.uri}/lake").stdout, "")


if __name__ == "__main__":
    harness.main()
