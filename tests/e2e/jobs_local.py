#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs on this machine: submit, status, jobs, logs, cancel; what is refused, and how."""
import json
import os
import pathlib
import subprocess
import unittest

import harness


class JobTest(harness.WorldTest):
    world_options = {"emulator": False}

    def setUp(self):
        self.directory = self.world.directory / self.id().split(".")[-1]
        self.directory.mkdir()

    def script(self, text, name="job.sh"):
        path = self.directory / name
        path.write_text("#!/bin/sh\n" + text)
        return path

    def aloft(self, *arguments, **options):
        return self.world.aloft(*arguments, cwd=self.directory, program="aloft-main", **options)

    def submit(self, text, *options, arguments=(), wait=True):
        flags = ["--wait"] if wait else []
        done = self.aloft("submit", *flags, *options, self.script(text), *arguments, check=False)
        self.assertRegex(done.stdout, r"^\d+\n$", done.stderr)
        return done.stdout.strip(), done

    def status(self, job):
        return json.loads(self.aloft("status", "--json", job).stdout)

    def refused(self, code, *arguments, saying=()):
        done = self.aloft("submit", *arguments, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        for text in (saying,) if isinstance(saying, str) else saying:
            self.assertIn(text, done.stderr)
        return done


class Running(JobTest):
    def test_a_script_runs_with_its_arguments_and_says_its_output(self):
        job, done = self.submit("echo \"$1|$2|$SLURM_JOB_ID|$(pwd)\"; echo warn >&2\n", arguments=["--one", "two words"])
        self.assertEqual(done.returncode, 0, done.stderr)
        expected = f"--one|two words|{job}|{self.directory}\nwarn\n"
        self.assertEqual((self.directory / f"slurm-{job}.out").read_text(), expected)
        self.assertEqual(self.aloft("logs", job).stdout, expected)
        task = self.status(job)["tasks"][0]
        self.assertEqual((task["state"], task["code"], task["attempt"]), ("succeeded", 0, 1))

    def test_the_exit_code_is_passed_on_and_shown(self):
        job, done = self.submit("exit 7\n")
        self.assertEqual(done.returncode, 7)
        shown = self.aloft("status", job).stdout
        self.assertIn("failed", shown)
        self.assertLessEqual(max(map(len, shown.splitlines())), 80)

    def test_an_array_writes_one_file_for_each_element(self):
        job, done = self.submit("#SBATCH --array=1-3%2\n#SBATCH -o logs/%A_%2a.out\necho $SLURM_ARRAY_TASK_ID\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        for index in (1, 2, 3):
            self.assertEqual((self.directory / f"logs/{job}_{index:02}.out").read_text(), f"{index}\n")
        self.assertEqual(self.aloft("logs", f"{job}_2").stdout, "2\n")
        self.assertEqual(self.aloft("logs", job, check=False).returncode, 2)

    def test_dependents_run_or_end_as_not_satisfied(self):
        first, _ = self.submit("#SBATCH --array=1-2\ntest $SLURM_ARRAY_TASK_ID = 1\n", wait=False)
        good, _ = self.submit("true\n", f"--dependency=afterany:{first}", wait=False)
        never, _ = self.submit("touch ran\n", "-d", f"afterok:{first}", wait=False)
        after, done = self.submit("true\n", f"--dependency=afternotok:{first},afterok:{good}")
        self.assertEqual(done.returncode, 0, done.stderr)
        harness.wait_until(lambda: self.status(never)["tasks"][0]["state"] == "dependency_not_satisfied")
        self.assertFalse((self.directory / "ran").exists())
        self.assertIn(f"success of {first}", self.status(never)["tasks"][0]["message"])
        self.assertIn(first, self.aloft("jobs").stdout)

    def test_a_waiting_task_says_why(self):
        first, _ = self.submit("while ! test -e go; do sleep 0.05; done\n", wait=False)
        second, _ = self.submit("true\n", f"--dependency=afterok:{first}", wait=False)
        self.assertEqual(self.status(second)["tasks"][0]["reason"], f"waits for success of {first}")
        (self.directory / "go").touch()
        harness.wait_until(lambda: self.status(second)["tasks"][0]["state"] == "succeeded")

    def test_why_and_watch_follow_a_job(self):
        first, _ = self.submit("while ! test -e go; do sleep 0.05; done; exit 3\n", wait=False)
        second, _ = self.submit("true\n", f"--dependency=afterany:{first}", wait=False)
        self.assertEqual(self.aloft("why", second).stdout, f"{second}\n    waits for the end of {first}\n")
        (self.directory / "go").touch()
        watched = self.aloft("watch", first, check=False)
        self.assertEqual(watched.returncode, 1, "a task failed")
        last = watched.stdout.splitlines()[-1]
        self.assertRegex(last, rf"^Job {first}  \[=+\]  1/1 ended, 1 not succeeded$")
        self.assertEqual(self.aloft("watch", "--json", second).stdout.splitlines()[-1],
                         '{"not_succeeded":0,"running":0,"succeeded":1,"waiting":0}')
        self.assertEqual(self.aloft("why", first).stdout, f"{first}\n    failed\n")

    def test_the_script_runs_as_it_was_submitted(self):
        job, _ = self.submit("while ! test -e go; do sleep 0.05; done\necho old\n", wait=False)
        self.script("echo new\n")
        (self.directory / "go").touch()
        harness.wait_until(lambda: self.status(job)["tasks"][0]["state"] == "succeeded")
        self.assertEqual(self.aloft("logs", job).stdout, "old\n")

    def test_a_cancelled_task_may_clean_up(self):
        job, _ = self.submit("trap 'echo clean; exit 0' TERM\necho ready\nsleep 60 & wait\n", wait=False)
        harness.wait_until(lambda: "ready" in self.aloft("logs", job, check=False).stdout)
        self.assertIn("cancelling 1 task", self.aloft("cancel", job).stdout)
        harness.wait_until(lambda: self.status(job)["tasks"][0]["state"] == "cancelled")
        self.assertEqual(self.aloft("logs", job).stdout, "ready\nclean\n")
        self.assertIn("nothing to cancel", self.aloft("cancel", job).stdout)

    def test_what_ignores_its_cancellation_is_killed(self):
        job, _ = self.submit("trap '' TERM\necho ready\nsleep 60\n", "--grace=0", wait=False)
        harness.wait_until(lambda: "ready" in self.aloft("logs", job, check=False).stdout)
        self.aloft("cancel", job)
        task = harness.wait_until(lambda: [t for t in self.status(job)["tasks"] if t["state"] == "cancelled"])[0]
        self.assertEqual(task["signal"], 9)

    def test_one_element_can_be_cancelled_before_it_starts(self):
        job, _ = self.submit("#SBATCH --array=1-2%1\nwhile ! test -e go; do sleep 0.05; done\n", wait=False)
        self.aloft("cancel", f"{job}_2")
        harness.wait_until(lambda: self.status(job)["tasks"][1]["state"] == "cancelled")
        (self.directory / "go").touch()
        harness.wait_until(lambda: self.status(job)["tasks"][0]["state"] == "succeeded")

    def test_logs_follow_a_task_to_its_end(self):
        job, _ = self.submit("echo first\nwhile ! test -e go; do sleep 0.05; done\necho last\n", wait=False)
        with subprocess.Popen([harness.BUILD / "aloft-main", "logs", "-f", job], cwd=self.directory,
                              env=self.world.environment, stdout=subprocess.PIPE, text=True) as logs:
            self.assertEqual(logs.stdout.readline(), "first\n")
            (self.directory / "go").touch()
            self.assertEqual(logs.communicate(timeout=20)[0], "last\n")
        self.assertEqual(logs.returncode, 0)

    def test_errors_may_have_a_file_of_their_own(self):
        job, _ = self.submit("echo out; echo err >&2\n", "-e", "errors-%j")
        self.assertEqual(self.aloft("logs", "--stderr", job).stdout, "err\n")
        self.assertEqual(self.aloft("logs", job).stdout, "out\n")
        other, _ = self.submit("true\n")
        self.assertIn("where its output goes", self.aloft("logs", "--stderr", other, check=False).stderr)

    def test_a_missing_interpreter_is_code_127(self):
        path = self.directory / "job.sh"
        path.write_text("#!/no/such/interpreter\n")
        done = self.aloft("submit", "--wait", path, check=False)
        self.assertEqual(done.returncode, 127)
        task = self.status(done.stdout.strip())["tasks"][0]
        self.assertEqual((task["state"], task["code"]), ("start_failed", 127))
        self.assertIn("interpreter", task["message"])

    def test_an_output_that_cannot_be_written_is_named(self):
        (self.directory / "file").touch()
        job, done = self.submit("touch ran\n", "-o", "file/below")
        self.assertEqual(done.returncode, 125)
        self.assertIn("file/below", self.status(job)["tasks"][0]["message"])
        self.assertFalse((self.directory / "ran").exists())


class Environment(JobTest):
    def test_secrets_reach_neither_tasks_nor_records(self):
        env = {"AZURE_STORAGE_KEY": "c2VjcmV0LXZhbHVl", "MY_TOKEN": "secret-value", "HARMLESS": "kept"}
        done = self.aloft("submit", "--wait", "--export=ALL,X_SECRET=secret-value", self.script("env\n"), env=env)
        self.assertIn("AZURE_STORAGE_KEY, MY_TOKEN, X_SECRET", done.stderr)
        log = self.aloft("logs", done.stdout.strip()).stdout
        self.assertIn("HARMLESS=kept", log)
        self.assertNotIn("secret-value", log)
        for path in (self.world.directory / "local").rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                self.assertNotIn(b"secret-value", content, path)
                self.assertNotIn(b"c2VjcmV0LXZhbHVl", content, path)

    def test_export_none_and_names(self):
        env = {"ONE": "1", "TWO": "2"}
        done = self.aloft("submit", "--wait", "--export=ONE,THREE=3", self.script("echo $ONE-$TWO-$THREE\n"), env=env)
        self.assertEqual(self.aloft("logs", done.stdout.strip()).stdout, "1--3\n")
        done = self.aloft("submit", "--wait", "--export=NONE", self.script("echo $ONE-$HOME\n"), env=env)
        self.assertEqual(self.aloft("logs", done.stdout.strip()).stdout, f"-{self.world.environment['HOME']}\n")


class Refusals(JobTest):
    def test_wrong_files(self):
        self.refused(1, "absent.sh", saying="absent.sh")
        self.refused(2, self.directory, saying="directory")
        plain = self.directory / "plain"
        plain.write_text("echo\n")
        self.refused(2, plain, saying=("plain:1: error", "#!"))
        self.refused(2, saying="FILE")

    def test_wrong_directives_name_file_and_line(self):
        script = self.script("#SBATCH --jobname=x\n#SBATCH --time=soon\n")
        self.refused(2, script, saying=(f"{script}:2:9: error: sbatch has no option --jobname", f"{script}:3:9: error"))

    def test_directives_without_effect_are_named_and_the_job_runs(self):
        _, done = self.submit("#SBATCH -p debug\n")
        self.assertIn("job.sh:2:9: warning: --partition has no effect here", done.stderr)
        self.assertEqual(done.returncode, 0)

    def test_more_than_the_machine_has(self):
        self.refused(2, self.script("#SBATCH -c 4096\n"), saying=("4096 cores", "this machine has"))
        self.refused(2, self.script("#SBATCH --mem=900T\n"), saying="of memory")
        self.refused(2, self.script("#SBATCH --nodes=2\n"), saying="2 nodes")
        self.refused(2, "--chdir", "/no/such/place", self.script("true\n"), saying="/no/such/place")

    def test_dependencies_on_unknown_jobs(self):
        script = self.script("true\n")
        self.refused(1, "--dependency=afterok:99999", script,
                     saying=("aloft: error: --dependency: it depends on job 99999, which does not exist", "not submitted"))
        script = self.script("#SBATCH -J x --dependency=afterok:99999\n")
        self.refused(1, script, saying=f"{script}:2:14: error: --dependency: it depends on job 99999, which does not exist")
        job, _ = self.submit("true\n")
        script = self.script(f"#SBATCH -d afterok:{job}_7\n")
        self.refused(2, script, saying=(f"{script}:2:9: error: --dependency: it depends on {job}_7", "no such element"))
        self.refused(2, "--dependency=before:1", self.script("true\n"), saying="before:1")

    def test_places_that_are_not_there(self):
        self.refused(2, "--to", "slurm", self.script("true\n"), saying=("not in this release", "--to local"))
        self.refused(2, "--to", "batch", self.script("true\n"), saying=("--pool", "aloft pool list"))
        self.refused(2, "--pool", "small", self.script("true\n"), saying="--to batch")
        self.refused(2, "--to", "moon", self.script("true\n"), saying="--to local")

    def test_options_behind_the_file_belong_to_the_script(self):
        _, done = self.submit("test \"$1\" = --to\n", arguments=["--to", "moon"])
        self.assertEqual(done.returncode, 0)
        self.refused(2, "--bogus", self.script("true\n"), saying="no option --bogus")

    def test_containers_are_checked_before_anything_is_queued(self):
        before = self.aloft("jobs", "--json").stdout
        self.refused(1, "--chdir", "az://devstoreaccount1/box", self.script("true\n"), saying="emulator")
        self.refused(2, "--chdir", "az://devstoreaccount1", self.script("true\n"), saying="container")
        self.assertEqual(self.aloft("jobs", "--json").stdout, before)

    def test_unknown_jobs(self):
        for command in ("status", "logs", "cancel", "why", "watch"):
            done = self.aloft(command, "99999", check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("there is no job 99999", done.stderr)
            self.assertEqual(self.aloft(command, "nonsense", check=False).returncode, 2)


if __name__ == "__main__":
    harness.main()
