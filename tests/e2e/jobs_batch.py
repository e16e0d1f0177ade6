#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs on Azure Batch as a user sees them: real pools and tasks of the emulator, from this machine and from another."""
import json
import re
import subprocess
import unittest

import batch_client
import harness

HOME = f"az://{harness.ACCOUNT}/lab"

world = None


def setUpModule():
    """One account for all classes: the container lab is the job home, the pool work has two nodes of two slots."""
    global world
    world = harness.World()
    unittest.addModuleCleanup(world.close)
    world.environment["ALOFT_JOB_HOME"] = HOME
    world.aloft("mkdir", HOME)
    world.aloft("pool", "create", "work", "--size", "Standard_D2s_v5", "--nodes", 2)
    wait_for_nodes("work", 2)


def show_pool(pool):
    return json.loads(world.aloft("pool", "show", "--json", pool).stdout)


def wait_for_nodes(pool, count):
    def there():
        document = show_pool(pool)
        states = [node["state"] for node in document["node_list"]]
        return document["state"] == "steady" and states == ["idle"] * count
    harness.wait_until(there, what=f"{count} idle nodes of pool {pool}")


def another_machine(name):
    """The environment of one that has nothing but what Azure calls these accounts."""
    directory = world.directory / "machines" / name
    for part in ("home", "run", "local"):
        (directory / part).mkdir(parents=True, mode=0o700)
    record = world.endpoint
    return {"HOME": str(directory / "home"), "XDG_CONFIG_HOME": str(directory / "home/.config"),
            "XDG_RUNTIME_DIR": str(directory / "run"), "ALOFT_LOCAL_DIR": str(directory / "local"),
            "AZURE_BATCH_ACCOUNT": record["account"], "AZURE_BATCH_ACCESS_KEY": record["key"],
            "AZURE_BATCH_ENDPOINT": record["batch_endpoint"],
            "AZURE_STORAGE_CONNECTION_STRING": f"AccountName={record['account']};AccountKey={record['key']};"
                                               f"BlobEndpoint={record['blob_endpoint']}"}


class BatchTest(unittest.TestCase):
    """Each test has a directory here for its scripts and one in the container for its jobs."""

    def setUp(self):
        name = self.id().split(".")[-1]
        self.directory = world.directory / name
        self.directory.mkdir()
        # The emulator's nodes see this machine; what another client puts into a container they see seconds later.
        self.gate = f"while ! test -e {self.directory}/go; do sleep 0.1; done\n"
        self.uri = f"{HOME}/{name}"
        world.aloft("mkdir", self.uri)

    def aloft(self, *arguments, **options):
        return world.aloft(*arguments, cwd=self.directory, **options)

    def try_submit(self, script, *options, arguments=(), pool="work", place=None, name="job.sh", **others):
        (self.directory / name).write_text("#!/bin/sh\n" + script)
        return self.aloft("submit", "--to", "batch", "--pool", pool, "--chdir", place or self.uri, *options, name,
                          *arguments, check=False, **others)

    def submit(self, script, *options, **others):
        """Returns the job's id."""
        done = self.try_submit(script, *options, **others)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^\d+\n$")
        job = done.stdout.strip()
        self.addCleanup(self.aloft, "cancel", job, check=False)  # A test that fails shall not occupy the nodes.
        return job

    def tasks(self, job, **options):
        """Of a job or one element, by name."""
        return {task["task"]: task for task in json.loads(self.aloft("status", "--json", job, **options).stdout)["tasks"]}

    def states(self, job, **options):
        return [task["state"] for task in self.tasks(job, **options).values()]

    def ended(self, job, seconds=30):
        """The tasks after the end of all of them."""
        harness.wait_until(lambda: not {"waiting", "running"} & set(self.states(job)), seconds, f"the end of job {job}")
        return self.tasks(job)

    def reason(self, job, **options):
        return self.aloft("why", job, **options).stdout

    def read(self, name):
        return self.aloft("cat", f"{self.uri}/{name}").stdout

    def open_gate(self):
        (self.directory / "go").touch()

    def make_small_pool(self, pool, *options, size="Standard_D2s_v5"):
        self.addCleanup(self.aloft, "pool", "delete", pool, check=False)
        self.aloft("pool", "create", pool, "--size", size, *options)
        wait_for_nodes(pool, 0)


