# SPDX-License-Identifier: Apache-2.0
"""Programs by others that tests and benchmarks run unmodified: how to find them and what they must be told.

AzCopy (which needs Debian's libsecret-1-0) and Azurite come from tests/npm, rclone from Debian. They keep their files
in the directory of one World.
"""
import pathlib
import re
import shutil
import subprocess
import sys

import harness

ROOT = pathlib.Path(__file__).parents[2]
NPM = ROOT / "tests/npm/node_modules"
AZCOPY = NPM / "@azure-tools/azcopy-linux/dist/bin/azcopy_linux_amd64"


def sas(record, container, permissions="racwdl"):
    """The query of a service SAS for a container of the emulator with this record (see --ready-file)."""
    return subprocess.run([sys.executable, str(ROOT / "demo/sas.py"), record["account"], record["key"], container,
                           permissions], capture_output=True, text=True, check=True).stdout.strip()


class AzCopy:
    """AzCopy with a SAS for one container. It takes URLs of any host if it is told what kind of place they are
    (--from-to, --location), as its `azcopy copy --help` says."""

    def __init__(self, world, container):
        self.world = world
        self.sas = sas(world.endpoint, container)
        self.base = f"{world.endpoint['blob_endpoint']}/{container}"
        state = world.directory / "azcopy"
        state.mkdir(exist_ok=True)
        self.environment = world.environment | {
            "AZCOPY_LOG_LOCATION": str(state / "logs"), "AZCOPY_JOB_PLAN_LOCATION": str(state / "plans"),
            "AZCOPY_DISABLE_SYSLOG": "true"}

    @staticmethod
    def missing():
        """Why it cannot run here, or None."""
        if not AZCOPY.exists():
            return f"no AzCopy: run {ROOT}/tests/npm/install"
        # npm does not set the bit that makes it a program.
        AZCOPY.chmod(0o755)
        done = subprocess.run([str(AZCOPY), "--version"], capture_output=True, text=True, timeout=60)
        return None if done.returncode == 0 else f"AzCopy does not start: {(done.stdout + done.stderr).strip()}"

    def url(self, path=""):
        """The URL of a blob, or a prefix, with its SAS."""
        return f"{self.base}{'/' if path else ''}{path}?{self.sas}"

    def command(self, *arguments):
        return [str(AZCOPY), *map(str, arguments), "--skip-version-check", "--log-level", "ERROR"]

    def run(self, *arguments, timeout=60):
        """Returns what it prints; fails the test with that unless it exits 0."""
        done = subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True,
                              timeout=timeout)
        if done.returncode != 0:
            raise AssertionError(f"azcopy {' '.join(map(str, arguments))} exited {done.returncode}\n"
                                 f"{done.stdout[-3000:]}{done.stderr[-2000:]}")
        return done.stdout


class Rclone:
    """rclone with the remote "e:". Its emulator mode is the one way to path-style endpoints."""

    def __init__(self, world, program="rclone"):
        record = world.endpoint
        self.program = program
        self.environment = world.environment | {
            "RCLONE_CONFIG_E_TYPE": "azureblob", "RCLONE_CONFIG_E_ACCOUNT": record["account"],
            "RCLONE_CONFIG_E_KEY": record["key"], "RCLONE_CONFIG_E_ENDPOINT": record["blob_endpoint"],
            "RCLONE_CONFIG_E_USE_EMULATOR": "true"}

    @staticmethod
    def missing():
        """Why it cannot run here, or None."""
        return None if shutil.which("rclone") else "rclone is not installed"

    def version(self):
        """Such as "rclone 1.60.1"."""
        printed = subprocess.run([self.program, "version"], env=self.environment, capture_output=True, text=True)
        return printed.stdout.split("\n")[0].replace(" v", " ")

    def run(self, *arguments, timeout=60):
        """Returns what it prints; fails the test with its errors unless it exits 0."""
        done = subprocess.run([self.program, "--retries", "1", "--low-level-retries", "1", *map(str, arguments)],
                              env=self.environment, capture_output=True, text=True, timeout=timeout)
        if done.returncode != 0:
            raise AssertionError(f"rclone {' '.join(map(str, arguments))} exited {done.returncode}\n"
                                 f"{done.stderr[-3000:]}")
        return done.stdout


class Azurite:
    """A second server: Azurite, in memory, for the account that `record` describes as --ready-file does."""

    def __init__(self, directory):
        self.log = open(directory / "azurite.log", "w+")
        self.process = subprocess.Popen(
            ["node", str(NPM / "azurite/dist/src/blob/main.js"), "--blobPort", "0",
             "--inMemoryPersistence", "--disableTelemetry"], stdout=self.log, stderr=subprocess.STDOUT, cwd=directory)
        try:
            match = harness.wait_until(self.address, 60, "Azurite's start")
        except Exception:
            self.close()
            raise
        self.record = {"account": harness.ACCOUNT, "key": harness.WELL_KNOWN_KEY,
                       "blob_endpoint": f"{match}/{harness.ACCOUNT}"}

    def address(self):
        self.log.flush()
        text = pathlib.Path(self.log.name).read_text()
        match = re.search(r"listens on (http://[\d.]+:\d+)", text)
        if self.process.poll() is not None:
            raise RuntimeError("Azurite did not start: " + text)
        return match and match[1]

    def close(self):
        # It keeps nothing, so nothing is lost.
        self.process.kill()
        self.process.wait(20)
        self.log.close()
