#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aloft emulator --faults: requests of both services and nodes of Batch fail as the file says."""
import pathlib
import time
import unittest

import harness
from batch_client import BatchClient, shell
from blob_client import BlobClient
from until_broken import BROKEN


class FaultsTest(unittest.TestCase):
    def setUp(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)

    def start(self, faults):
        """The clients of both services of an emulator with these faults."""
        file = self.world.directory / "faults.toml"
        file.write_text(faults)
        record = self.world.start_emulator("--faults", str(file))
        clients = BlobClient(record), BatchClient(record)
        for client in clients:
            self.addCleanup(client.close)
        return clients

    def test_a_service_refuses_in_its_own_words(self):
        blob, batch = self.start('''
            [[request]]
            service = "blob"
            method = "PUT"
            target = "*restype=container*"
            count = 1
            status = 503
            code = "ServerBusy"
            retry_after_s = 3
            [[request]]
            service = "batch"
            method = "POST"
            target = "/jobs?*"
            header = { ocp-date = "*GMT" }
            after = 1
            count = 1
            status = 500
            code = "InternalError"
            ''')
        refused = blob.request("PUT", "box", {"restype": "container"})
        self.assertEqual((refused.status, refused.code, refused.headers["Retry-After"]), (503, "ServerBusy", "3"))
        self.assertIn(b"<Code>ServerBusy</Code>", refused.body)
        self.assertTrue(refused.headers["x-ms-request-id"])
        self.assertEqual(blob.request("PUT", "box", {"restype": "container"}).status, 201)
        batch.add_job("first", "none")
        refused = batch.request("POST", "/jobs", {"id": "second", "poolInfo": {"poolId": "none"}})
        self.assertEqual((refused.status, refused.body["code"]), (500, "InternalError"))
        self.assertTrue(refused.headers["request-id"])
        batch.add_job("second", "none")

    def test_answers_take_their_time_and_the_bandwidth_there_is(self):
        blob, _ = self.start('''
            [[request]]
            service = "blob"
            method = "GET"
            delay_ms = { law = "uniform", min = 200, max = 300 }
            connection_bytes_per_s = 1000000
            ''')
        blob.request("PUT", "box", {"restype": "container"})
        content = bytes(range(256)) * 2000
        blob.request("PUT", "box/a", {}, {"x-ms-blob-type": "BlockBlob"}, content)
        began = time.monotonic()
        self.assertEqual(blob.request("GET", "box/a").body, content)
        self.assertGreater(time.monotonic() - began, 0.7)

    def test_a_request_asks_for_its_own_fault(self):
        blob, batch = self.start("seed = 1")
        refused = blob.request("PUT", "box", {"restype": "container"},
                               {"x-aloft-fault": 'status = 503, code = "ServerBusy"'})
        self.assertEqual((refused.status, refused.code), (503, "ServerBusy"))
        self.assertEqual(blob.request("PUT", "box", {"restype": "container"}).status, 201)
        refused = blob.request("GET", "box", {"restype": "container"}, {"x-aloft-fault": "nonsense"})
        self.assertEqual((refused.status, refused.code), (400, "InvalidHeaderValue"))

    def test_answers_are_lost_before_and_after_the_request_is_carried_out(self):
        blob, batch = self.start('''
            [[request]]
            method = "PUT"
            count = 1
            drop = "before"
            [[request]]
            method = "PUT"
            count = 1
            drop = "after"
            [[request]]
            service = "batch"
            target = "/jobs?*"
            count = 1
            drop = "after"
            ''')
        for left in (404, 201):
            with self.assertRaises(BROKEN):
                blob.request("PUT", "box", {"restype": "container"})
            found = blob.request("GET", "box", {"restype": "container"}).status
            self.assertEqual(found, 404 if left == 404 else 200)
        with self.assertRaises(BROKEN):
            batch.add_job("job", "none")
        answer = batch.request("POST", "/jobs", {"id": "job", "poolInfo": {"poolId": "none"}})
        self.assertEqual((answer.status, answer.body["code"]), (409, "JobExists"))

    def test_answers_come_late_and_break_off(self):
        blob, _ = self.start('''
            [[request]]
            method = "GET"
            target = "*/box/file"
            count = 1
            reset_after_bytes = 100000
            [[request]]
            method = "GET"
            target = "*/box/file"
            count = 1
            delay_ms = 300
            ''')
        content = b"x" * 1_000_000
        blob.request("PUT", "box", {"restype": "container"})
        blob.request("PUT", "box/file", headers={"x-ms-blob-type": "BlockBlob"}, body=content)
        with self.assertRaises(BROKEN):
            blob.request("GET", "box/file")
        blob.close()  # It makes a connection anew.
        begun = time.monotonic()
        self.assertEqual(blob.request("GET", "box/file").body, content)
        self.assertGreaterEqual(time.monotonic() - begun, 0.3)

    def test_nodes_fail_while_tasks_run(self):
        _, batch = self.start("".join(f'''
            [[node]]
            pool = "pool"
            task = "{event}"
            event = "{event}"
            when = "task-running"
            after_ms = 1000
            count = 1
            ''' for event in ("lose", "preempt", "reboot")))
        batch.add_pool("pool", 1)
        batch.add_job("job", "pool")
        for event in ("lose", "preempt", "reboot"):
            with self.subTest(event=event):
                self.run_on_failing_node(batch, event)

    def run_on_failing_node(self, batch, event):
        """The first attempt would run for ever: it ends with its node, processes and all."""
        before = [node["id"] for node in batch.must(200, "GET", "/pools/pool/nodes")["value"]]
        mark = self.world.directory / event
        batch.add_tasks("job", [shell(event, f"echo $$ >> {mark}; [ $(wc -l < {mark}) = 2 ] || exec sleep 300")])
        task = harness.wait_until(lambda: self.completed(batch, event), what="the task's end")
        self.assertEqual((task["executionInfo"]["result"], task["executionInfo"]["requeueCount"]), ("success", 1))
        self.assertEqual(task["nodeInfo"]["nodeId"] in before, event == "reboot")
        first = mark.read_text().split()[0]
        harness.wait_until(lambda: not pathlib.Path(f"/proc/{first}").exists(), what="the end of the first attempt")
        pool = batch.must(200, "GET", "/pools/pool")
        self.assertEqual((pool["allocationState"], pool["currentDedicatedNodes"]), ("steady", 1))

    def completed(self, batch, task):
        found = batch.tasks("job")[task]
        return found if found["state"] == "completed" else None

    def test_the_seed_is_told_and_a_bad_file_is_refused_by_line(self):
        self.start("seed = 4711\n")
        self.assertIn("4711", self.world.emulator_log())
        self.world.stop_emulator()
        bad = self.world.directory / "bad.toml"
        bad.write_text("seed = 1\n[[request]]\nstatus = 99\n")
        done = self.world.aloft("emulator", "--in-memory", "--faults", bad, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"{bad}:3: status", done.stderr)


if __name__ == "__main__":
    harness.main()
