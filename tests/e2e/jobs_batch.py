#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs on pools of Azure Batch that were not made by this Aloft: their tasks bring what they need."""

import batch_client
import harness


class JobsOnPoolsOfOthers(harness.WorldTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        client = batch_client.BatchClient(cls.world.endpoint)
        client.add_pool("plain", 1, slots=4)
        client.close()
        cls.home = f"{cls.world.uri}/box"
        cls.world.aloft("mkdir", cls.home)

    def run_job(self, script, *options):
        """Submits it and waits; the finished command."""
        path = self.world.directory / "job.sh"
        path.write_text(script)
        return self.world.aloft("submit", "--to", "batch", "--pool", "plain", "--chdir", self.home, "--wait", *options,
                                path, check=False)

    def test_a_task_brings_aloft_to_a_node_without(self):
        done = self.run_job("#!/bin/sh\n#SBATCH -o out\necho here > file\necho said\n")
        status = self.world.aloft("status", "--home", self.home, done.stdout.strip(), check=False)
        self.assertEqual(done.returncode, 0, done.stderr + status.stdout + status.stderr)
        self.assertEqual(self.world.aloft("cat", f"{self.home}/file").stdout, "here\n")
        self.assertEqual(self.world.aloft("cat", f"{self.home}/out").stdout, "said\n")


if __name__ == "__main__":
    harness.main()