class Pools(BatchTest):
    def test_a_pool_from_its_creation_to_its_deletion(self):
        made = self.aloft("pool", "create", "brief", "--size", "Standard_D4s_v5", "--slots", 2, "--nodes", 1,
                          "--home", HOME, "--json", env={"ALOFT_JOB_HOME": ""})
        self.assertEqual(json.loads(made.stdout), {"pool": "brief"})
        wait_for_nodes("brief", 1)
        listed = {pool["pool"]: pool for pool in json.loads(self.aloft("pool", "list", "--json").stdout)}
        self.assertEqual((listed["brief"]["nodes"], listed["brief"]["slots_per_node"]), (1, 2))
        self.assertRegex(self.aloft("pool", "list").stdout, r"\nbrief +Standard_D4s_v5 +steady +1 +1 +2\n")
        self.assertRegex(self.aloft("pool", "show", "brief").stdout, r"\n  tvm\S+ +idle +0 of 2 slots\n")
        self.assertEqual(self.aloft("pool", "resize", "brief", "--nodes", 0, "--spot", 1).stdout,
                         "pool brief will have 0+1 spot nodes\n")
        wait_for_nodes("brief", 1)
        self.assertTrue(show_pool("brief")["node_list"][0]["spot"])
        self.assertEqual(json.loads(self.aloft("pool", "resize", "brief", "--nodes", 0, "--json").stdout),
                         {"pool": "brief"})
        self.assertEqual(json.loads(self.aloft("pool", "delete", "brief", "--json").stdout), {"pool": "brief"})
        harness.wait_until(lambda: "brief" not in self.aloft("pool", "list").stdout, what="the end of the pool")

    def test_a_pool_of_a_size_whose_name_does_not_tell_its_cores(self):
        self.make_small_pool("odd", "--cores", 6, size="Standard_A20")
        self.assertEqual(show_pool("odd")["slots_per_node"], 6)

    def test_what_cannot_be_is_refused(self):
        size = ("--size", "Standard_D2s_v5")
        for words, code, message in (
                (("create", "new", "--size", "Large"), 2, "how many cores has Large.*--cores"),
                (("create", "a b", *size), 2, '"a b" is no name for a pool'),
                (("create", "new", *size, "--home", f"{world.uri}/absent"), 1, "absent of the job home.*aloft mkdir"),
                (("create", "work", *size), 1, "pool work exists already and has nodes.*aloft pool delete work"),
                (("create", "new", *size, "--nodes", "-1"), 2, "--nodes.*-1"),
                (("resize", "work"), 2, "--nodes or --spot"),
                (("resize", "absent", "--nodes", "1"), 1, "pool absent.*does not exist; `aloft pool create`"),
                (("show", "absent"), 1, "pool absent.*does not exist; `aloft pool create`"),
                (("delete", "absent"), 1, "pool absent.*does not exist"),
                (("shwo", "work"), 2, "there is no command 'shwo'; did you mean 'show'")):
            with self.subTest(words):
                done = self.aloft("pool", *words, check=False)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertRegex(done.stderr, message)
        done = self.aloft("pool", "create", "new", *size, check=False, env={"ALOFT_JOB_HOME": ""})
        self.assertEqual(done.returncode, 2)
        self.assertIn("--home az://ACCOUNT/CONTAINER", done.stderr)
        self.assertNotIn("new", [pool["pool"] for pool in json.loads(self.aloft("pool", "list", "--json").stdout)])


