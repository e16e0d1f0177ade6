# SPDX-License-Identifier: Apache-2.0
"""What the tests of aloft run and aloft mount share: aloft as root and as an ordinary user on one emulator."""
import base64
import email.utils
import hashlib
import hmac
import os
import pathlib
import shutil
import subprocess
import urllib.request

import harness

# No account of the machine: a private mount needs none.
ORDINARY_UID = 12345


class Person:
    """Somebody with a home, a daemon and a configuration of their own: root, or an ordinary user."""

    def __init__(self, world, uid, fuse_device=None):
        self.uid = uid
        self.world = harness.World(emulator=False)
        if world.emulator:
            account = world.endpoint
            self.world.environment["AZURE_STORAGE_CONNECTION_STRING"] = (
                f"AccountName={account['account']};AccountKey={account['key']};"
                f"BlobEndpoint={account['blob_endpoint']}")
        self.home = self.world.directory / "home"
        # The build tree may lie where an ordinary user cannot look.
        self.programs = self.world.directory / "bin"
        self.programs.mkdir(mode=0o755)
        for name in ("aloft", "aloft-main"):
            shutil.copy2(harness.BUILD / name, self.programs / name)
        self.environment = self.world.environment
        self.environment["PATH"] = f"{self.programs}:/usr/local/bin:/usr/bin:/bin"
        self.environment["LANG"] = "C.UTF-8"
        if fuse_device:
            self.environment["ALOFT_FUSE_DEVICE"] = str(fuse_device)
        for name in ("home", "run", "local"):
            os.chown(self.world.directory / name, uid, uid)

    def popen(self, *command, cwd=None, env=None, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                   "text": True} | options
        return subprocess.Popen([str(word) for word in command], user=self.uid, group=self.uid, extra_groups=[],
                                cwd=cwd or self.home, env=self.environment | (env or {}), umask=0o022, **options)

    def call(self, *command, timeout=60, input=None, **options):
        process = self.popen(*command, stdin=subprocess.PIPE, **options)
        try:
            out, err = process.communicate(input, timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{command} did not end within {timeout} s\n{out}\n{err}") from None
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def run(self, *words, **options):
        """aloft run WORDS"""
        return self.call(self.programs / "aloft", "run", *words, **options)

    def sh(self, script, *arguments, **options):
        """The script in sh below aloft run; fails the test unless it exits 0; returns what it printed."""
        done = self.run("sh", "-euc", script, "sh", *arguments, **options)
        if done.returncode != 0:
            raise AssertionError(f"{script}\nexited {done.returncode}\nstdout: {done.stdout}\nstderr: {done.stderr}\n"
                                 f"daemon: {self.daemon_log()}")
        return done.stdout

    def daemon_log(self):
        log = self.world.directory / "local/daemon.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""

    def daemon_pid(self):
        """Of the running daemon, or None."""
        done = self.call(self.programs / "aloft-main", "daemon", "--status")
        if done.returncode != 0:
            return None
        return int(done.stdout.split("pid ")[1].split(",")[0])

    def mounts(self):
        done = self.call(self.programs / "aloft-main", "daemon", "--status")
        return [line for line in done.stdout.splitlines() if line.startswith("mount ")]

    def close(self):
        self.world.close()


def fuse_device(directory):
    """A /dev/fuse that everybody may open, for machines whose own is closed."""
    path = pathlib.Path(directory) / "fuse"
    os.mknod(path, 0o666 | 0o020000, os.makedev(10, 229))
    path.chmod(0o666)
    return path


def make_container(account, name):
    """By the service's own protocol, so that these tests need no other command of aloft."""
    date, version = email.utils.formatdate(usegmt=True), "2021-12-02"
    who = account["account"]
    text = (f"PUT{chr(10) * 12}x-ms-date:{date}\nx-ms-version:{version}\n/{who}/{who}/{name}\nrestype:container")
    signature = hmac.new(base64.b64decode(account["key"]), text.encode(), hashlib.sha256).digest()
    request = urllib.request.Request(
        f"{account['blob_endpoint']}/{name}?restype=container", method="PUT",
        headers={"x-ms-date": date, "x-ms-version": version,
                 "Authorization": f"SharedKey {who}:{base64.b64encode(signature).decode()}"})
    urllib.request.urlopen(request, timeout=20).close()


def is_root():
    return os.geteuid() == 0


class EnteringTest(harness.WorldTest):
    """A World with an emulator, `root` and `user` on it, and one container for each test class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = Person(cls.world, 0)
        cls.addClassCleanup(cls.root.close)
        cls.device = fuse_device(cls.world.directory)
        cls.user = Person(cls.world, ORDINARY_UID, cls.device)
        cls.addClassCleanup(cls.user.close)
        cls.box = cls.__name__.lower()
        make_container(cls.world.endpoint, cls.box)
        cls.uri = f"{cls.world.uri}/{cls.box}"
        cls.path = f"/aloft/az/{harness.ACCOUNT}/{cls.box}"
