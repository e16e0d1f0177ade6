#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""copies.py [NAME…]: aloft cp against AzCopy and rclone on one server, up and down (see bench/README.md)."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))
import harness  # noqa: E402
import judges  # noqa: E402
from rounds import MIB, Side, compare  # noqa: E402

# Memory: neither side waits for a disk, which would be all that one sees.
tempfile.tempdir = os.environ.get("ALOFT_BENCH_DIRECTORY", "/dev/shm")
MEMORY = "256M"
# What makes each rival as quick as it can be: no checksums that the other side does not take, nothing that is looked up
# without need. AzCopy's own choice of connections (32 here) and blocks (8 MiB) is left to it.
AZCOPY_FLAGS = ("--recursive", "--overwrite", "true")
AZCOPY_DOWN = ("--check-md5", "NoCheck")
RCLONE_FLAGS = ("--transfers", "16", "--checkers", "16", "--azureblob-chunk-size", "8M", "--azureblob-upload-concurrency",
                "16", "--azureblob-disable-checksum", "--ignore-checksum", "--no-check-dest",
                "--multi-thread-streams", "8", "--multi-thread-cutoff", "64M")
DISTANCE = """[[request]]
service = "blob"
delay_ms = 20
connection_bytes_per_s = 62914560
"""


def write_files(folder, count, size):
    """Bytes that do not compress; written in pieces, as what this process holds counts as its children's peak."""
    folder.mkdir(parents=True)
    for number in range(count):
        with open(folder / f"file{number:05}", "wb") as out:
            for at in range(0, size, MIB):
                out.write(os.urandom(min(MIB, size - at)))


class Copies:
    """One server, and the commands that copy a tree there and back."""

    def __init__(self, world, server):
        self.world, self.server = world, server
        self.box = f"{world.uri}/bench"
        world.aloft("mkdir", self.box)
        self.azcopy = None if judges.AzCopy.missing() else judges.AzCopy(world, "bench")
        programs = ["rclone", os.environ.get("ALOFT_BENCH_RCLONE")]
        self.rclones = [judges.Rclone(world, program) for program in programs if program and shutil.which(program)]

    def sides(self, up, name, prepare):
        """Ours first; each rival that this machine has follows."""
        source, target = self.world.directory / name, self.world.directory / "down"
        ours = ["cp", "-r", "-q", "--memory", MEMORY, *((source, f"{self.box}/") if up else (f"{self.box}/{name}", target))]
        found = [Side("aloft cp", [str(harness.BUILD / "aloft"), *map(str, ours)], self.world.environment, prepare)]
        if self.azcopy:
            places = (source, self.azcopy.url()) if up else (self.azcopy.url(name), target)
            flags = (*AZCOPY_FLAGS, "--from-to", *(("LocalBlob",) if up else ("BlobLocal", *AZCOPY_DOWN)))
            found.append(Side("AzCopy 10.32", self.azcopy.command("copy", *places, *flags), self.azcopy.environment, prepare))
        for rclone in self.rclones:
            places = (source, f"e:bench/{name}") if up else (f"e:bench/{name}", target / name)
            command = [rclone.program, "copy", *RCLONE_FLAGS, *map(str, places)]
            found.append(Side(rclone.version(), command, rclone.environment, prepare))
        return found

    def run(self, count, size, title):
        name = f"tree{count}"
        write_files(self.world.directory / name, count, size)
        target = self.world.directory / "down"

        def nothing_there():
            subprocess.run([str(harness.BUILD / "aloft"), "rm", "-r", f"{self.box}/{name}"],
                           env=self.world.environment, capture_output=True, check=False)

        def nothing_here():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()

        compare(f"upload {title}", self.sides(True, name, nothing_there), self.server)
        compare(f"download {title}", self.sides(False, name, nothing_here), self.server)
        nothing_there()
        shutil.rmtree(self.world.directory / name)


def on_emulator(sizes, title="", faults="", tls=False):
    # Debian's rclone has the published key alone in its emulator mode.
    world = harness.World(emulator=False, emulator_options=("--in-memory", "--well-known-key"))
    try:
        options = ()
        if faults:
            (world.directory / "faults.toml").write_text(faults)
            options = ("--faults", str(world.directory / "faults.toml"))
        if tls:
            certificate, key = harness.make_certificate(world.directory)
            world.environment["SSL_CERT_FILE"] = str(certificate)
            options = ("--tls-certificate", str(certificate), "--tls-key", str(key))
        world.start_emulator(*options)
        copies = Copies(world, world.emulator.pid)
        for count, size, what in sizes:
            copies.run(count, size, what + title)
    finally:
        world.close()


LARGE = (8, 256 * MIB, "8 x 256 MiB")
SMALL = (10_000, 16 << 10, "10,000 x 16 KiB")


def far(*sizes):
    on_emulator(sizes, ", 20 ms to the first byte, 60 MiB/s for each connection", faults=DISTANCE)


def tls(*sizes):
    on_emulator(sizes, ", over TLS", tls=True)


def azurite():
    world = harness.World(emulator=False)
    server = None
    try:
        server = judges.Azurite(world.directory)
        world.endpoint = server.record
        harness.write_accounts(world.environment["XDG_CONFIG_HOME"], server.record)
        Copies(world, server.process.pid).run(*LARGE[:2], LARGE[2] + ", Azurite as the server")
    finally:
        if server:
            server.close()
        world.close()


NAMES = {"large": lambda: on_emulator([LARGE]), "small": lambda: on_emulator([SMALL]),
         "large_tls": lambda: tls(LARGE), "small_tls": lambda: tls(SMALL),
         "large_far": lambda: far(LARGE), "small_far": lambda: far(SMALL), "azurite": azurite}

if __name__ == "__main__":
    # Gigabytes of memory are not left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for chosen in sys.argv[1:] or NAMES:
        NAMES[chosen]()