class Jobs(BatchTest):
    def test_an_array_with_all_that_a_script_may_ask_for(self):
        job = self.submit('#SBATCH --array=1-3%1\n#SBATCH --output=logs/%A_%a.out\n#SBATCH --error=logs/%A_%a.err\n'
                          'echo "$SLURM_ARRAY_TASK_ID $1 $GREETING ${UNSAID-none} $PWD"\necho bad >&2\n',
                          "--export=GREETING=hello", arguments=("an argument",), env={"UNSAID": "x"})
        tasks = self.ended(job)
        self.assertEqual([task["state"] for task in tasks.values()], ["succeeded"] * 3)
        place = self.uri.replace("az:/", "/aloft/az")
        for index in (1, 2, 3):
            self.assertEqual(self.read(f"logs/{job}_{index}.out"), f"{index} an argument hello none {place}\n")
            self.assertEqual(self.aloft("logs", f"{job}_{index}").stdout, self.read(f"logs/{job}_{index}.out"))
            self.assertEqual(self.aloft("logs", "--stderr", f"{job}_{index}").stdout, "bad\n")
        for before, after in ((1, 2), (2, 3)):
            self.assertLessEqual(tasks[f"{job}_{before}"]["ended"], tasks[f"{job}_{after}"]["started"])
        self.assertTrue(all(task["node"].startswith("tvm") for task in tasks.values()))

    def test_how_tasks_end(self):
        jobs = {self.submit(script, name=name): wanted for name, script, wanted in (
            ("three.sh", "exit 3\n", ("failed", 3)),
            ("absent.sh", "no-such-command\n", ("failed", 127)),
            ("killed.sh", "kill -9 $$\n", ("failed", 137)),
            ("well.sh", "exit 0\n", ("succeeded", 0)))}
        for job, wanted in jobs.items():
            task = self.ended(job)[job]
            self.assertEqual((task["state"], task["code"]), wanted)
            self.assertEqual(self.aloft("watch", job, check=False).returncode, int(wanted[1] != 0))
        (self.directory / "odd.sh").write_text("#!/no/such/interpreter\n")
        waited = self.aloft("submit", "--to", "batch", "--pool", "work", "--chdir", self.uri, "--wait", "odd.sh", check=False)
        self.assertEqual(waited.returncode, 127, waited.stderr)
        self.assertIn("the interpreter that it names does not exist", self.aloft("logs", waited.stdout.strip()).stdout)

    def test_dependencies(self):
        good = self.submit(self.gate + "test $SLURM_ARRAY_TASK_ID -lt 3\n", "--array=1-2", name="good.sh")
        mixed = self.submit(self.gate + "exit $SLURM_ARRAY_TASK_ID\n", "--array=0-1", name="mixed.sh")
        follow = lambda *options: self.submit("true\n", *options, name="follow.sh")
        wanted = {
            follow(f"--dependency=afterok:{good}"): ["succeeded"],
            follow(f"--dependency=afterok:{mixed}"): ["dependency_not_satisfied"],
            follow(f"--dependency=afterok:{mixed}_0"): ["succeeded"],
            follow(f"--dependency=afternotok:{mixed}"): ["succeeded"],
            follow(f"--dependency=afternotok:{good}"): ["dependency_not_satisfied"],
            follow(f"--dependency=afterok:{good},afterany:{mixed}"): ["succeeded"],
            follow(f"--dependency=afterok:{good}:{mixed}"): ["dependency_not_satisfied"],
            follow(f"--dependency=afterok:{mixed}?afterok:{good}"): ["succeeded"],
            follow(f"--dependency=aftercorr:{mixed}", "--array=0-1"): ["succeeded", "dependency_not_satisfied"]}
        last = list(wanted)[1]
        wanted[follow(f"--dependency=afterany:{last}")] = ["succeeded"]
        wanted[follow(f"--dependency=afterok:{last}")] = ["dependency_not_satisfied"]
        wanted[self.submit("true\n", "--dependency=singleton", name="mixed.sh")] = ["succeeded"]
        for job in wanted:
            self.assertEqual(set(self.states(job)), {"waiting"})
        self.assertRegex(self.reason(list(wanted)[0]), f"waits for .*{good}")
        self.open_gate()
        ends = {job: [task["state"] for task in self.ended(job).values()] for job in wanted}
        self.assertEqual(ends, wanted)
        late = follow(f"--dependency=afterok:{mixed}")
        self.assertEqual([task["state"] for task in self.ended(late).values()], ["dependency_not_satisfied"])
        self.assertRegex(self.reason(late), f"not satisfied: .*{mixed}")

    def test_cancelling(self):
        job = self.submit("trap 'echo clean; exit 3' TERM\necho ready\nsleep 60 & wait\n", "--array=1-3")
        after = self.submit("true\n", f"--dependency=afterany:{job}", name="after.sh")
        never = self.submit("true\n", f"--dependency=afterok:{job}", name="never.sh")
        harness.wait_until(lambda: self.aloft("logs", f"{job}_1").stdout == "ready\n", what="the first line of the log")
        self.assertEqual(self.aloft("cancel", f"{job}_1").stdout, "cancelling 1 task\n")
        harness.wait_until(lambda: self.states(f"{job}_1") == ["cancelled"], what="the end of the element")
        self.assertEqual(self.tasks(f"{job}_1")[f"{job}_1"]["code"], 3)
        self.assertEqual(self.read(f"slurm-{job}_1.out"), "ready\nclean\n")
        self.assertEqual(self.states(job), ["cancelled", "running", "running"])
        self.assertEqual(json.loads(self.aloft("cancel", "--json", never).stdout), {"cancelled": 1})
        self.assertEqual(self.states(never), ["cancelled"])
        self.assertEqual(self.aloft("cancel", job).stdout, "cancelling 2 tasks\n")
        self.ended(job)
        self.assertEqual(self.states(job), ["cancelled"] * 3)
        self.assertEqual(self.reason(job), f"{job}_[1-3]\n    cancelled\n")
        self.assertEqual(self.aloft("cancel", job).stdout, "nothing to cancel: all tasks had ended\n")
        self.assertEqual([task["state"] for task in self.ended(after).values()], ["succeeded"])


