#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A local disk that is full: below the job database, the daemon's log and a copy. The disk is a small tmpfs in a
mount namespace of its own; how the emulator takes it is in emulator_tools.py."""
import json
import os
import subprocess
import unittest

import harness


class FullDisk(unittest.TestCase):
    """`self.local` is a disk of a megabyte that only self.aloft() sees."""

    def setUp(self):
        self.world = harness.World()
        self.addCleanup(self.world.close)
        self.local = self.world.directory / "local"
        ready = self.world.directory / "ready"
        self.namespaces = ["--mount"] if os.geteuid() == 0 else ["--user", "--mount"]
        mapping = [] if os.geteuid() == 0 else ["--map-root-user"]
        # It holds the namespace; the disk is there once the file is.
        self.holder = subprocess.Popen(
            ["unshare", *self.namespaces, *mapping, "sh", "-c",
             f"mount -t tmpfs -o size=1m,mode=0700 none {self.local} && touch {ready} && exec sleep 600"],
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.holder.stderr.close)
        self.addCleanup(self.holder.wait)
        self.addCleanup(self.holder.terminate)
        harness.wait_until(lambda: ready.exists() or self.holder.poll() is not None, what="the small disk")
        if self.holder.poll() is not None:
            self.skipTest("no mount namespaces here: " + self.holder.stderr.read().strip())
        self.script = self.world.directory / "job.sh"
        # Inside, commands begin at the root directory.
        self.script.write_text(f"#!/bin/sh\n#SBATCH --chdir={self.world.directory}\necho hello\n")

    def inside(self, *words):
        credentials = [] if os.geteuid() == 0 else ["--preserve-credentials"]
        return subprocess.run(["nsenter", "--target", str(self.holder.pid), *self.namespaces, *credentials, *map(str, words)],
                              env=self.world.environment, cwd=self.world.directory, capture_output=True, text=True,
                              timeout=60)

    def aloft(self, *words, code=0):
        done = self.inside(harness.BUILD / "aloft", *words)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done

    def fill(self):
        self.inside("sh", "-c", f"cat /dev/zero > {self.local}/filler")

    def free(self):
        self.inside("rm", f"{self.local}/filler")

    def test_no_job_is_half_submitted(self):
        full = f"{self.local}/jobs/jobs.db: the disk is full; free space there"
        self.fill()
        for words in (("submit", self.script), ("jobs",)):
            self.assertIn(full, self.aloft(*words, code=1).stderr)
        self.free()
        self.assertEqual(self.aloft("submit", "--wait", self.script).stdout, "1\n")
        # The scheduler frees what the database's journal took when it ends.
        harness.wait_until(lambda: self.world.processes() == [self.world.emulator.pid], what="the scheduler's end")
        self.fill()
        self.assertIn(full, self.aloft("submit", self.script, code=1).stderr)
        self.free()
        self.assertEqual([job["job"] for job in json.loads(self.aloft("jobs", "--json").stdout)], [1])
        self.assertEqual(self.aloft("submit", "--wait", self.script).stdout, "2\n")

    def test_the_doctor_names_it(self):
        self.fill()
        message = " ".join(self.aloft("doctor", code=1).stdout.split())
        self.assertIn(f"MISSING local directory {self.local} is on a disk that is full -> free space", message)

    def test_a_copy_leaves_no_part_of_a_file(self):
        self.aloft("mkdir", f"{self.world.uri}/box")
        for name, size in (("fits", 100_000), ("large", 3_000_000)):
            (self.world.directory / name).write_bytes(b"x" * size)
            self.aloft("cp", self.world.directory / name, f"{self.world.uri}/box/tree/{name}")
        message = self.aloft("cp", "-r", f"{self.world.uri}/box/tree", self.local, code=1).stderr
        self.assertIn(f"{self.local}/tree/large: the disk is full; free space or choose another place", message)
        self.assertEqual(self.inside("ls", "-A", f"{self.local}/tree").stdout, "fits\n")

    @unittest.skipUnless(os.geteuid() == 0, "needs root to mount in this namespace")
    def test_the_daemon_serves_without_its_log(self):
        self.aloft("mkdir", f"{self.world.uri}/box")
        self.fill()
        self.aloft("run", "sh", "-c", f"echo hello > /aloft/az/{harness.ACCOUNT}/box/f")
        self.assertEqual(self.aloft("cat", f"{self.world.uri}/box/f").stdout, "hello\n")

    @unittest.skipUnless(os.geteuid() == 0, "needs root to mount in this namespace")
    def test_a_log_that_cannot_be_made_is_named(self):
        self.inside("mount", "-o", "remount,nr_inodes=1", self.local)
        message = self.aloft("run", "true", code=125).stderr
        self.assertIn(f"{self.local}/daemon.log: No space left on device; 'aloft doctor'", message)


if __name__ == "__main__":
    harness.main()
