# SPDX-License-Identifier: Apache-2.0
"""aloft cp, ls, cat, rm, mkdir, stat and verify against the emulator, and beside a client that is not ours."""
import fcntl
import hashlib
import json
import os
import pathlib
import pty
import random
import re
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import termios
import time
import unittest

import harness
from blob_client import BlobClient

SEED = 20261121


def walk(root):
    """Path below root to what is there; by Python's own calls."""
    found = {}
    for directory, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, root)] = describe(path)
    found["."] = describe(root)
    return found


def describe(path):
    status = os.lstat(path)
    shared = (stat.S_IFMT(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns)
    if stat.S_ISLNK(status.st_mode):
        return shared + (os.readlink(path),)
    if stat.S_ISDIR(status.st_mode):
        return shared + (stat.S_IMODE(status.st_mode),)
    digest = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
    return shared + (stat.S_IMODE(status.st_mode), status.st_size, digest)


def make_tree(root):
    """About 500 entries with odd names, modes, owners, times and links."""
    chance = random.Random(SEED)
    directories = [root]
    for i in range(40):
        directory = os.path.join(chance.choice(directories), f"dir{i} ü")
        os.mkdir(directory)
        directories.append(directory)
    for i in range(420):
        name = chance.choice([f"f{i}", f"name {i}.txt", f"ends{i}.", f"per%2E{i}", f"back\\{i}", f".hidden{i}"])
        size = chance.choice([0, 1, 100, 5000, 70000])
        path = os.path.join(chance.choice(directories), name)
        pathlib.Path(path).write_bytes(chance.randbytes(size))
    pathlib.Path(root, "large").write_bytes(chance.randbytes(20_000_001))
    for i in range(30):
        target = chance.choice(["missing", "../dangling", "/etc/hostname", "large", "dir0 ü"])
        os.symlink(target, os.path.join(chance.choice(directories), f"link{i}"))
    as_root = os.geteuid() == 0
    for directory, names, files in os.walk(root, topdown=False):
        for name in names + files + ["."]:
            path = os.path.join(directory, name)
            if as_root and chance.random() < 0.3:
                os.lchown(path, chance.randrange(100, 60000), chance.randrange(100, 60000))
            if not os.path.islink(path):
                os.chmod(path, chance.choice([0o644, 0o640, 0o600, 0o755, 0o444]) | (0o700 if os.path.isdir(path) else 0))
            moment = chance.randrange(0, 2 * 10**18)
            os.utime(path, ns=(moment, moment), follow_symlinks=False)


class Terminal:
    """A terminal of its own for one command; what was written to it can be read to the command's end."""

    def __init__(self, columns):
        self.ours, self.its = pty.openpty()
        fcntl.ioctl(self.its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.shown = b""

    def streams(self):
        """For the Popen of the command."""
        return {"stdin": self.its, "stdout": self.its, "stderr": self.its}

    def read_until(self, text, seconds=60):
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            readable, _, _ = select.select([self.ours], [], [], max(0, deadline - time.monotonic()))
            if not readable:
                raise AssertionError(f"{text} did not show within {seconds} s: {self.shown}")
            self.shown += os.read(self.ours, 65536)

    def read_all(self):
        os.close(self.its)
        try:
            self.read_until(b"what is never written")
        except OSError:  # So a terminal that nobody holds any more ends on Linux.
            os.close(self.ours)
        return self.shown.decode()


class CopiesTest(harness.WorldTest):
    """A container and a directory for each test."""

    def setUp(self):
        self.box = f"{self.world.uri}/{re.sub('[^a-z0-9]+', '-', self.id().rsplit('.', 1)[1]).strip('-')[:60]}"
        self.here = pathlib.Path(self.world.directory, self.id())
        self.here.mkdir()
        self.addCleanup(shutil.rmtree, self.here)
        self.aloft("mkdir", self.box)

    def aloft(self, *arguments, **options):
        return self.world.aloft(*arguments, program="aloft-main", **options)

    def expect_failure(self, code, words, *arguments, **options):
        done = self.aloft(*arguments, check=False, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, words)
        return done


class Copies(CopiesTest):
    # ---- Copies

    def test_a_tree_comes_back_as_it_was(self):
        tree = self.here / "tree"
        tree.mkdir()
        make_tree(tree)
        before = walk(tree)
        report = json.loads(self.aloft("cp", "-r", tree, f"{self.box}/kept", "--json", timeout=120).stdout.splitlines()[-1])
        self.assertEqual(report["failures"], [])
        self.assertEqual(report["symlinks"], 30)
        self.aloft("verify", tree, f"{self.box}/kept", timeout=120)
        self.aloft("verify", "--read", tree, f"{self.box}/kept", timeout=120)
        self.aloft("cp", "-r", "--trust-modes", f"{self.box}/kept", self.here / "back", timeout=120)
        self.assertEqual(walk(self.here / "back"), before, f"seed {SEED}")
        self.aloft("cp", "-r", f"{self.box}/kept", f"{self.box}/second", timeout=120)
        self.aloft("verify", f"{self.box}/kept", f"{self.box}/second", timeout=120)
        self.assertEqual(walk(tree), before, "the source stays as it was")

    def test_names_of_one_file_and_holes_come_back(self):
        tree = self.here / "tree"
        (tree / "below").mkdir(parents=True)
        for name, size in (("small", 100), ("large", 20_000_000)):
            with (tree / name).open("wb") as file:
                file.truncate(size)
                file.write(b"begins")
            os.link(tree / name, tree / "below" / name)
        report = json.loads(self.aloft("cp", "-r", tree, f"{self.box}/kept", "--json").stdout.splitlines()[-1])
        self.assertEqual((report["files"], report["hard_linked"], report["failures"]), (4, 2, []))
        self.aloft("cp", "-r", f"{self.box}/kept", f"{self.box}/second")
        self.aloft("rm", "-r", f"{self.box}/kept")
        self.aloft("cp", "-r", f"{self.box}/second", self.here / "back")
        self.aloft("verify", "--read", tree, self.here / "back")
        for name in ("small", "large"):
            self.assertTrue(os.path.samefile(self.here / "back" / name, self.here / "back/below" / name))
        self.assertLess((self.here / "back/large").stat().st_blocks * 512, 100_000)
        self.assertNotIn("links", self.aloft("ls", "-R", self.box).stdout, "its record is hidden")

    def test_an_interrupted_copy_leaves_nothing_half_written(self):
        large = self.here / "large"
        with large.open("wb") as file:
            file.truncate(300_000_000)
        self.aloft("cp", large, f"{self.box}/large", timeout=120)
        target = self.here / "target"
        target.mkdir()
        copy = subprocess.Popen([str(harness.BUILD / "aloft-main"), "cp", "-j", "1", f"{self.box}/large", str(target)],
                                env=self.world.environment, stderr=subprocess.PIPE, text=True)
        self.addCleanup(copy.stderr.close)
        io = pathlib.Path(f"/proc/{copy.pid}/io")
        try:
            harness.wait_until(lambda: copy.poll() is not None or
                               int(re.search(r"wchar: (\d+)", io.read_text())[1]) > 10_000_000, what="the copy's begin")
        finally:
            copy.send_signal(signal.SIGINT)
        started = time.monotonic()
        code = copy.wait(20)
        self.assertLess(time.monotonic() - started, 10)
        if code == 0:
            self.skipTest("the copy was faster than its interruption")
        self.assertEqual(code, 130, copy.stderr.read())
        self.assertFalse((target / "large").exists())
        # What was fetched waits under a hidden name for the same copy.
        self.assertRegex(" ".join(os.listdir(target)), r"^\.aloft-[0-9a-f]{16}\.part$")
        self.aloft("cp", f"{self.box}/large", target, timeout=120)
        self.assertEqual(os.listdir(target), ["large"])
        self.aloft("verify", "--contents-only", f"{self.box}/large", target / "large", timeout=120)

    # ---- Comparison

    def test_verify_names_each_difference(self):
        for name in ("a", "b"):
            (self.here / name).mkdir()
            for file in ("same", "mode", "content", "size", "time"):
                (self.here / name / file).write_text("12345")
                os.utime(self.here / name / file, ns=(10**18, 10**18))
            os.symlink(name, self.here / name / "link")
            os.utime(self.here / name / "link", ns=(10**18, 10**18), follow_symlinks=False)
        (self.here / "a/content").write_text("12x45")
        os.utime(self.here / "a/content", ns=(10**18, 10**18))
        (self.here / "a/size").write_text("123456")
        os.utime(self.here / "a/size", ns=(10**18, 10**18))
        os.chmod(self.here / "a/mode", 0o600)
        os.utime(self.here / "a/time", ns=(10**18, 10**18 + 1))
        (self.here / "a/only-a").write_text("")
        (self.here / "b/only-b").write_text("")
        for name in ("a", "b"):
            os.utime(self.here / name, ns=(10**18, 10**18))
        self.aloft("cp", "-r", self.here / "b", f"{self.box}/b")
        done = self.aloft("verify", self.here / "a", f"{self.box}/b", check=False)
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertEqual([line.split(":")[0] for line in lines],
                         ["content", "link", "mode", "only-a", "only-b", "size", "time"], done.stdout)
        self.assertIn("from byte 2 on", lines[0])
        self.assertIn("7 differences", done.stderr)
        report = json.loads(self.aloft("verify", self.here / "a", f"{self.box}/b", "--json", check=False).stdout.splitlines()[-1])
        self.assertFalse(report["equal"])
        self.assertEqual(len(report["differences"]), 7)

    # ---- The other commands

    def test_listing_printing_and_removing(self):
        tree = self.here / "tree"
        (tree / "sub").mkdir(parents=True)
        (tree / "f").write_text("content of f\n")
        (tree / "sub/g").write_text("g")
        os.symlink("f", tree / "link")
        os.chmod(tree / "f", 0o640)
        self.aloft("cp", "-r", tree, self.box)
        self.assertIn(self.box.rsplit("/", 1)[1], self.aloft("ls", self.world.uri).stdout.split())
        self.assertEqual(self.aloft("ls", f"{self.box}/tree").stdout, "f\nlink\nsub\n")
        self.assertEqual(self.aloft("ls", "-R", self.box).stdout.split(),
                         ["tree", "tree/f", "tree/link", "tree/sub", "tree/sub/g"])
        long = self.aloft("ls", "-l", f"{self.box}/tree").stdout.splitlines()
        self.assertRegex(long[0], r"^-rw-r----- +\d+ +\d+ +13 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d f$")
        self.assertRegex(long[1], r"^lrwxrwxrwx .* link -> f$")
        entries = json.loads(self.aloft("ls", "--json", f"{self.box}/tree").stdout)["entries"]
        self.assertEqual([entry["kind"] for entry in entries], ["file", "symbolic link", "directory"])
        self.assertEqual(self.aloft("cat", f"{self.box}/tree/f", f"{self.box}/tree/link").stdout, "content of f\n" * 2)
        facts = json.loads(self.aloft("stat", "--json", f"{self.box}/tree/f").stdout)["entries"][0]
        self.assertEqual((facts["mode"], facts["size"], facts["object"]["key"]), ("0640", 13, "tree/f"))
        self.aloft("mkdir", "-p", f"{self.box}/new/deep")
        self.expect_failure(1, "is there already", "mkdir", f"{self.box}/new")
        self.expect_failure(1, "is a directory; remove it .* by -r", "rm", f"{self.box}/tree")
        self.aloft("rm", f"{self.box}/tree/f")
        self.aloft("rm", "-r", f"{self.box}/tree")
        self.assertEqual(self.aloft("ls", "-R", self.box).stdout.split(), ["new", "new/deep"])
        self.expect_failure(2, "rm --container", "rm", "-r", self.box)
        self.expect_failure(2, "none does not exist\n(.|\n)*rm --container", "rm", f"{self.box}/none", self.box)
        self.aloft("rm", "--container", self.box)
        self.expect_failure(1, "aloft mkdir", "ls", self.box)

    def test_a_link_that_cannot_be_read_does_not_end_a_listing(self):
        client = BlobClient(self.world.endpoint)
        self.addCleanup(client.close)
        headers = {"x-ms-blob-type": "BlockBlob", "x-ms-meta-is_symlink": "true"}
        container = self.box.rsplit("/", 1)[1]
        self.assertEqual(client.request("PUT", f"{container}/bad", headers=headers, body=b"x" * 5000).status, 201)
        self.assertEqual(client.request("PUT", f"{container}/good", headers=headers, body=b"target").status, 201)
        for options in (["-l"], ["-l", "-R"]):
            done = self.expect_failure(1, f"{self.box}/bad holds more than a target can be", "ls", *options, self.box)
            self.assertRegex(done.stdout, r"^l.* bad\nl.* good -> target\n$")
        done = self.expect_failure(1, "more than a target", "ls", "--json", self.box)
        entries = json.loads(done.stdout)["entries"]
        self.assertEqual([entry.get("target") for entry in entries], [None, "target"])
        self.expect_failure(1, "more than a target", "ls", "-l", f"{self.box}/bad")

    def test_a_closed_pipe_is_quiet(self):
        (self.here / "f").write_bytes(b"line\n" * 4_000_000)
        self.aloft("cp", self.here / "f", self.box)
        aloft = harness.BUILD / "aloft-main"
        done = subprocess.run(["bash", "-c", f"'{aloft}' cat '{self.box}/f' | head -1"], env=self.world.environment,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stdout, done.stderr), ("line\n", ""))

    def test_progress_shows_on_a_terminal_alone(self):
        (self.here / "f").write_bytes(b"x" * 5_000_000)

        def copy(name, *options, **streams):
            words = [harness.BUILD / "aloft-main", "cp", *options, self.here / "f", f"{self.box}/{name}"]
            process = subprocess.Popen(words, env=self.world.environment, **streams)
            self.addCleanup(process.wait)
            return process

        self.world.emulator.send_signal(signal.SIGSTOP)  # So that the copies take their time.
        try:
            piped = copy("1", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            quiet = Terminal(80)
            copy("2", "--quiet", **quiet.streams())
            terminal = Terminal(80)
            copy("3", **terminal.streams())
            terminal.read_until(b"%")
        finally:
            self.world.emulator.send_signal(signal.SIGCONT)
        shown = terminal.read_all()
        bars = [line for line in re.split(r"[\r\n]+", shown) if "%" in line]
        for bar in bars:
            self.assertRegex(bar, r"^ *\d+%.*\[=* *\]\x1b\[K$")
            self.assertLess(len(bar.removesuffix("\x1b[K")), 80)
        self.assertRegex(shown, r"\r\x1b\[Kcopied 1 file", "the bar makes way for the summary")
        self.assertEqual(quiet.read_all(), "")
        out, err = piped.communicate(timeout=60)
        self.assertEqual(out, "")
        self.assertRegex(err, r"^copied 1 file, [^%\r\x1b]*\n$")

    def test_help_fits_eighty_columns(self):
        commands = re.findall(r"^  ([a-z]+) ", self.aloft("--help").stdout.split("Commands:")[1], re.M)
        self.assertIn("verify", commands)
        for command in [[]] + [[command] for command in commands if command not in ("run", "shell")]:
            for line in self.aloft(*command, "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 80, f"{command}: {line}")
        self.assertIn("Usage: aloft submit [OPTIONS] FILE [ARGS...]", self.aloft("submit", "--help").stdout)

    # ---- Bad input

    def test_wrong_usage_is_2_and_says_what_to_do(self):
        self.expect_failure(2, "did you mean 'verify'", "verfy", "a", "b")
        self.expect_failure(2, "no option '--bogus'", "--bogus")
        self.expect_failure(2, "did you mean '--recursive'", "cp", "--recusive", "a", self.box)
        self.expect_failure(2, "az://ACCOUNT", "cp", "/etc/hostname", "az://")
        self.expect_failure(2, "az:", "ls", "az://UPPER/case")
        self.expect_failure(2, "name a container", "cp", "/etc/hostname", self.world.uri)
        self.expect_failure(2, "use cp", "cp", "/etc/hostname", self.here / "x")
        self.expect_failure(2, "use rm", "rm", self.here)
        self.expect_failure(2, "needs a destination", "cp", "/etc/hostname")
        self.expect_failure(2, "az://ACCOUNT/CONTAINER/PATH", "ls", "https://lab.blob.core.windows.net/box")
        self.expect_failure(2, "the option --parallel needs a value", "cp", "-j")
        self.expect_failure(2, "'--json' belongs behind the command: aloft ls --json", "--json", "ls")
        self.expect_failure(2, "not in range 0 to 65535", "emulator", "--blob-port", "99999")
        self.expect_failure(2, "not in range 0 to 86400", "submit", "--grace", "soon", "job.sh")
        self.expect_failure(2, "--memory: 'lots' is not a size", "cp", "--memory", "lots", "/etc/hostname", self.box)
        self.expect_failure(2, "--memory", "cp", "--memory", "1M", "/etc/hostname", self.box)

    def test_what_is_missing_is_named(self):
        self.expect_failure(1, f"{self.box}-none.*aloft mkdir", "cp", "/etc/hostname", f"{self.box}-none/x")
        self.expect_failure(1, "a/b does not exist; -p makes", "mkdir", f"{self.box}/a/b/c")
        self.expect_failure(1, "no/such", "cp", self.here / "no/such", self.box)
        self.expect_failure(1, f"{self.box}/nothing does not exist", "cat", f"{self.box}/nothing")
        self.expect_failure(1, "no-such-directory", "cp", f"{self.box}/nothing", self.here / "no-such-directory/x")
        self.expect_failure(1, "otheraccount", "ls", "az://otheraccount/box")
        error = json.loads(self.expect_failure(1, "aloft", "cp", "--json", "/etc/hostname", f"{self.box}-none/x").stdout.splitlines()[-1])
        self.assertEqual(error["error"]["code"], "not_found")

    def test_a_wrong_key_is_named(self):
        environment = {"AZURE_STORAGE_CONNECTION_STRING":
                       f"AccountName=devstoreaccount1;AccountKey=d3Jvbmc=;BlobEndpoint={self.world.endpoint['blob_endpoint']}"}
        for words in (("ls", self.box), ("cp", "/etc/hostname", f"{self.box}/x")):
            self.expect_failure(1, f"{self.box}.*the account key or SAS is refused", *words, env=environment)
        self.assertEqual(self.aloft("ls", self.box).stdout, "")

    def test_a_destination_of_another_type_stays(self):
        tree = self.here / "tree"
        tree.mkdir()
        (tree / "f").write_text("x")
        file = self.here / "file"
        file.write_text("old")
        self.aloft("cp", file, f"{self.box}/file")
        self.aloft("cp", "-r", tree, self.box)
        self.expect_failure(1, f"cannot replace {self.box}/file, a file", "cp", "-r", tree, f"{self.box}/file")
        self.expect_failure(1, f"{self.box}/file is not a directory", "cp", file, f"{self.box}/file/x")
        self.expect_failure(1, f"{self.box}/tree", "cp", "-T", file, f"{self.box}/tree")
        self.expect_failure(1, f"cannot replace {file}, a file", "cp", "-r", f"{self.box}/tree", file)
        self.expect_failure(1, f"cannot replace the directory {tree}", "cp", "-T", f"{self.box}/file", tree)
        self.assertEqual(self.aloft("ls", "-R", self.box).stdout.split(), ["file", "tree", "tree/f"])
        self.assertEqual((self.aloft("cat", f"{self.box}/file").stdout, file.read_text()), ("old", "old"))

    def test_a_full_disk_behind_standard_output_is_named(self):
        self.aloft("cp", "/etc/hostname", f"{self.box}/f")
        job = self.here / "job.sh"
        job.write_text("#!/bin/sh\n")
        for code, words in ((1, "--help"), (1, "--version"), (1, "cp --help"), (125, "run --help"), (125, "shell --help"),
                            (1, f"ls {self.box}"), (1, f"ls --json {self.box}"), (1, f"ls --json {self.box}-none"),
                            (1, f"cat {self.box}/f"), (1, f"stat {self.box}/f"), (1, f"mkdir --json {self.box}/d"),
                            (1, f"cp --json {self.box}/f {self.here}"), (1, f"verify --json {job} {self.box}/f"),
                            (1, f"rm --json {self.box}/f"), (1, "doctor"), (1, "doctor --json"), (1, f"submit {job}"),
                            (1, "status 1"), (1, "jobs"), (1, "cancel 1")):
            with self.subTest(words):
                self.expect_full(code, words)
        other = {"XDG_RUNTIME_DIR": str(self.here)}
        self.expect_full(1, "emulator --in-memory", other)
        self.assertEqual(list(self.here.glob("aloft/*.json")), [], "an emulator that ends takes its record along")

    def expect_full(self, code, words, environment={}):
        with open("/dev/full", "w") as full:
            done = subprocess.run([harness.BUILD / "aloft", *words.split()], env=self.world.environment | environment,
                                  cwd=self.here, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn("standard output: No space left on device", done.stderr)

    def test_an_emulator_that_does_not_run_is_named(self):
        world = harness.World(emulator=False)
        self.addCleanup(world.close)
        done = world.aloft("ls", f"{world.uri}/box", program="aloft-main", check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("aloft emulator", done.stderr)

    def test_nobody_listening_is_no_long_wait(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {"AZURE_STORAGE_CONNECTION_STRING":
                       f"AccountName=devstoreaccount1;AccountKey=d3Jvbmc=;BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1"}
        self.expect_failure(1, f"cannot connect to .*127.0.0.1:{port}", "ls", self.box, env=environment)

    def test_one_failure_does_not_stop_the_rest(self):
        tree = self.here / "tree"
        tree.mkdir()
        (tree / "good").write_text("good")
        os.mkfifo(tree / "pipe")
        (tree / ("n" * 250)).write_text("long, but fine")
        done = self.expect_failure(1, "pipe is a named pipe", "cp", "-r", tree, f"{self.box}/tree")
        self.assertIn("1 failure", done.stderr)
        self.assertIn("good", self.aloft("ls", f"{self.box}/tree").stdout.split())

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
    def test_an_unreadable_source_is_named(self):
        tree = self.here / "tree"
        tree.mkdir()
        (tree / "secret").write_text("x")
        (tree / "open").write_text("y")
        os.chmod(tree / "secret", 0)
        for directory in (self.here, tree, self.world.directory / "run", self.world.directory / "run/aloft"):
            os.chmod(directory, 0o755)
        environment = {"AZURE_STORAGE_CONNECTION_STRING":
                       f"AccountName=devstoreaccount1;AccountKey={self.world.endpoint['key']};"
                       f"BlobEndpoint={self.world.endpoint['blob_endpoint']}"}
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                               str(harness.BUILD / "aloft-main"), "cp", "-r", str(tree), f"{self.box}/tree"],
                              env=self.world.environment | environment | {"HOME": "/nonexistent"}, capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, "secret.*Permission denied.*permission to read it")
        self.assertEqual(self.aloft("ls", f"{self.box}/tree").stdout.split(), ["open"])


class WhereAListingFails(unittest.TestCase):
    """Wildcards whose second listing, that of the names, is refused once."""

    COMMANDS = ("rm", "cp", "mv")

    def setUp(self):
        self.world = harness.World(emulator=False)
        self.addCleanup(self.world.close)
        faults = pathlib.Path(self.world.directory, "faults.toml")
        faults.write_text("".join(f'''
            [[request]]
            service = "blob"
            method = "GET"
            target = "*/for-{command}?*comp=list*"
            after = 1
            count = 1
            status = 403
            code = "AuthorizationFailure"
            ''' for command in self.COMMANDS))
        client = BlobClient(self.world.start_emulator("--faults", str(faults)))
        self.addCleanup(client.close)
        for command in self.COMMANDS:
            client.request("PUT", f"for-{command}", query={"restype": "container"})
            for name in ("a.tmp", "other"):
                client.request("PUT", f"for-{command}/{name}", headers={"x-ms-blob-type": "BlockBlob"}, body=b"x")

    def expect_named(self, command, *arguments):
        done = self.world.aloft(command, *arguments, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"for-{command}", done.stderr)
        self.assertNotIn("does not exist", done.stderr)

    def test_its_error_is_that_of_the_argument(self):
        box = {command: f"{self.world.uri}/for-{command}" for command in self.COMMANDS}
        self.expect_named("rm", "-f", f"{box['rm']}/*.tmp", f"{box['rm']}/other")
        self.assertEqual(self.world.aloft("ls", box["rm"]).stdout, "a.tmp\n")
        here = self.world.directory / "here"
        here.mkdir()
        self.expect_named("cp", f"{box['cp']}/*.tmp", f"{box['cp']}/other", here)
        self.assertEqual(os.listdir(here), [], "where other goes depends on how many sources there are")
        self.expect_named("mv", f"{box['mv']}/*.tmp", f"{box['mv']}/other", f"{box['cp']}/new")
        self.assertEqual(self.world.aloft("ls", box["mv"]).stdout, "a.tmp\nother\n")


class BesideRclone(CopiesTest):
    """A client that is not ours. Its emulator mode knows the published key alone."""
    world_options = {"emulator_options": ("--in-memory", "--well-known-key")}

    def rclone(self, *arguments):
        if not shutil.which("rclone"):
            self.skipTest("rclone is not installed")
        environment = self.world.environment | {
            "RCLONE_CONFIG": "/dev/null", "RCLONE_AZUREBLOB_USE_EMULATOR": "true",
            "RCLONE_AZUREBLOB_ENDPOINT": self.world.endpoint["blob_endpoint"]}
        return subprocess.run(["rclone", *map(str, arguments)], env=environment, check=True, capture_output=True,
                              text=True, timeout=60)

    def test_another_client_reads_what_was_copied(self):
        tree = self.here / "tree"
        (tree / "sub").mkdir(parents=True)
        (tree / "sub/large").write_bytes(random.Random(SEED).randbytes(17_000_001))
        (tree / "small").write_text("small\n")
        self.aloft("cp", "-r", f"{tree}/.", self.box)
        container = self.box.rsplit("/", 1)[1]
        self.rclone("copy", f":azureblob:{container}", self.here / "back")
        for name in ("small", "sub/large"):
            self.assertEqual((self.here / "back" / name).read_bytes(), (tree / name).read_bytes(), name)

    def test_what_another_client_wrote_is_read(self):
        tree = self.here / "tree"
        (tree / "sub").mkdir(parents=True)
        (tree / "sub/large").write_bytes(random.Random(SEED).randbytes(9_000_001))
        (tree / "small").write_text("small\n")
        os.utime(tree / "small", ns=(10**18 + 7, 10**18 + 7))
        container = self.box.rsplit("/", 1)[1]
        self.rclone("copy", tree, f":azureblob:{container}")
        self.aloft("cp", "-r", f"{self.box}/.", self.here / "back")
        self.assertEqual((self.here / "back/sub/large").read_bytes(), (tree / "sub/large").read_bytes())
        self.assertEqual((self.here / "back/small").stat().st_mtime_ns, 10**18 + 7)
        self.aloft("verify", "--contents-only", tree, self.box)


if __name__ == "__main__":
    harness.main()
