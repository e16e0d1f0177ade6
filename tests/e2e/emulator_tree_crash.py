#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 while directories are renamed: after the next start, each is whole under the one name or the other.

ALOFT_SEED and ALOFT_CRASH_ROUNDS repeat or lengthen a run.
"""
import json
import os
import random
import signal
import time
import unittest

import harness
from blob_client import BlobClient
from until_broken import UntilBroken

SEED = int(os.environ.get("ALOFT_SEED", random.SystemRandom().randrange(1 << 32)))
ROUNDS = int(os.environ.get("ALOFT_CRASH_ROUNDS", "4"))
TREES, FILES = 3, 60


class Renamer(UntilBroken):
    """Renames its tree to and fro until the connection breaks."""

    def __init__(self, number, record, name):
        super().__init__(BlobClient(record))
        self.number = number
        self.name, self.wanted, self.answered = name, None, 0

    def work(self):
        while True:
            # Into another filesystem and back, under another name.
            self.wanted = f"{'two' if self.name.startswith('one') else 'one'}/tree{self.number}-{self.answered % 7}"
            answer = self.client.request("PUT", self.wanted, {}, {"x-ms-rename-source": f"/{self.name}"})
            assert answer.status == 201, (answer, answer.body)
            self.name, self.wanted = self.wanted, None
            self.answered += 1


class TreeCrashTest(unittest.TestCase):
    def setUp(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)
        self.data = self.world.directory / "data"
        self.world.emulator_options = ["--data", str(self.data), "--hierarchical-namespace"]

    def client(self, record):
        client = BlobClient(record)
        self.addCleanup(client.close)
        return client

    def trees(self, client):
        """What lies below each directory at the top: {"one/tree0": {"sub/f1", …}}."""
        found = {}
        for filesystem in ("one", "two"):
            answer = client.request("GET", filesystem, {"resource": "filesystem", "recursive": "true"})
            self.assertEqual(answer.status, 200, answer.body)
            for path in json.loads(answer.body)["paths"]:
                top, _, below = path["name"].partition("/")
                found.setdefault(f"{filesystem}/{top}", set()).add(below)
        return found

    def test_a_rename_is_all_or_nothing(self):
        client = self.client(self.world.start_emulator())
        for filesystem in ("one", "two"):
            self.assertEqual(client.request("PUT", filesystem, {"resource": "filesystem"}).status, 201)
        for tree in range(TREES):
            for file in range(FILES):
                answer = client.request("PUT", f"one/tree{tree}/sub/f{file}", {}, {"x-ms-blob-type": "BlockBlob"},
                                        f"{tree} {file}".encode())
                self.assertEqual(answer.status, 201, answer)
        whole = {"", "sub"} | {f"sub/f{file}" for file in range(FILES)}
        names = [f"one/tree{tree}" for tree in range(TREES)]
        chance, answered = random.Random(SEED), 0
        for round_number in range(ROUNDS):
            renamers = [Renamer(number, self.world.endpoint, name) for number, name in enumerate(names)]
            for renamer in renamers:
                renamer.start()
            time.sleep(chance.uniform(0.1, 0.6))
            self.world.stop_emulator(signal.SIGKILL)
            for renamer in renamers:
                renamer.join(30)
                self.assertIsNone(renamer.failure, repr(renamer.failure))
                answered += renamer.answered
            client = self.client(self.world.start_emulator())
            found = self.trees(client)
            where = f"seed {SEED}, round {round_number}"
            self.assertEqual(len(found), TREES, where)
            for number, renamer in enumerate(renamers):
                name = renamer.name if renamer.name in found else renamer.wanted
                self.assertEqual(found.get(name), whole, where)
                names[number] = name
                self.assertEqual(client.request("GET", f"{name}/sub/f7").body, f"{number} 7".encode(), where)
        self.assertGreater(answered, ROUNDS)
        print(f"seed {SEED}: {answered} renames answered in {ROUNDS} rounds, all whole")

    def test_a_directory_of_the_other_kind_is_refused(self):
        self.world.start_emulator()
        self.world.stop_emulator()
        flat = self.world.aloft("emulator", "--data", self.data, program="aloft-main", check=False)
        self.assertEqual(flat.returncode, 2)
        self.assertIn(f"{self.data} holds an account with a hierarchical namespace: start with "
                      "--hierarchical-namespace", flat.stderr)

    def test_there_are_no_versions_in_a_tree(self):
        both = self.world.aloft("emulator", "--in-memory", "--hierarchical-namespace", "--versioning",
                                program="aloft-main", check=False)
        self.assertEqual(both.returncode, 2)
        self.assertIn("--versioning", both.stderr)


if __name__ == "__main__":
    harness.main()
