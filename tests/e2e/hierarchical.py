#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Accounts with a hierarchical namespace: directories, renaming, and what the service keeps of files itself."""
import json
import os
import pathlib
import unittest

import blob_client
import entering
import harness


class HierarchicalTest(harness.WorldTest):
    world_options = {"emulator_options": ("--in-memory", "--hierarchical-namespace")}

    def setUp(self):
        self.box = f"{self.world.uri}/{self.id().rsplit('.', 1)[-1].replace('_', '-')[-60:].strip('-')}"
        self.world.aloft("mkdir", self.box)
        self.local = pathlib.Path(self.world.directory, self.id().rsplit(".", 1)[-1])
        self.local.mkdir()

    def tree(self):
        """A directory with attributes of all kinds."""
        tree = self.local / "tree"
        (tree / "d/e").mkdir(parents=True)
        (tree / "empty").mkdir()
        (tree / "d/file").write_text("content")
        (tree / "d/e/large").write_bytes(os.urandom(9 << 20))
        (tree / "run").write_text("#!/bin/sh\n")
        (tree / "link").symlink_to("d/file")
        (tree / "run").chmod(0o750)
        (tree / "d/file").chmod(0o600)
        (tree / "d").chmod(0o711)
        for path in (tree / "d/file", tree / "d"):
            os.utime(path, ns=(1_600_000_000_123_456_789, 1_600_000_000_123_456_789))
        return tree

    def aloft(self, *arguments, **options):
        return self.world.aloft(*arguments, **options)

    def test_a_tree_goes_there_and_comes_back(self):
        tree = self.tree()
        self.aloft("cp", "-r", tree, f"{self.box}/")
        self.aloft("verify", tree, f"{self.box}/tree")
        self.aloft("cp", "-r", f"{self.box}/tree", self.local / "back")
        self.aloft("verify", self.local / "back", f"{self.box}/tree")
        self.assertEqual((self.local / "back/run").stat().st_mode & 0o777, 0o750)
        self.assertEqual((self.local / "back/d").stat().st_mtime_ns, 1_600_000_000_123_456_789)
        self.assertEqual(self.aloft("sync", "--dry-run", "--json", tree, f"{self.box}/tree").returncode, 0)
        # Again, over what is there.
        (tree / "d/file").write_text("changed")
        self.aloft("cp", "-r", tree, f"{self.box}/")
        self.aloft("verify", tree, f"{self.box}/tree")

    def test_sync_makes_and_removes_directories(self):
        tree = self.tree()
        self.aloft("sync", tree, f"{self.box}/copy")
        os.remove(tree / "d/e/large")
        (tree / "d/e").rmdir()
        (tree / "new/deep").mkdir(parents=True)
        self.aloft("sync", "--delete", tree, f"{self.box}/copy")
        self.aloft("verify", tree, f"{self.box}/copy")
        listed = self.aloft("ls", "-R", f"{self.box}/copy").stdout
        self.assertIn("deep", listed)
        self.assertNotIn("large", listed)

    def test_a_tree_is_renamed_at_once(self):
        self.aloft("cp", "-r", self.tree(), f"{self.box}/")
        moved = json.loads(self.aloft("mv", "--json", f"{self.box}/tree", f"{self.box}/a/b/other").stdout.splitlines()[-1])
        self.assertEqual((moved["renamed"], moved["files"], moved["failures"]), (1, 0, []))
        self.aloft("verify", self.local / "tree", f"{self.box}/a/b/other")
        self.assertNotEqual(self.aloft("stat", f"{self.box}/tree", check=False).returncode, 0)
        # Two trees of one name come together.
        self.aloft("mkdir", "-p", f"{self.box}/more/d/x")
        self.aloft("mv", "-T", f"{self.box}/more", f"{self.box}/a/b/other")
        self.assertIn("x", self.aloft("ls", f"{self.box}/a/b/other/d").stdout.split())
        self.aloft("rm", "-r", f"{self.box}/a")
        self.assertEqual(self.aloft("ls", self.box).stdout, "")

    def test_copies_within_the_service_keep_directories(self):
        self.aloft("cp", "-r", self.tree(), f"{self.box}/")
        self.aloft("cp", "-r", f"{self.box}/tree", f"{self.box}/copy")
        self.aloft("verify", self.local / "tree", f"{self.box}/copy")
        self.assertIn("9.0 MiB", self.aloft("du", "-h", "-s", f"{self.box}/copy").stdout)


    def test_owner_and_permissions_are_the_services_own(self):
        tree = self.tree()
        self.aloft("cp", "-r", tree, f"{self.box}/")
        client = blob_client.BlobClient(self.world.endpoint)
        self.addCleanup(client.close)
        container = self.box.rsplit("/", 1)[-1]
        for name, permissions in (("run", "rwxr-x---"), ("d/file", "rw-------"), ("d", "rwx--x--x")):
            headers = client.request("HEAD", f"{container}/tree/{name}").headers
            self.assertEqual(headers["x-ms-permissions"], permissions, name)
            self.assertEqual(headers["x-ms-owner"], str(os.geteuid()), name)
            self.assertNotIn("x-ms-meta-permissions", headers)
            self.assertNotIn("x-ms-meta-posix_owner", headers)

    def test_the_test_of_an_account_says_so(self):
        tested = self.aloft("account", "test", harness.ACCOUNT, "--container", self.box.rsplit("/", 1)[-1])
        self.assertRegex(tested.stdout, r"hierarchical namespace +ok")
        self.assertRegex(self.aloft("account", "test", harness.ACCOUNT).stdout, r"hierarchical namespace +ok")
        text = (f"AccountName={harness.ACCOUNT};AccountKey={self.world.endpoint['key']};"
                f"BlobEndpoint={self.world.endpoint['blob_endpoint']}")
        tested = self.aloft("account", "test", harness.ACCOUNT, check=False,
                            env={"AZURE_STORAGE_CONNECTION_STRING": text})
        self.assertEqual(tested.returncode, 1)
        self.assertIn("dfs_endpoint", tested.stdout)

    @unittest.skipUnless(entering.is_root(), "needs root")
    def test_files_below_a_mount_are_renamed_as_trees(self):
        self.aloft("run", "sh", "-euc", """
            cd "$1"
            mkdir -p d/e
            echo content > d/e/f
            chmod 600 d/e/f
            chmod 711 d
            ls -lR . > /dev/null
            mv d n
            test "$(cat n/e/f)" = content
            test "$(stat -c %a n/e/f)" = 600
            test "$(stat -c %a n)" = 711
            echo more > n/e/g
            mv n/e/g n/h
            mkdir empty
            mv -T n empty
            if rmdir empty 2> /dev/null; then exit 1; fi
            rm empty/e/f
            rmdir empty/e
            """, "sh", self.box)
        self.assertEqual(self.aloft("cat", f"{self.box}/empty/h").stdout, "more\n")


if __name__ == "__main__":
    harness.main()
