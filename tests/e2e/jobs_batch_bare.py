#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs on Azure Batch whose nodes have nothing: the emulator runs from the bundle on a machine without a library, so
that its nodes are that machine, too; commands and looks at results come from here."""
import json
import subprocess
import unittest

import blob_client
import harness
from node_bundle import BareNode

ARRAY = """#!/bin/sh
#SBATCH --array=1-4
#SBATCH --output=array.%a.out
ls / | tr '\\n' ' '
tr a-z A-Z < "input.$SLURM_ARRAY_TASK_ID" > "upper.$SLURM_ARRAY_TASK_ID"
"""

AFTER = """#!/bin/sh
#SBATCH --output=after.out
cat upper.1 upper.2 upper.3 upper.4 > all
exit 3
"""


class BareNodesTest(unittest.TestCase):
    def setUp(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)
        node = BareNode(self.world)
        self.emulator = node.start("/opt/bin/aloft", "emulator", "--data", "/tmp/azure", "--ready-file",
                                   "/tmp/ready.json", stdout=subprocess.DEVNULL)
        self.addCleanup(self.stop_emulator)
        ready = node.root / "tmp/ready.json"
        harness.wait_until(lambda: ready.exists() or self.emulator.poll() is not None, what="the emulator's start")
        record = json.loads(ready.read_text())
        harness.write_accounts(self.world.environment["XDG_CONFIG_HOME"], record)
        self.blobs = blob_client.BlobClient(record)
        self.addCleanup(self.blobs.close)
        self.box = f"az://{record['account']}/box"
        self.world.environment["ALOFT_JOB_HOME"] = self.box
        self.world.aloft("mkdir", self.box)

    def stop_emulator(self):
        self.emulator.terminate()
        try:
            self.emulator.wait(20)
        except subprocess.TimeoutExpired:
            self.emulator.kill()
            self.emulator.wait()

    def submit(self, name, script, *options):
        path = self.world.directory / name
        path.write_text(script)
        done = self.world.aloft("submit", "--to", "batch", "--pool", "bare", "--chdir", self.box, *options, path,
                                check="--wait" not in options)
        return done.returncode, int(done.stdout)

    def put(self, name, text):
        answer = self.blobs.request("PUT", f"box/{name}", headers={"x-ms-blob-type": "BlockBlob"}, body=text.encode())
        self.assertEqual(answer.status, 201, answer)

    def get(self, name):
        answer = self.blobs.request("GET", f"box/{name}")
        self.assertEqual(answer.status, 200, f"{name}: {answer}")
        return answer.body.decode()

    def test_an_array_and_a_job_after_it_run(self):
        for index in range(1, 5):
            self.put(f"input.{index}", f"text {index}\n")
        self.world.aloft("pool", "create", "bare", "--size", "Standard_D2s_v5", "--nodes", 2)
        _, array = self.submit("array.sh", ARRAY)
        code, after = self.submit("after.sh", AFTER, f"--dependency=afterok:{array}", "--wait")
        self.assertEqual(code, 3)
        states = {job: [task["state"] for task in json.loads(self.world.aloft("status", "--json", job).stdout)["tasks"]]
                  for job in (array, after)}
        self.assertEqual(states, {array: ["succeeded"] * 4, after: ["failed"]})
        self.assertEqual(self.get("all"), "".join(f"TEXT {index}\n" for index in range(1, 5)))
        for index in range(1, 5):
            # Nothing of this machine was in their sight.
            self.assertEqual(self.get(f"array.{index}.out").split(),
                             ["aloft", "bin", "dev", "etc", "old", "opt", "proc", "tmp"])


if __name__ == "__main__":
    harness.main()