class PoolsOfOthers(BatchTest):
    """Pools that were not made by this Aloft: their tasks bring what they need."""

    def test_a_task_brings_aloft_to_a_node_without(self):
        client = batch_client.BatchClient(world.endpoint)
        self.addCleanup(client.close)
        client.add_pool("plain", 1, slots=4)
        self.addCleanup(self.aloft, "pool", "delete", "plain")
        job = self.submit("#SBATCH -o out\necho here > file\necho said\n", pool="plain")
        self.assertEqual(self.ended(job)[job]["state"], "succeeded", self.reason(job))
        self.assertEqual((self.read("file"), self.read("out")), ("here\n", "said\n"))


class Reasons(BatchTest):
    def test_a_pool_without_nodes_that_gets_them_and_goes(self):
        self.make_small_pool("later")
        job = self.submit("true\n", "--cpus-per-task=2", pool="later")
        self.assertIn("pool later has no nodes; `aloft pool resize later --nodes N` gives it some", self.reason(job))
        self.assertIn("has no nodes", self.aloft("status", job).stdout)
        self.aloft("pool", "resize", "later", "--nodes", 1)
        # Which of these is asked for is a matter of moments.
        self.assertRegex(self.reason(job), "pool later is being resized|are not ready yet|waits for|runs since|succeeded")
        self.ended(job)
        self.aloft("pool", "resize", "later", "--nodes", 0)
        waiting = self.submit("true\n", "--cpus-per-task=2", pool="later")
        self.aloft("pool", "delete", "later")
        gone = "pool later does not exist; `aloft pool create` makes one"
        harness.wait_until(lambda: gone in self.reason(waiting), what="the end of the pool")
        self.make_small_pool("later", size="Standard_D1_v2")
        self.assertRegex(self.reason(waiting), "needs 2 slots.*pool later has 1.*aloft cancel")
        self.aloft("cancel", waiting)
        self.assertEqual(self.states(waiting), ["cancelled"])

    def test_no_free_slot(self):
        job = self.submit(self.gate, "--array=1-3", "--cpus-per-task=2")
        harness.wait_until(lambda: self.states(job).count("running") == 2, what="two running tasks")
        waiting = next(name for name, task in self.tasks(job).items() if task["state"] == "waiting")
        self.assertIn("waits for 2 free slots on a node of pool work (tasks: 2 running, 1 waiting)", self.reason(waiting))
        self.assertRegex(self.reason(job), "runs since")
        self.open_gate()
        self.assertEqual([task["state"] for task in self.ended(job).values()], ["succeeded"] * 3)


