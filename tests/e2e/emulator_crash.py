#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load: whatever was answered with success is there after the next start, and nothing half-done.

Each writer owns its keys, so it knows what each must be: what was last answered, or what was asked for when the
emulator died. ALOFT_SEED and ALOFT_CRASH_ROUNDS repeat or lengthen a run.
"""
import base64
import os
import pathlib
import random
import signal
import time
import unittest

import harness
from blob_client import BlobClient
from until_broken import UntilBroken

SEED = int(os.environ.get("ALOFT_SEED", random.SystemRandom().randrange(1 << 32)))
ROUNDS = int(os.environ.get("ALOFT_CRASH_ROUNDS", "6"))
SIZES = (0, 1, 100, 5_000, 33_000, 200_000)


class Writer(UntilBroken):
    """Writes to its own keys until the connection breaks; remembers what is certain and what is not."""

    def __init__(self, number, record, certain):
        super().__init__(BlobClient(record))
        self.random = random.Random(f"{SEED}/{number}/{len(certain)}")
        self.number = number
        self.certain = certain    # key -> (content, metadata value) or None where it is deleted
        self.uncertain = {}       # the one request under way when all ended: key -> what it may be as well
        self.answered = 0

    def work(self):
        while True:
            key = f"box/w{self.number}/k{self.random.randrange(12)}"
            self.step(key)
            self.answered += 1

    def step(self, key):
        present = self.certain.get(key)
        kind = self.random.choice(["put", "put", "blocks", "append", "delete", "metadata", "copy"])
        content = self.random.randbytes(self.random.choice(SIZES))
        mark = str(self.random.randrange(1 << 40))
        if kind == "put" or (present is None and kind != "blocks"):
            self.expect(201, key, (content, mark), "PUT", key, {},
                        {"x-ms-blob-type": "BlockBlob", "x-ms-meta-mark": mark}, content)
        elif kind == "blocks":
            self.commit(key, [self.random.randbytes(self.random.choice(SIZES[1:])) for _ in range(3)], b"", mark)
        elif kind == "append":
            self.commit(key, [content or b"x"], present[0], mark)
        elif kind == "delete":
            self.expect(202, key, None, "DELETE", key)
        elif kind == "metadata":
            self.expect(200, key, (present[0], mark), "PUT", key, {"comp": "metadata"}, {"x-ms-meta-mark": mark})
        else:
            source = self.random.choice([k for k, v in self.certain.items() if v is not None])
            url = f"http://127.0.0.1:{self.client.connection.port}{self.client.base}/{source}"
            self.expect(202, key, (self.certain[source][0], mark), "PUT", key, {},
                        {"x-ms-copy-source": url, "x-ms-meta-mark": mark})

    def commit(self, key, parts, before, mark):
        """Stages `before` (again, as one block) and the parts, then commits; staging changes nothing that is seen."""
        entries, names = [], []
        for number, part in enumerate(([before] if before else []) + parts):
            block = base64.b64encode(f"{number:08}".encode()).decode()
            answer = self.client.request("PUT", key, {"comp": "block", "blockid": block}, {}, part)
            assert answer.status == 201, answer
            entries.append(f"<Uncommitted>{block}</Uncommitted>")
            names.append(f"<Name>{block}</Name><Size>{len(part)}</Size>".encode())
        listed = self.client.request("GET", key, {"comp": "blocklist", "blocklisttype": "uncommitted"})
        # Blocks of a commit that a crash cut short may be there, too.
        assert listed.status == 200 and all(name in listed.body for name in names), (listed, listed.body)
        document = f"<BlockList>{''.join(entries)}</BlockList>".encode()
        self.expect(201, key, (before + b"".join(parts), mark), "PUT", key, {"comp": "blocklist"},
                    {"x-ms-meta-mark": mark}, document)

    def expect(self, status, key, value, *request):
        self.uncertain = {key: value}
        answer = self.client.request(*request)
        assert answer.status == status, (answer, answer.body, request[:3])
        self.certain[key] = value
        self.uncertain = {}


class PastWriter(Writer):
    """Append and page blobs, snapshots, and what is deleted and brought back."""
    PAGES = 32

    def step(self, key):
        kind = self.random.choice(["append", "page", "snapshot", "drop_snapshots", "delete_and_undelete"])
        getattr(self, kind)(f"box/w{self.number}/{'pages' if kind.endswith(('page', 'snapshot', 'snapshots')) else kind}")

    def append(self, key):
        present = self.certain.get(key)
        if present is None or len(present[0]) > 1 << 20:
            self.expect(201, key, (b"", None), "PUT", key, {}, {"x-ms-blob-type": "AppendBlob"})
            return
        block = self.random.randbytes(self.random.choice(SIZES[1:]))
        self.expect(201, key, (present[0] + block, None), "PUT", key, {"comp": "appendblock"}, {}, block)

    def page(self, key):
        present = self.certain.get(key)
        if present is None:
            size = self.PAGES * 512
            self.expect(201, key, (bytes(size), None), "PUT", key, {},
                        {"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": str(size)})
            return
        first = self.random.randrange(self.PAGES)
        length = self.random.randint(1, self.PAGES - first) * 512
        clears = self.random.random() < 0.3
        written = bytes(length) if clears else self.random.randbytes(length)
        content = present[0][:first * 512] + written + present[0][first * 512 + length:]
        self.expect(201, key, (content, None), "PUT", key, {"comp": "page"},
                    {"x-ms-page-write": "clear" if clears else "update",
                     "x-ms-range": f"bytes={first * 512}-{first * 512 + length - 1}"}, b"" if clears else written)

    def snapshot(self, key):
        if self.certain.get(key) is not None:
            answer = self.client.request("PUT", key, {"comp": "snapshot"})
            assert answer.status == 201, answer
            self.certain[f"{key}@{answer.headers['x-ms-snapshot']}"] = self.certain[key]

    def drop_snapshots(self, key):
        if self.certain.get(key) is None or self.random.random() < 0.7:
            return
        taken = [name for name in self.certain if name.startswith(key + "@")]
        self.uncertain = dict.fromkeys(taken)
        answer = self.client.request("DELETE", key, {}, {"x-ms-delete-snapshots": "only"})
        assert answer.status == 202, answer
        self.certain |= self.uncertain
        self.uncertain = {}

    def delete_and_undelete(self, key):
        """What the last deletion took is remembered beside the keys, below a name that is none."""
        present, taken = self.certain.get(key), self.certain.get(f"taken:{key}")
        if present is not None and self.random.random() < 0.5:
            self.certain[f"taken:{key}"] = present
            self.expect(202, key, None, "DELETE", key, {}, {"x-ms-delete-snapshots": "include"})
        elif present is None and taken is not None:
            self.expect(200, key, taken, "PUT", key, {"comp": "undelete"})
        else:
            content, mark = self.random.randbytes(self.random.choice(SIZES)), str(self.random.randrange(1 << 40))
            self.expect(201, key, (content, mark), "PUT", key, {},
                        {"x-ms-blob-type": "BlockBlob", "x-ms-meta-mark": mark}, content)


class CrashTest(unittest.TestCase):
    def setUp(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)
        self.data = self.world.directory / "data"
        self.world.emulator_options = ["--data", str(self.data)]

    def client(self, record):
        client = BlobClient(record)
        self.addCleanup(client.close)
        return client

    def found(self, client, key):
        key, _, snapshot = key.partition("@")
        answer = client.request("GET", key, {"snapshot": snapshot} if snapshot else {})
        self.assertIn(answer.status, (200, 404), (answer, key))
        return (answer.body, answer.headers["x-ms-meta-mark"]) if answer.status == 200 else None

    def test_what_was_answered_stays(self):
        self.crash(Writer, lambda client: None)

    def test_what_blobs_were_before_stays(self):
        """Deleted blobs are kept, but the container goes with all of them at the end."""
        def keep_deleted(client):
            policy = "<DeleteRetentionPolicy><Enabled>true</Enabled><Days>3</Days></DeleteRetentionPolicy>"
            answer = client.request("PUT", "", {"restype": "service", "comp": "properties"}, {},
                                    f"<StorageServiceProperties>{policy}</StorageServiceProperties>".encode())
            self.assertEqual(answer.status, 202)
        self.crash(PastWriter, keep_deleted)

    def crash(self, writer_kind, prepare):
        certain = [{} for _ in range(4)]
        chance = random.Random(SEED)
        answered = 0
        record = self.world.start_emulator()
        client = self.client(record)
        self.assertEqual(client.request("PUT", "box", {"restype": "container"}).status, 201)
        prepare(client)
        for round_number in range(ROUNDS):
            with self.subTest(seed=SEED, round=round_number):
                writers = [writer_kind(n, record, certain[n]) for n in range(len(certain))]
                for writer in writers:
                    writer.start()
                time.sleep(chance.uniform(0.1, 0.8))
                self.world.stop_emulator(signal.SIGKILL)
                for writer in writers:
                    writer.join(30)
                    self.assertIsNone(writer.failure, repr(writer.failure))
                answered += sum(writer.answered for writer in writers)
                record = self.world.start_emulator()
                client = self.client(record)
                for writer in writers:
                    self.check(client, writer)
        self.check_nothing_is_left_over(record)
        self.assertGreater(answered, 20 * ROUNDS)
        print(f"seed {SEED}: {answered} steps answered in {ROUNDS} rounds, all there")

    def check(self, client, writer):
        for key in writer.certain.keys() | writer.uncertain.keys():
            if key.startswith("taken:"):
                continue
            value = self.found(client, key)
            allowed = [writer.certain.get(key)]
            if key in writer.uncertain:
                allowed.append(writer.uncertain[key])
            self.assertTrue(value in allowed, f"seed {SEED}: {key} is neither what was answered nor what was asked")
            writer.certain[key] = value

    def check_nothing_is_left_over(self, record):
        """With the container gone, a restart leaves no content file behind."""
        self.assertEqual(self.client(record).request("DELETE", "box", {"restype": "container"}).status, 202)
        self.world.stop_emulator()
        self.world.start_emulator()
        self.assertEqual(list((self.data / "contents").iterdir()), [])

    def test_a_second_emulator_is_refused_the_directory(self):
        self.world.start_emulator()
        second = self.world.aloft("emulator", "--data", self.data, program="aloft-main", check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn(f"{self.data} is in use by another emulator", second.stderr)


if __name__ == "__main__":
    harness.main()
