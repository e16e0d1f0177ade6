# SPDX-License-Identifier: Apache-2.0
"""What cp, rm, ls, cat, stat and verify take of a tree (globs, --include, --exclude), and sync, mv and du."""
import json
import os
import pathlib
import re
import subprocess
import unittest

import harness
from copies import CopiesTest


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
