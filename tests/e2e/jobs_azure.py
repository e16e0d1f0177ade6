#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same script in a local directory and in a container: files, logs as blobs, arrays and dependencies."""
import json

import entering
import harness

SCRIPT = """#!/bin/sh
#SBATCH --array=1-2
#SBATCH --output=logs/%A_%a.out
echo "task $SLURM_ARRAY_TASK_ID"
tr a-z A-Z < input.txt > "part$SLURM_ARRAY_TASK_ID.txt"
cd "$SLURM_SUBMIT_DIR" && test -s "part$SLURM_ARRAY_TASK_ID.txt"
"""
MERGE = "#!/bin/sh\n#SBATCH -o logs/merge.out\ncat part1.txt part2.txt > whole.txt\necho merged >&2\n"


class JobsInContainers(harness.WorldTest):
    def aloft(self, *arguments, **options):
        return self.world.aloft(*arguments, **options)

    def container(self, name):
        entering.make_container(self.world.endpoint, name)
        return f"{self.world.uri}/{name}"

    def read(self, uri):
        return self.aloft("run", "cat", uri, check=False).stdout

    def setUp(self):
        self.directory = self.world.directory / self.id().split(".")[-1]
        self.directory.mkdir()
        for name, text in (("split.sh", SCRIPT), ("merge.sh", MERGE), ("input.txt", "some text\n")):
            (self.directory / name).write_text(text)

    def run_pipeline(self, *options):
        first = self.aloft("submit", *options, "split.sh", cwd=self.directory).stdout.strip()
        last = self.aloft("submit", *options, "--wait", f"--dependency=afterok:{first}", "merge.sh",
                          cwd=self.directory, check=False)
        self.assertEqual(last.returncode, 0, last.stderr + self.aloft("status", first).stdout +
                         self.aloft("status", last.stdout.strip()).stdout)
        return first, last.stdout.strip()

    def test_a_pipeline_gives_the_same_there_and_here(self):
        (self.directory / "logs").mkdir()
        self.run_pipeline()
        uri = self.container("pipeline")
        self.aloft("run", "sh", "-c", 'mkdir -p "$2" && cp "$1" "$2"', "sh", self.directory / "input.txt", f"{uri}/run")
        first, last = self.run_pipeline("--chdir", f"{uri}/run")
        self.assertEqual(self.read(f"{uri}/run/whole.txt"), (self.directory / "whole.txt").read_text())
        for index in (1, 2):
            self.assertEqual(self.read(f"{uri}/run/logs/{first}_{index}.out"), f"task {index}\n")
            self.assertEqual(self.aloft("logs", f"{first}_{index}").stdout, f"task {index}\n")
        self.assertEqual(self.read(f"{uri}/run/logs/merge.out"), "merged\n")

    def test_the_end_of_a_task_leaves_the_files_of_others_alone(self):
        uri = self.container("neighbours")
        self.aloft("daemon", "--stop", check=False)  # So that the short task's launcher starts it.
        (self.directory / "short.sh").write_text("#!/bin/sh\nwhile ! test -e begun; do sleep 0.05; done\n")
        (self.directory / "long.sh").write_text(
            "#!/bin/sh\nexec > kept.txt\necho one\ntouch begun\nwhile ! test -e go; do sleep 0.2; done\necho two\n")
        short = self.aloft("submit", "--chdir", uri, "short.sh", cwd=self.directory).stdout.strip()
        harness.wait_until(lambda: (self.world.directory / "run/aloft/daemon.sock").exists(), what="a daemon")
        long = self.aloft("submit", "--chdir", uri, "long.sh", cwd=self.directory).stdout.strip()
        harness.wait_until(lambda: "succeeded" in self.aloft("status", short).stdout, what="the short task's end")
        self.aloft("run", "touch", f"{uri}/go")
        harness.wait_until(lambda: "running" not in self.aloft("status", long).stdout, what="the long task's end")
        self.assertIn("succeeded", self.aloft("status", long).stdout)
        self.assertEqual(self.read(f"{uri}/kept.txt"), "one\ntwo\n")

    def test_a_log_can_be_read_while_the_task_runs(self):
        uri = self.container("growing")
        (self.directory / "slow.sh").write_text(
            "#!/bin/sh\n#SBATCH -o slow.out\necho early\nwhile ! test -e go; do sleep 0.2; done\necho late\n")
        job = self.aloft("submit", "--chdir", uri, "slow.sh", cwd=self.directory).stdout.strip()
        harness.wait_until(lambda: self.read(f"{uri}/slow.out") == "early\n", 30)
        self.aloft("run", "touch", f"{uri}/go")
        harness.wait_until(
            lambda: json.loads(self.aloft("status", "--json", job).stdout)["tasks"][0]["state"] == "succeeded", 30)
        self.assertEqual(self.read(f"{uri}/slow.out"), "early\nlate\n")

    def test_the_exit_code_and_cancellation_pass_through_the_launcher(self):
        uri = self.container("codes")
        (self.directory / "code.sh").write_text("#!/bin/sh\nexit 9\n")
        done = self.aloft("submit", "--wait", "--chdir", uri, "code.sh", cwd=self.directory, check=False)
        self.assertEqual(done.returncode, 9, done.stderr)
        (self.directory / "long.sh").write_text("#!/bin/sh\ntrap 'echo clean; exit 3' TERM\necho ready\nsleep 60 & wait\n")
        job = self.aloft("submit", "--chdir", uri, "long.sh", cwd=self.directory).stdout.strip()
        harness.wait_until(lambda: "ready" in self.aloft("logs", job, check=False).stdout)
        self.aloft("cancel", job)
        task = harness.wait_until(
            lambda: [t for t in json.loads(self.aloft("status", "--json", job).stdout)["tasks"] if "ended" in t], 40)[0]
        self.assertEqual(task["state"], "cancelled")
        self.assertEqual(self.read(f"{uri}/slurm-{job}.out"), "ready\nclean\n")

    def test_a_missing_directory_is_refused(self):
        uri = self.container("wanting")
        done = self.aloft("submit", "--chdir", f"{uri}/typo", "merge.sh", cwd=self.directory, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, f"working directory {uri}/typo does not exist.*aloft mkdir")

    def test_a_missing_container_is_refused(self):
        done = self.aloft("submit", "--chdir", f"{self.world.uri}/absent", "split.sh", cwd=self.directory, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"{self.world.uri}/absent does not exist", done.stderr)

    def test_a_key_in_the_environment_is_not_enough(self):
        env = {"AZURE_STORAGE_ACCOUNT": "elsewhere", "AZURE_STORAGE_KEY": "c2VjcmV0"}
        done = self.aloft("submit", "--chdir", "az://elsewhere/box", "split.sh", cwd=self.directory, check=False, env=env)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("accounts.toml", done.stderr)


if __name__ == "__main__":
    harness.main()
