# SPDX-License-Identifier: Apache-2.0
"""What cp, rm, ls, cat, stat and verify take of a tree (globs, --include, --exclude), and sync, mv and du."""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import time

import harness
from copies import SEED, CopiesTest


def names_below(root):
    return sorted(str(path.relative_to(root)) for path in pathlib.Path(root).rglob("*"))


class TreeTest(CopiesTest):
    def write(self, *names, root=None, text="x"):
        for name in names:
            path = (root or self.here / "tree") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def names(self, place):
        return self.aloft("ls", "-R", place).stdout.splitlines()


class Selections(TreeTest):
    def setUp(self):
        super().setUp()
        self.write("a.csv", "b.csv", "notes.txt", "d/c.csv", "d/c.tmp", "tmp/t.csv", "odd[1].csv", ".hidden.csv")
        self.aloft("cp", "-r", f"{self.here}/tree/.", self.box)

    def test_globs_name_what_is_in_containers(self):
        self.assertEqual(self.aloft("ls", f"{self.box}/*.csv").stdout.splitlines(),
                         [f"{self.box}/{name}" for name in ("a.csv", "b.csv", "odd[1].csv")])
        self.assertEqual(self.aloft("cat", f"{self.box}/[ab].csv").stdout, "xx")
        entries = json.loads(self.aloft("stat", "--json", f"{self.box}/**/*.csv").stdout)["entries"]
        self.assertEqual([entry["path"] for entry in entries],
                         [f"{self.box}/{name}" for name in ("a.csv", "b.csv", "d/c.csv", "odd[1].csv", "tmp/t.csv")])
        (self.here / "out").mkdir()
        self.aloft("cp", f"{self.box}/?.csv", f"{self.box}/d/*", self.here / "out")
        self.assertEqual(names_below(self.here / "out"), ["a.csv", "b.csv", "c.csv", "c.tmp"])
        self.aloft("rm", f"{self.box}/*/*.tmp")
        self.expect_failure(1, r"/\*\.tmp does not exist", "rm", f"{self.box}/*.tmp")
        self.aloft("rm", "-f", f"{self.box}/*.tmp")
        self.assertNotIn("d/c.tmp", self.names(self.box))

    def test_a_literal_name_wins_over_a_glob(self):
        self.write("odd1.csv")
        self.aloft("cp", self.here / "tree/odd1.csv", self.box)
        self.aloft("rm", f"{self.box}/odd[1].csv")
        self.assertIn("odd1.csv", self.names(self.box))
        self.assertNotIn("odd[1].csv", self.names(self.box))
        self.aloft("rm", f"{self.box}/odd[1].csv")
        self.assertNotIn("odd1.csv", self.names(self.box), "now it is a glob")

    def test_one_command_takes_a_part_of_a_tree(self):
        only = ("--include", "*.csv", "--exclude", "tmp/")
        self.aloft("cp", "-r", *only, f"{self.box}/.", self.here / "back")
        self.assertEqual(names_below(self.here / "back"), [".hidden.csv", "a.csv", "b.csv", "d", "d/c.csv", "odd[1].csv"])
        self.aloft("verify", *only, self.here / "tree", self.box)
        self.expect_failure(1, "difference", "verify", "--contents-only", self.here / "back", self.box)
        self.aloft("cp", "-r", "--exclude", "*.csv", "--include", "a.*", self.here / "tree", f"{self.box}/up")
        self.assertEqual(self.names(f"{self.box}/up"), ["a.csv", "d", "d/c.tmp", "notes.txt", "tmp"])
        self.expect_failure(2, "matches nothing", "cp", "-r", "--exclude", "/", self.here / "tree", f"{self.box}/up")

    def test_rm_leaves_what_is_not_meant(self):
        self.aloft("rm", "-r", "--exclude", "*.csv", f"{self.box}/d")
        self.assertEqual(self.names(f"{self.box}/d"), ["c.csv"])
        self.aloft("rm", "-r", "--include", "c.*", f"{self.box}/d")
        self.assertEqual(self.aloft("stat", f"{self.box}/d").returncode, 0, "directories stay")

    def test_files_are_listed_before_directories(self):
        lines = self.aloft("ls", f"{self.box}/d", f"{self.box}/a.csv", f"{self.box}/tmp").stdout.splitlines()
        self.assertEqual(lines, [f"{self.box}/a.csv", "", f"{self.box}/d:", "c.csv", "c.tmp", "", f"{self.box}/tmp:", "t.csv"])