class AnotherMachine(BatchTest):
    def test_it_sees_and_changes_the_same_jobs(self):
        env = another_machine("second") | {"ALOFT_JOB_HOME": ""}
        home = ("--home", HOME)
        job = self.submit("echo early\n" + self.gate + "echo late\n")
        with subprocess.Popen([str(harness.BUILD / "aloft"), "logs", "-f", *home, job], text=True,
                              env=world.environment | env, stdout=subprocess.PIPE) as logs, \
                subprocess.Popen([str(harness.BUILD / "aloft"), "watch", "--json", *home, job], text=True,
                                 env=world.environment | env, stdout=subprocess.PIPE) as watch:
            self.assertEqual(logs.stdout.readline(), "early\n")
            self.assertEqual(self.states(job, env=env | {"ALOFT_JOB_HOME": HOME}), ["running"])
            self.assertRegex(self.aloft("why", *home, job, env=env).stdout, "runs since")
            self.open_gate()
            self.assertEqual(logs.communicate(timeout=30)[0], "late\n")
            counts = [json.loads(line) for line in watch.communicate(timeout=30)[0].splitlines()]
        self.assertEqual(counts[-1], {"waiting": 0, "running": 0, "succeeded": 1, "not_succeeded": 0})
        self.assertEqual((logs.returncode, watch.returncode), (0, 0))
        (self.directory / "there.sh").write_text("#!/bin/sh\necho there\n")
        there = self.aloft("submit", "--to", "batch", "--pool", "work", "--chdir", self.uri, *home, "--wait",
                           f"--dependency=afterok:{job}", "there.sh", env=env).stdout.strip()
        self.assertEqual(self.aloft("logs", there).stdout, "there\n", "here as there")
        listed = json.loads(self.aloft("jobs", "--json", *home, env=env).stdout)
        self.assertEqual([entry["job"] for entry in listed[:2]], [int(there), int(job)])
        long = self.submit("sleep 60\n", name="long.sh")
        harness.wait_until(lambda: self.states(long) == ["running"], what="the long task")
        self.assertEqual(self.aloft("cancel", *home, long, env=env).stdout, "cancelling 1 task\n")
        self.assertEqual(self.ended(long)[long]["state"], "cancelled")

    def test_without_accounts_it_says_what_it_needs(self):
        env = another_machine("bare")
        batch = {name: value for name, value in env.items() if not name.startswith("AZURE_STORAGE")}
        done = self.aloft("jobs", check=False, env=batch)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"no emulator runs for the account {harness.ACCOUNT}", done.stderr)
        storage = {name: value for name, value in env.items() if not name.startswith("AZURE_BATCH")}
        done = self.aloft("pool", "list", check=False, env=storage)
        self.assertEqual(done.returncode, 1)
        self.assertIn("set AZURE_BATCH_ACCOUNT, AZURE_BATCH_ACCESS_KEY and AZURE_BATCH_ENDPOINT", done.stderr)


