#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same scripts on Slurm itself (slurm-wlm of Debian, started here as a cluster of one) and on Aloft: what tasks see,
which files they write, which headers are accepted. Skipped, visibly, where slurmd is not installed."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import harness

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "sinfo", "scancel")
os.environ["PATH"] += ":/usr/sbin:/sbin"

# Variables that are not ours to set, that name a process or the cluster, or that both sides choose themselves.
OWN = re.compile(r"SLURM_(CONF|WORKING_CLUSTER|TASK_PID|CLUSTER_NAME|JOB_PARTITION|JOB_ID|JOBID|ARRAY_JOB_ID)=")

CONFIGURATION = """ClusterName=loop
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={d}/munge/sock
SlurmctldPort={port}
SlurmdPort={next_port}
StateSaveLocation={d}/state
SlurmdSpoolDir={d}/spool
SlurmctldPidFile={d}/ctld.pid
SlurmdPidFile={d}/d.pid
SlurmctldLogFile={d}/log/ctld.log
SlurmdLogFile={d}/log/d.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,sched_min_interval=0
ReturnToService=2
KillWait=5
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=2000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def free_ports():
    """Two that follow each other; Slurm takes no port 0."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
                return port
            except OSError:
                continue


class Cluster:
    """munge, slurmctld and slurmd in a directory of their own; ended by the pids that were started."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="aloft-slurm-"))
        self.directory.chmod(0o711)
        for name in ("munge", "state", "spool", "log"):
            (self.directory / name).mkdir()
        d, port = self.directory, free_ports()
        (d / "munge/key").write_bytes(os.urandom(128))
        (d / "munge/key").chmod(0o600)
        (d / "munge").chmod(0o711)
        import getpass
        (d / "slurm.conf").write_text(CONFIGURATION.format(
            d=d, host=socket.gethostname().split(".")[0], user=getpass.getuser(), port=port, next_port=port + 1,
            cpus=os.cpu_count()))
        self.environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"),
                            "SLURM_CONF": str(d / "slurm.conf")}
        self.started = []
        self.start("munged", "--force", "--foreground", f"--key-file={d}/munge/key", f"--socket={d}/munge/sock",
                   f"--pid-file={d}/munge/pid", f"--log-file={d}/log/munged.log", f"--seed-file={d}/munge/seed")
        harness.wait_until((d / "munge/sock").exists, what="munge")
        self.start("slurmctld", "-D")
        self.start("slurmd", "-D")
        harness.wait_until(lambda: self.call("sinfo", "-h", "-o", "%T").stdout.strip() == "idle", 30, "an idle node")

    def start(self, *words):
        self.started.append(subprocess.Popen(words, env=self.environment, stdout=subprocess.DEVNULL,
                                             stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL))

    def call(self, *words, **options):
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=30, **options)

    def close(self):
        for process in reversed(self.started):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


@unittest.skipUnless(all(map(shutil.which, PROGRAMS)), "slurm-wlm and munge are not installed")
class Differential(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.world = harness.World(emulator=False)
        cls.addClassCleanup(cls.world.close)

    def on_slurm(self, directory, *words):
        """Submits and waits; the files in the directory afterwards."""
        done = self.cluster.call("sbatch", "--wait", *words, cwd=directory)
        return done.returncode

    def on_aloft(self, directory, *words):
        environment = {k: v for k, v in self.world.environment.items()}
        environment["HOME"] = self.cluster.environment["HOME"]
        done = subprocess.run([harness.BUILD / "aloft-main", "submit", "--wait", *words], cwd=directory, text=True,
                              env=environment, capture_output=True, timeout=60)
        return done.returncode

    def both(self, script, *words):
        """Runs a script on both; returns two pairs of exit code and {file name: text}, ids as @1, @2, …"""
        results = []
        for run in (self.on_slurm, self.on_aloft):
            directory = pathlib.Path(tempfile.mkdtemp(dir=self.world.directory))
            (directory / "job.sh").write_text(script)
            code = run(directory, *words, "job.sh")
            (directory / "job.sh").unlink()
            # Slurm answers sbatch --wait slightly before the last file is complete on disk.
            time.sleep(0.3)
            results.append((code, {f.name: f.read_text() for f in sorted(directory.iterdir())}, directory))
        return results

    def compare_variables(self, header, *words):
        script = f"#!/bin/bash\n{header}\nenv | grep -E '^(SLURM|ENVIRONMENT|HOSTNAME|TMPDIR)' | sort\n"
        seen = []
        for code, files, directory in self.both(script, *words):
            self.assertEqual(code, 0)
            texts = []
            for name in sorted(files):
                lines = [line.replace(str(directory), "DIRECTORY") for line in files[name].splitlines()
                         if not OWN.match(line)]
                texts.append(lines)
            seen.append(texts)
        self.maxDiff = None
        self.assertEqual(seen[0], seen[1])

    def test_variables_of_a_plain_job(self):
        self.compare_variables("")

    def test_variables_with_resources(self):
        self.compare_variables("#SBATCH -J name -n1 -c1 --mem=100 -A account")
        self.compare_variables("#SBATCH --mem-per-cpu=10 --ntasks=1 --comment=c")

    def test_variables_of_arrays(self):
        for array in ("1-2", "0-4:2", "1,5", "3", "4-8:2,10%2"):
            with self.subTest(array):
                self.compare_variables(f"#SBATCH --array={array}\n#SBATCH -o %a.txt")

    def test_names_of_files(self):
        script = ("#!/bin/bash\n#SBATCH -J given\n#SBATCH --output={}\necho out; echo err >&2\n")
        for pattern in ("%x-%N-%u-%%-%t-%n-%s-%q.o", "a%%j.o", "plain"):
            with self.subTest(pattern):
                slurm, aloft = self.both(script.format(pattern))
                self.assertEqual(slurm[:2], aloft[:2])
        for pattern in ("%j", "%8j.o", "%A-%J"):
            with self.subTest(pattern):
                slurm, aloft = self.both(script.format(pattern))
                shape = [[re.sub(r"[1-9]\d*", "N", re.sub(r"^0+(?=\d)", "0", name)) for name in side[1]]
                         for side in (slurm, aloft)]
                self.assertEqual(*shape)
                self.assertEqual(*[[len(n) for n in side[1]] for side in (slurm, aloft)] if "8" in pattern else (0, 0))
        slurm, aloft = self.both("#!/bin/bash\n#SBATCH --array=1-2\n#SBATCH -o %4a.o -e %a.e\necho o; echo e >&2\n")
        self.assertEqual(slurm[:2], aloft[:2])

    def test_exit_codes(self):
        for text in ("exit 0", "exit 7"):
            slurm, aloft = self.both(f"#!/bin/bash\n{text}\n")
            self.assertEqual(slurm[0], aloft[0], text)

    # Each line: a header, and what of Slurm's own view of the job it sets.
    HEADERS = [
        "#SBATCHfoo", "#SBATCH--comment=glued", " #SBATCH --comment=indented", "#SBATCH\t--comment=tab",
        "##SBATCH --comment=x", "# SBATCH --comment=x", '#SBATCH --comment="a b"', "#SBATCH --comment='a b'c",
        "#SBATCH --comment=a\\ b", '#SBATCH --comment="a b', "#SBATCH --comment=$HOME", "#SBATCH --comment=x # note",
        "#SBATCH --comment=x#y", "#SBATCH --comment=a\\b", '#SBATCH --comment=a\\"b', '#SBATCH --comment="a\\"b c"',
        "#SBATCH --comment='a\\'b'", "#SBATCH --comment=don't", "#SBATCH --comment=a\\#b", '#SBATCH --comment="a#b"',
        "#SBATCH --comment two -t 5", "#SBATCH -t90", "#SBATCH --comm=abbreviated", "#SBATCH --nosuch=1",
        "#SBATCH stray", "#SBATCH : -t 5", "#SBATCH --cpus-per-task=x", "#SBATCH --cpus-per-task=0",
        "#SBATCH --mem=1Q", "#SBATCH --mem=1gb", "#SBATCH --mem=1.5G", "#SBATCH --mem=1500K", "#SBATCH --mem=0",
        "#SBATCH --mem=3 --mem-per-cpu=5", "#SBATCH --array=1-", "#SBATCH --array=5-1", "#SBATCH --array=1,1,2",
        "#SBATCH --array=1-3:0", "#SBATCH --array=0-8:3,20%2", "#SBATCH --array=1-3%0", "#SBATCH --array=[1-3]",
        "#SBATCH -t 1-2:3", "#SBATCH -t bad", "#SBATCH -t UNLIMITED", "#SBATCH -t 0",
        "#SBATCH -t 90:30", "#SBATCH -t 2-0", "#SBATCH -t 1:2:3", "#SBATCH -t 0:30", "#SBATCH -t 1:2:3:4",
        "#SBATCH --open-mode=bad", "#SBATCH --open-mode=append", "#SBATCH --dependency=foo:1", "#SBATCH --export=NONE",
        "echo\n#SBATCH --comment=late", "\n# note\n\n  \n#SBATCH --comment=later", "#SBATCH --comment=x\r",
        "#SBATCH --comment=one\n#SBATCH --comment=two", "#SBATCH --requeue=yes", "#SBATCH --comment",
    ]

    # What Slurm takes and forgets, and Aloft refuses.
    STRICTER = ["#SBATCH --array=1-3%x"]

    def slurm_view(self, script):
        done = self.cluster.call("sbatch", "--hold", "--parsable", str(script), cwd=script.parent)
        if done.returncode != 0:
            return None
        job = done.stdout.strip()
        shown = self.cluster.call("scontrol", "show", "job", job).stdout
        self.cluster.call("scancel", job)
        find = lambda name, ends=r"\s": (re.search(rf"\b{name}=(.*?)(?:{ends}|$)", shown, re.M) or [None, ""])[1]
        memory = find("MinMemoryNode") or find("MinMemoryCPU")
        return {"comment": find("Comment", "$").strip(), "time": find("TimeLimit"), "memory": memory, "array": find("ArrayTaskId")}

    def aloft_view(self, script):
        """Aloft's own view, in Slurm's words, from the job that it recorded."""
        blocked = self.world.directory / "blocked.sh"
        if not hasattr(self, "gate"):
            blocked.write_text("#!/bin/sh\nsleep 300\n")
            type(self).gate = self.world.aloft("submit", blocked, program="aloft-main").stdout.strip()
        done = self.world.aloft("submit", f"--dependency=afterok:{self.gate}", script, program="aloft-main", check=False,
                                cwd=script.parent)
        if done.returncode != 0:
            return None
        import json
        import sqlite3
        with sqlite3.connect(self.world.directory / "local/jobs/jobs.db") as database:
            row = database.execute("SELECT record FROM job WHERE id = ?", [int(done.stdout)]).fetchone()
        job = json.loads(row[0])
        self.world.aloft("cancel", done.stdout.strip(), program="aloft-main")
        resources = job.get("resources", {})
        seconds = resources.get("wall_time_s")
        days, rest = divmod(seconds or 0, 86400)
        clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
        memory = resources.get("memory_per_node_bytes", resources.get("memory_per_cpu_bytes", 0)) >> 20
        array = job.get("array")
        return {"comment": job.get("comment", ""),
                "time": "UNLIMITED" if not seconds else f"{days}-{clock}" if days else clock,
                "memory": "0" if not memory else f"{memory >> 10}G" if memory % 1024 == 0 else f"{memory}M",
                "array": "" if not array else array["indices"] + (f"%{array['running_max']}" if array.get("running_max") else "")}

    def test_headers(self):
        script = self.world.directory / "header.sh"
        for header in self.HEADERS:
            with self.subTest(header):
                script.write_text(f"#!/bin/bash\n{header}\ntrue\n", newline="")
                slurm, aloft = self.slurm_view(script), self.aloft_view(script)
                if slurm and slurm["array"]:
                    # Slurm shows steps in its own way; compare the elements themselves.
                    expand = lambda text: (sorted(i for part in text.split("%")[0].split(",") for i in self.elements(part)),
                                           text.partition("%")[2])
                    slurm["array"], aloft["array"] = expand(slurm["array"]), expand(aloft["array"])
                self.assertEqual(slurm, aloft)

    def test_headers_that_aloft_alone_refuses(self):
        script = self.world.directory / "header.sh"
        for header in self.STRICTER:
            with self.subTest(header):
                script.write_text(f"#!/bin/bash\n{header}\ntrue\n")
                self.assertIsNotNone(self.slurm_view(script))
                self.assertIsNone(self.aloft_view(script))

    @staticmethod
    def elements(part):
        first, _, rest = part.partition("-")
        last, _, step = rest.partition(":")
        return range(int(first), int(last or first) + 1, int(step or 1))


if __name__ == "__main__":
    harness.main()
