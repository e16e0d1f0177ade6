# SPDX-License-Identifier: Apache-2.0
"""What end-to-end tests share: a World with its own emulator, home and runtime directories.

    class CopyTest(harness.WorldTest):
        def test_a_file_comes_back(self):
            self.world.aloft("mkdir", f"{self.world.uri}/box")

Every call is bounded in time; a World ends only what it started, by pid.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ.get("ALOFT_BUILD_DIR", pathlib.Path(__file__).parents[2] / "build/release"))
ACCOUNT = "devstoreaccount1"
# Azure's published development key: public by design.
WELL_KNOWN_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def processes_with(variable):
    """Pids of other processes that have "NAME=VALUE" in their environment."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if variable.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def write_accounts(directory, record):
    """Configures the storage account, and the Batch account if there is one, of a record (see --ready-file) in a
    configuration directory (XDG_CONFIG_HOME)."""
    path = pathlib.Path(directory) / "aloft/accounts.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    name, key = record["account"], f"key = \"{record['key']}\"\n"
    text = f"[account.{name}]\nendpoint = \"{record['blob_endpoint']}\"\n{key}"
    if "batch_endpoint" in record:
        text = f"default_batch = \"{name}\"\n{text}[batch.{name}]\nendpoint = \"{record['batch_endpoint']}\"\n{key}"
    path.write_text(text)


def make_certificate(directory):
    """A certificate for 127.0.0.1 and its key, as two files; who trusts it has the first as SSL_CERT_FILE."""
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=aloft test", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=30)
    return certificate, key


class World:
    """A temporary directory as home, configuration, runtime and local directory, and maybe an emulator in it."""

    def __init__(self, emulator=True, emulator_options=("--in-memory",)):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="aloft-world-"))
        # Ordinary users that a test makes must reach their own directories below.
        self.directory.chmod(0o711)
        for name in ("home", "run", "local"):
            (self.directory / name).mkdir(mode=0o700)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "ALOFT_", "XDG_", "SLURM_"))}
        self.environment = kept | {
            "HOME": str(self.directory / "home"),
            "XDG_CONFIG_HOME": str(self.directory / "home/.config"),
            "XDG_RUNTIME_DIR": str(self.directory / "run"),
            "ALOFT_LOCAL_DIR": str(self.directory / "local"),
            "PATH": f"{BUILD}:{os.environ['PATH']}",
        }
        self.uri = f"az://{ACCOUNT}"
        self.emulator = None
        self.emulator_options = list(emulator_options)
        if emulator:
            self.start_emulator()

    def start_emulator(self, *options):
        """Starts it and waits until it listens; self.endpoint is its record (see --ready-file)."""
        ready = self.directory / "ready.json"
        ready.unlink(missing_ok=True)
        with (self.directory / "emulator.log").open("ab") as log:
            self.emulator = subprocess.Popen(
                [str(BUILD / "aloft-main"), "emulator", *self.emulator_options, *options, "--ready-file", str(ready)],
                env=self.environment, stdout=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + 20
        while not ready.exists():
            if self.emulator.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the emulator did not start: " + self.emulator_log())
            time.sleep(0.02)
        self.endpoint = json.loads(ready.read_text())
        return self.endpoint

    def emulator_log(self):
        log = self.directory / "emulator.log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    def stop_emulator(self, with_signal=signal.SIGTERM):
        if self.emulator and self.emulator.poll() is None:
            self.emulator.send_signal(with_signal)
            try:
                self.emulator.wait(10)
            except subprocess.TimeoutExpired:
                self.emulator.kill()
                self.emulator.wait()
        self.emulator = None

    def aloft(self, *arguments, check=True, timeout=60, input=None, cwd=None, env=None, program="aloft", text=True):
        """Runs aloft; with check, fails the test with both outputs unless it exits 0."""
        done = subprocess.run([str(BUILD / program), *map(str, arguments)], env=self.environment | (env or {}),
                              capture_output=True, text=text, timeout=timeout, input=input, cwd=cwd or self.directory)
        if check and done.returncode != 0:
            raise AssertionError(f"aloft {' '.join(map(str, arguments))} exited {done.returncode}\n"
                                 f"stdout: {done.stdout[-2000:]}\nstderr: {done.stderr[-2000:]}")
        return done

    def processes(self):
        """Pids of this world's processes: those whose environment names its local directory."""
        return processes_with(f"ALOFT_LOCAL_DIR={self.directory}/local")

    def close(self):
        self.stop_emulator()
        for with_signal in (signal.SIGTERM, signal.SIGKILL):
            pids = self.processes()
            for pid in pids:
                try:
                    os.kill(pid, with_signal)
                except ProcessLookupError:
                    pass
            deadline = time.monotonic() + 3
            while self.processes() and time.monotonic() < deadline:
                time.sleep(0.02)
        shutil.rmtree(self.directory, ignore_errors=True)


class WorldTest(unittest.TestCase):
    """One World per class; tests use containers of their own."""
    world_options = {}

    @classmethod
    def setUpClass(cls):
        cls.world = World(**cls.world_options)
        cls.addClassCleanup(cls.world.close)


def wait_until(condition, seconds=20, what="the condition"):
    """Polls until condition() is true and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not hold within {seconds} s")
        time.sleep(0.02)


def main():
    unittest.main(verbosity=2)