class Refusals(BatchTest):
    """Nothing of a refused job is left anywhere."""

    def setUp(self):
        super().setUp()
        self.before = self.traces()

    def tearDown(self):
        self.assertEqual(self.traces(), self.before)

    def traces(self):
        """Everything in the job home but the bundles: no number is taken either."""
        return [line for line in self.aloft("ls", "-r", f"{HOME}/.aloft/jobs", check=False).stdout.splitlines()]

    def refused(self, code, message, *options, script="true\n", **others):
        with self.subTest(message):
            done = self.try_submit(script, *options, **others)
            self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
            self.assertRegex(re.sub(r"\s+", " ", done.stderr), message)

    def test_the_place(self):
        self.refused(1, "pool absent.*does not exist; `aloft pool create` makes one", pool="absent")
        self.refused(2, "working directory /tmp is on this machine only.*--chdir az://", place="/tmp")
        self.refused(2, "run in a container.*--chdir az://", place="/tmp", env={"ALOFT_JOB_HOME": ""})
        self.refused(1, f"working directory {self.uri}/absent does not exist.*aloft mkdir", place=f"{self.uri}/absent")
        self.refused(1, "absent of the job home does not exist.*aloft mkdir", "--home", f"{world.uri}/absent")
        self.refused(2, "nonsense.* is no job home.*az://ACCOUNT/CONTAINER", "--home", "nonsense")
        self.refused(2, "--output=/tmp/x would be on a node that goes away", "--output=/tmp/x")
        done = self.aloft("submit", "--to", "batch", "job.sh", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--to batch needs --pool POOL; `aloft pool list` shows what there is", done.stderr)
        done = self.aloft("submit", "--pool", "work", "job.sh", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("add --to batch", done.stderr)

    def test_what_the_job_asks_for(self):
        self.refused(2, r"each task asks for 4 cores; a node of pool work \(Standard_D2s_v5\) has 2", "--cpus-per-task=4")
        self.refused(1, "job 999, which does not exist; `aloft jobs`", "--dependency=afterok:999")
        self.refused(2, "--dependency", "--dependency=afterok:x")
        self.refused(2, "job.sh:2:.*--bogus", script="#SBATCH --bogus\n")

    def test_the_batch_account(self):
        env = {name: value for name, value in another_machine(self.id()).items() if name.startswith("AZURE_BATCH")}
        self.refused(1, r"the Batch account key is refused; check it.*403 AuthenticationFailed",
                     env=env | {"AZURE_BATCH_ACCESS_KEY": "d3Jvbmc="})
        self.refused(2, "AZURE_BATCH_ACCESS_KEY is not base64", env=env | {"AZURE_BATCH_ACCESS_KEY": "wrong!"})
        self.refused(2, "account elsewhere has no endpoint: set AZURE_BATCH_ENDPOINT",
                     env=env | {"AZURE_BATCH_ACCOUNT": "elsewhere", "AZURE_BATCH_ENDPOINT": ""})


class RefusedDependencies(BatchTest):
    def test_other_pools_and_starts(self):
        self.make_small_pool("aside")
        job = self.submit(self.gate)
        for options, pool, message in (
                ((f"--dependency=afterok:{job}",), "aside", f"waits for job {job}, which runs on pool work: .*only jobs of "
                                                            "one pool"),
                ((f"--dependency=after:{job}",), "work", f"waits for the start of {job}.*afterany"),
                ((f"--dependency=afterok:{job}_7",), "work", f"depends on {job}_7, but job {job} has no such element")):
            with self.subTest(options):
                done = self.try_submit("true\n", *options, pool=pool)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertRegex(done.stderr, message)
        self.open_gate()
        self.assertEqual(self.ended(job)[job]["state"], "succeeded")
        late = self.submit("true\n", f"--dependency=afterok:{job}", pool="aside", name="late.sh")
        self.assertIn("pool aside has no nodes", self.reason(late), "no wait is left")
        self.aloft("cancel", late)


if __name__ == "__main__":
    harness.main()