class Syncs(TreeTest):
    def setUp(self):
        super().setUp()
        self.write("a", "d/b", "d/e/c")
        os.symlink("a", self.here / "tree/link")
        self.tree = self.here / "tree"

    def sync(self, *arguments):
        return json.loads(self.aloft("sync", "--json", *arguments).stdout.splitlines()[-1])

    def test_two_directories_become_equal(self):
        self.assertEqual(self.sync(self.tree, f"{self.box}/copy")["files"], 3)
        self.aloft("verify", self.tree, f"{self.box}/copy")
        self.write("a", text="changed")
        self.write("new")
        (self.tree / "d/b").unlink()
        dry = self.aloft("sync", "--delete", "--dry-run", self.tree, f"{self.box}/copy")
        self.assertEqual(dry.stdout.splitlines(), ["attributes .", "copy a", "attributes d", "copy new", "delete d/b"])
        self.assertIn("would make 5 changes", dry.stderr)
        done = self.sync("--delete", self.tree, f"{self.box}/copy")
        self.assertEqual((done["files"], done["deleted"], done["unchanged"], done["failures"]), (2, 1, 2, []))
        self.aloft("verify", self.tree, f"{self.box}/copy")
        self.sync(f"{self.box}/copy", f"{self.box}/second")
        self.sync(f"{self.box}/second", self.here / "back")
        self.aloft("verify", "--no-owners", self.here / "back", self.tree)
        again = self.sync("--checksum", f"{self.box}/second", self.here / "back")
        self.assertEqual((again["files"], again["attributes"], again["unchanged"]), (0, 0, 4))

    def test_nothing_is_deleted_when_something_failed(self):
        self.sync(self.tree, f"{self.box}/copy")
        (self.tree / "a").unlink()
        os.mkfifo(self.tree / "pipe")
        self.expect_failure(1, "nothing was deleted", "sync", "--delete", self.tree, f"{self.box}/copy")
        self.assertIn("a", self.names(f"{self.box}/copy"))
        self.sync("--delete", "--exclude", "pipe", self.tree, f"{self.box}/copy")
        self.assertNotIn("a", self.names(f"{self.box}/copy"))

    def test_wrong_usage_says_what_to_do(self):
        self.expect_failure(2, "use rsync", "sync", self.tree, self.here / "other")
        self.expect_failure(1, "is not a directory", "sync", self.tree / "a", f"{self.box}/copy")
        self.expect_failure(1, "does not exist; make it with", "sync", self.tree, f"{self.box}-none/x")

    def test_a_killed_sync_is_completed_by_the_next(self):
        chance = random.Random(SEED)
        for i in range(300):
            self.write(f"many/{i % 7}/{i}", text=str(i))
        self.write("stale/x", "stale/y", root=self.here / "old")
        self.aloft("cp", "-r", f"{self.here}/old/.", f"{self.box}/copy")
        for round in range(4):
            process = subprocess.Popen([harness.BUILD / "aloft-main", "sync", "-q", "--delete", self.tree, f"{self.box}/copy"],
                                       env=self.world.environment)
            time.sleep(chance.random() * 0.15)
            process.kill()
            process.wait()
            self.write(f"many/round{round}")
        self.sync("--delete", self.tree, f"{self.box}/copy")
        self.aloft("verify", self.tree, f"{self.box}/copy")
        self.assertEqual(names_below(self.tree), sorted(self.names(f"{self.box}/copy")), f"seed {SEED}")


class Moves(TreeTest):
    def test_mv_places_as_mv_does(self):
        self.write("a", "d/b", "d/e/c")
        os.chmod(self.here / "tree/d/b", 0o640)
        self.aloft("cp", "-r", f"{self.here}/tree/.", self.box)
        self.aloft("mv", f"{self.box}/a", f"{self.box}/d/*/c", f"{self.box}/d")
        self.assertEqual(self.names(self.box), ["d", "d/a", "d/b", "d/c", "d/e"])
        done = json.loads(self.aloft("mv", "--json", f"{self.box}/d", f"{self.box}/n").stdout.splitlines()[-1])
        self.assertEqual((done["files"], done["failures"]), (3, []))
        self.assertEqual(self.names(self.box), ["n", "n/a", "n/b", "n/c", "n/e"])
        facts = json.loads(self.aloft("stat", "--json", f"{self.box}/n/b").stdout)["entries"][0]
        self.assertEqual(facts["mode"], "0640")
        self.expect_failure(1, "into itself", "mv", f"{self.box}/n", f"{self.box}/n/e")
        self.expect_failure(1, "does not exist", "mv", f"{self.box}/none", f"{self.box}/n")
        self.expect_failure(2, "use cp", "mv", self.here / "tree/a", self.box)
        self.expect_failure(2, "use cp", "mv", f"{self.box}/n/a", self.here)
        self.assertEqual(self.names(self.box), ["n", "n/a", "n/b", "n/c", "n/e"])

    def test_a_killed_mv_loses_nothing(self):
        chance = random.Random(SEED)
        names = [f"{i % 5}/{i}" for i in range(200)]
        self.write(*names)
        self.aloft("cp", "-r", self.here / "tree", f"{self.box}/from")
        for _ in range(5):
            process = subprocess.Popen([harness.BUILD / "aloft-main", "mv", "-q", "-T", f"{self.box}/from", f"{self.box}/to"],
                                       env=self.world.environment, stderr=subprocess.DEVNULL)
            time.sleep(chance.random() * 0.1)
            process.kill()
            process.wait()
            there = {name.split("/", 1)[1] for name in self.names(self.box) if "/" in name}
            self.assertLessEqual(set(names), there, f"seed {SEED}")
        self.aloft("mv", "-T", f"{self.box}/from", f"{self.box}/to", check=False)  # Perhaps it was done already.
        self.assertEqual(self.names(self.box)[0], "to")
        self.aloft("verify", self.here / "tree", f"{self.box}/to")


