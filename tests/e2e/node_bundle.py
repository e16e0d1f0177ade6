#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bundle for nodes on a machine that has nothing: a root with a static busybox, no library and no loader."""
import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import blob_client
import entering
import harness

# Runs $2… with $1 as the root. Nothing of this machine's files stays in sight but /proc and /dev.
ENTER = """
mount --make-rprivate /
mount --bind "$1" "$1"
mount --rbind /proc "$1/proc"
mount --rbind /dev "$1/dev"
cd "$1"
pivot_root . old
shift
exec /bin/busybox sh -euc 'umount -l /old; cd /; exec "$@"' sh "$@"
"""

SCRIPT = """#!/bin/sh
echo "$SLURM_JOB_ID on $SLURM_JOB_PARTITION: $(cat input.txt)"
tr a-z A-Z < input.txt > result.txt
exit 3
"""


class BareNode:
    """A directory of a world as the root of a machine, with the bundle unpacked as a node does it."""

    def __init__(self, world):
        self.root = world.directory / "node"
        # By its local directory the world knows the node's daemon as its own.
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp/home",
                            "ALOFT_LOCAL_DIR": world.environment["ALOFT_LOCAL_DIR"]}
        for name in ("bin", "proc", "dev", "old", "tmp", "etc", "opt"):
            (self.root / name).mkdir(parents=True)
        shutil.copy2(shutil.which("busybox"), self.root / "bin/busybox")
        for name in ("sh", "tar", "gzip", "cat", "tr", "ls", "true", "sleep", "mkdir", "ps"):
            (self.root / "bin" / name).symlink_to("busybox")
        shutil.copy2(harness.BUILD / "aloft-node.tar.gz", self.root / "tmp")
        self.call("/bin/sh", "-c", "tar -xzf /tmp/aloft-node.tar.gz -C /opt", check=True)

    def start(self, *words, env=None, **options):
        """The process becomes what the words say."""
        unshare = ["unshare", "--mount"] + ([] if entering.is_root() else ["--map-root-user"])
        return subprocess.Popen([*unshare, "sh", "-euc", ENTER, "sh", self.root, *map(str, words)],
                                env=self.environment | (env or {}), text=True, **options)

    def call(self, *words, env=None, timeout=60, check=False):
        process = self.start(*words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        done = subprocess.CompletedProcess(words, process.returncode, out, err)
        if check and done.returncode != 0:
            raise AssertionError(f"{words} exited {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def aloft(self, *words, **options):
        return self.call("/opt/bin/aloft", *words, **options)


class BundleTest(unittest.TestCase):
    def test_its_digest_lies_beside_it(self):
        content = (harness.BUILD / "aloft-node.tar.gz").read_bytes()
        digest = (harness.BUILD / "aloft-node.tar.gz.sha256").read_text()
        self.assertEqual(digest, hashlib.sha256(content).hexdigest() + "\n")

    def test_the_same_build_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as again:
            for name in ("aloft", "aloft-main"):
                shutil.copy2(harness.BUILD / name, again)
            subprocess.run([pathlib.Path(__file__).parents[2] / "tools/make_node_bundle", again], check=True, timeout=60)
            digests = [(pathlib.Path(place) / "aloft-node.tar.gz.sha256").read_text() for place in (harness.BUILD, again)]
        self.assertEqual(*digests)


class BareNodeTest(harness.WorldTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.node = BareNode(cls.world)
        cls.blobs = blob_client.BlobClient(cls.world.endpoint)
        cls.addClassCleanup(cls.blobs.close)
        # As an administrator configures a node that has no identity.
        account = {name: cls.world.endpoint[name] for name in ("account", "key", "blob_endpoint")}
        harness.write_accounts(cls.node.root / "tmp/home/.config", account)

    def put(self, key, content):
        answer = self.blobs.request("PUT", key, headers={"x-ms-blob-type": "BlockBlob"}, body=content.encode())
        self.assertEqual(answer.status, 201, answer)

    def get(self, key):
        answer = self.blobs.request("GET", key)
        self.assertEqual(answer.status, 200, f"{key}: {answer}")
        return answer.body.decode()

    def test_nothing_of_this_machine_is_in_its_sight(self):
        self.assertEqual(self.node.call("/bin/ls", "/").stdout.split(),
                         ["bin", "dev", "etc", "old", "opt", "proc", "tmp"])
        self.assertEqual(self.node.call("/opt/libexec/aloft/aloft-main", "--version").returncode, 127)

    def test_every_command_starts(self):
        self.assertRegex(self.node.aloft("--version", check=True).stdout, r"^aloft \d")
        wrong = self.node.aloft("nonsense")
        self.assertEqual((wrong.returncode, wrong.stderr.splitlines()[0]),
                         (2, "aloft: there is no command 'nonsense'"))

    def test_the_doctor_finds_it_fit(self):
        done = self.node.aloft("doctor", "--node", "--json", check=True)
        checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
        self.assertEqual({check["state"] for check in checks.values()}, {"good"})
        self.assertEqual(list(checks), ["versions", "/dev/fuse", "namespaces", "/aloft", "private mount"])

    def test_the_doctor_says_what_is_missing(self):
        done = self.node.aloft("doctor", "--node", env={"ALOFT_FUSE_DEVICE": "/tmp/absent"})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?s)MISSING.*/tmp/absent")

    def test_a_command_sees_a_container(self):
        entering.make_container(self.world.endpoint, "seen")
        self.put("seen/input.txt", "some text\n")
        uri = f"{self.world.uri}/seen"
        done = self.node.aloft("run", "--chdir", uri, "--", "/bin/sh", "-c", "cat input.txt; echo more > output.txt")
        self.assertEqual((done.returncode, done.stdout), (0, "some text\n"), done.stderr)
        self.assertEqual(self.get("seen/output.txt"), "more\n")

    def test_a_task_runs(self):
        entering.make_container(self.world.endpoint, "tasks")
        self.put("tasks/run/input.txt", "some text\n")
        self.submit("tasks", 7, {"directory": f"{self.world.uri}/tasks/run", "output": "logs/{task_number}.out"})
        done = self.node.aloft("node-task", "--home", f"{self.world.uri}/tasks", 7, 7,
                               env={"AZ_BATCH_TASK_WORKING_DIR": "/tmp", "AZ_BATCH_NODE_ID": "tvm-1"})
        self.assertEqual((done.returncode, done.stdout, done.stderr), (3, "", ""))
        record = json.loads(self.get("tasks/.aloft/jobs/000000000007/exit/000000000007"))
        self.assertEqual((record["class"], record["code"], record["node"]), ("failed", 3, "tvm-1"))
        self.assertEqual(self.get("tasks/run/logs/7.out"), "7 on small: some text\n")
        self.assertEqual(self.get("tasks/run/result.txt"), "SOME TEXT\n")

    def test_a_task_runs_by_the_identity_of_its_node(self):
        entering.make_container(self.world.endpoint, "identity")
        self.put("identity/run/input.txt", "some text\n")
        self.submit("identity", 9, {"directory": f"{self.world.uri}/identity/run", "output": "9.out"})
        (self.node.root / "tmp/task").mkdir()
        # Neither a key nor a configuration.
        done = self.node.aloft("node-task", "--home", f"{self.world.uri}/identity",
                               "--endpoint", self.world.endpoint["blob_endpoint"], 9, 9,
                               env=self.world.endpoint["identity"] | {"AZ_BATCH_TASK_WORKING_DIR": "/tmp/task",
                                                                      "HOME": "/tmp/nobody"})
        self.assertEqual((done.returncode, done.stdout, done.stderr), (3, "", ""))
        self.assertEqual(self.get("identity/run/result.txt"), "SOME TEXT\n")
        self.assertEqual(harness.processes_with("ALOFT_LOCAL_DIR=/tmp/task/.aloft/local"), [], "its daemon ends with it")

    def test_a_task_without_a_job_fails_with_words(self):
        entering.make_container(self.world.endpoint, "empty")
        done = self.node.aloft("node-task", "--home", f"{self.world.uri}/empty", 7, 7)
        self.assertEqual(done.returncode, 125)
        self.assertIn(f"{self.world.uri}/empty has no job 7", done.stderr)

    def submit(self, container, number, job):
        """What a submitter leaves in a job home."""
        job = {"version": 1, "name": "align", "environment": {"PATH": "/bin"}} | job
        record = {"version": 1, "id": number, "submitted": "2026-11-21T03:04:05.678Z", "pool": "small",
                  "batch_account": "", "batch_endpoint": "", "batch_job": "", "bundle": "", "accounts": [],
                  "job": json.dumps(job)}
        self.put(f"{container}/.aloft/jobs/{number:012}/script", SCRIPT)
        self.put(f"{container}/.aloft/jobs/{number:012}/job.json", json.dumps(record))


if __name__ == "__main__":
    harness.main()