class Usages(TreeTest):
    def test_du_adds_up_directories(self):
        self.write("a", "d/b", "d/e/c", "f/x.log", text="12345")
        self.aloft("cp", "-r", f"{self.here}/tree/.", self.box)
        lines = lambda *words: self.aloft("du", *words).stdout.splitlines()
        self.assertEqual(lines(self.box), [f"5\t{self.box}/d/e", f"10\t{self.box}/d", f"5\t{self.box}/f", f"20\t{self.box}"])
        self.assertEqual(lines("-s", self.box, f"{self.box}/d"), [f"20\t{self.box}", f"10\t{self.box}/d"])
        self.assertEqual(lines("--max-depth", "1", "--exclude", "*.log", self.box), [f"10\t{self.box}/d", f"0\t{self.box}/f", f"15\t{self.box}"])
        self.assertEqual(lines("-sh", self.box), [f"20 B\t{self.box}"])
        self.assertEqual(lines("-s", self.here / "tree"), [f"20\t{self.here}/tree"])
        report = json.loads(self.aloft("du", "--json", "-s", f"{self.box}/*").stdout)
        self.assertEqual([(entry["path"], entry["bytes"], entry["files"]) for entry in report["directories"]],
                         [(f"{self.box}/a", 5, 1), (f"{self.box}/d", 10, 2), (f"{self.box}/f", 5, 1)])
        self.expect_failure(1, "does not exist", "du", f"{self.box}/none")


class Rates(TreeTest):
    def test_bandwidth_is_shared_by_all_that_moves(self):
        for name in ("one", "two", "three"):
            self.write(name, text="x" * 1_000_000)
        started = time.monotonic()
        self.aloft("cp", "-r", "--bandwidth", "1M/s", self.here / "tree", self.box)
        self.assertGreater(time.monotonic() - started, 1.8, "the first file goes at once, the others in their time")
        started = time.monotonic()
        self.aloft("sync", "--bandwidth", "2M", f"{self.box}/tree", self.here / "back")
        self.assertGreater(time.monotonic() - started, 0.45)
        self.aloft("verify", "--no-owners", self.here / "tree", self.here / "back")
        self.expect_failure(2, "--bandwidth: 'fast' is not a size", "cp", "--bandwidth", "fast", "a", self.box)
        self.expect_failure(2, "give at least 16K", "cp", "--bandwidth", "1", "a", self.box)


class Events(TreeTest):
    def test_progress_comes_as_events_where_json_is_asked_for(self):
        self.write("f", text="x" * 3_000_000)

        def copy(*options):
            return subprocess.Popen([harness.BUILD / "aloft-main", "cp", *options, self.here / "tree/f", f"{self.box}/f"],
                                    env=self.world.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        self.world.emulator.send_signal(signal.SIGSTOP)  # So that the copies take their time.
        try:
            loud, quiet = copy("--json"), copy("--json", "--quiet")
            first = json.loads(loud.stdout.readline())
        finally:
            self.world.emulator.send_signal(signal.SIGCONT)
        self.assertEqual((first["event"], first["files_done"]), ("progress", 0))
        out, err = loud.communicate(timeout=60)
        events = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((events[-1]["event"], events[-1]["files"], err), ("summary", 1, ""))
        self.assertEqual({event["event"] for event in events[:-1]} - {"progress"}, set())
        lines = quiet.communicate(timeout=60)[0].splitlines()
        self.assertEqual([json.loads(line)["event"] for line in lines], ["summary"])
        failed = self.expect_failure(1, "does not exist", "cp", "--json", self.here / "none", f"{self.box}-none/x")
        self.assertEqual(json.loads(failed.stdout.splitlines()[-1])["event"], "error")


class Guide(TreeTest):
    def test_the_examples_of_the_guide_run(self):
        self.write("input.txt", "results/a.csv", "results/b.csv", "tmp/t.csv", root=self.here / "project")
        guide = pathlib.Path(__file__).resolve().parents[2] / "docs/guide/copies.md"
        commands = [line.removeprefix("$ ") for block in re.findall(r"```console\n(.*?)```", guide.read_text(), re.S)
                    for line in block.splitlines() if line.startswith("$ ")]
        self.assertGreater(len(commands), 8)
        for command in commands:
            done = subprocess.run(["bash", "-c", command], cwd=self.here, env=self.world.environment, capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual(done.returncode, 0, f"{command}: {done.stdout} {done.stderr}")


if __name__ == "__main__":
    harness.main()
