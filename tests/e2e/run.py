# SPDX-License-Identifier: Apache-2.0
"""aloft run: programs of all kinds in the private mount, as root and as an ordinary user; exit codes, signals,
arguments, directories; what happens when something is killed, wrong or missing."""
import os
import shutil
import signal
import subprocess
import time
import unittest

import entering
import harness


class Common:
    """Each case runs as root (RootTest) and as an ordinary user (UserTest): self.person."""

    def directory(self):
        """A fresh directory of this test in the container: (path, uri)."""
        name = f"{self.id().rsplit('.', 1)[-1]}"
        self.person.sh(f'mkdir "{self.path}/{name}"')
        return f"{self.path}/{name}", f"{self.uri}/{name}"

    # Programs

    def test_a_shell_redirects_reads_and_globs(self):
        path, _ = self.directory()
        out = self.person.sh('''cd "$1"
            echo one > a; echo two >> a; cat < a > b; cat a b | sort -u
            for f in *; do echo "file $f"; done
            cat <<END > c
here
END
            (echo sub; echo shell) > d; while read -r x; do echo "got $x"; done < d; [ -s c ] && echo full''', path)
        self.assertEqual(out, "one\ntwo\nfile a\nfile b\ngot sub\ngot shell\nfull\n")

    def test_bash_uses_arrays_process_substitution_and_here_strings(self):
        path, _ = self.directory()
        done = self.person.run("bash", "-euc", 'cd "$1"; printf "%s\\n" b a > x; diff <(sort x) - <<< $\'a\\nb\' && '
                               'mapfile -t lines < x && echo ${#lines[@]} && echo more >> x && wc -l < x', "bash", path)
        self.assertEqual((done.returncode, done.stdout), (0, "2\n3\n"), done.stderr)

    def test_the_coreutils_work(self):
        path, _ = self.directory()
        out = self.person.sh('''cd "$1"; seq 1 2000 > n; cp n m; mv m k; head -1 k; tail -1 k; wc -l < k
            split -l 500 n part-; ls part-* | wc -l; cat part-* | cmp - n; sort -rn n | head -1; tee t < n | md5sum
            md5sum < t; dd if=n of=o bs=1000 status=none; cmp n o; truncate -s 10 o; stat -c %s o; touch -d @7 o
            stat -c %Y o; chmod 600 o; stat -c %a o; mkdir -p x/y; rmdir x/y; rm -r x; install -m 640 n i; stat -c %a i
            ln -s n l; readlink l; cat l | tail -1; du -s . > /dev/null; df . | tail -1 | grep -c aloft; rm part-*; ls''', path)
        lines = out.split("\n")
        self.assertEqual(lines[:4], ["1", "2000", "2000", "4"])
        self.assertEqual(lines[5], lines[6], "the sums of tee's file and output")
        self.assertEqual(lines[7:], ["10", "7", "600", "640", "n", "2000", "1", "i", "k", "l", "n", "o", "t", ""])

    def test_a_shell_sees_the_files_and_gives_its_own_code(self):
        path, _ = self.directory()
        done = self.person.call(self.person.programs / "aloft", "shell", input=f"cd {path} && echo typed > f\ncat f\nexit 4\n",
                                env={"SHELL": "/bin/bash"})
        self.assertEqual((done.returncode, done.stdout), (4, "typed\n"), done.stderr)

    def test_the_file_system_says_that_there_is_room(self):
        path, _ = self.directory()
        free, name_max = self.person.sh('stat -f -c "%a*%S %l" "$1"', path).split()
        blocks, block_bytes = map(int, free.split("*"))
        self.assertEqual((blocks * block_bytes, int(name_max)), (1 << 50, 255))

    def test_ls_shows_whose_files_they_are(self):
        path, _ = self.directory()
        out = self.person.sh('cd "$1"; echo x > f; stat -c "%u %g %a %s" f; ls -la | wc -l', path)
        self.assertEqual(out, f"{self.person.uid} {self.person.uid} 644 2\n4\n")

    def test_tar_packs_and_unpacks(self):
        path, _ = self.directory()
        self.person.sh('''cd "$1"; mkdir -p in/sub out; seq 5000 > in/a; seq 100 > in/sub/b; ln -s a in/link
            tar cf t.tar -C in .; tar xf t.tar -C out; tar czf t.tgz in; tar tzf t.tgz | wc -l
            cmp in/a out/a; cmp in/sub/b out/sub/b; test "$(readlink out/link)" = a; diff -r in out''', path)

    @unittest.skipUnless(shutil.which("rsync"), "rsync is not installed")
    def test_rsync_copies_in_and_out(self):
        path, _ = self.directory()
        out = self.person.sh('''mkdir -p src/d; seq 3000 > src/a; echo b > src/d/b; chmod 640 src/a
            rsync -a src/ "$1/x/"; rsync -a "$1/x/" back/; diff -r src back; rsync -ain src/ "$1/x/"
            stat -c %a back/a; rm -r src back''', path)
        self.assertEqual(out, "640\n", "a second run finds nothing to do")

    def test_python_reads_writes_and_maps(self):
        path, _ = self.directory()
        script = '''import mmap, os, pathlib, shutil, sys, multiprocessing
p = pathlib.Path(sys.argv[1]); f = p / "f"
f.write_bytes(bytes(range(256)) * 1000)
with f.open("rb") as h:
    with mmap.mmap(h.fileno(), 0, access=mmap.ACCESS_READ) as m: assert m[255000:255256][:10] == bytes(range(24, 34)), m[255000:255010]
with f.open("r+b") as h:
    with mmap.mmap(h.fileno(), 0) as m: m[0:5] = b"HELLO"
assert f.read_bytes()[:6] == b"HELLO" + bytes([5])
with f.open("r+b") as h: h.seek(100); h.write(b"mid"); h.seek(0, 2); h.write(b"end")
data = f.read_bytes(); assert data[100:103] == b"mid" and data[-3:] == b"end" and len(data) == 256003
shutil.copytree(p, p.parent / (p.name + "-copy")); shutil.rmtree(p.parent / (p.name + "-copy"))
os.rename(f, p / "g"); assert not f.exists() and sorted(x.name for x in p.iterdir()) == ["g"]
pid = os.fork()
if pid == 0:
    (p / "child").write_text("from a child"); os._exit(0)
assert os.waitpid(pid, 0)[1] == 0 and (p / "child").read_text() == "from a child"
'''
        done = self.person.run("/usr/bin/python3", "-c", script, path)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_was_mapped_and_closed_first_is_stored(self):
        path, uri = self.directory()
        done = self.person.run("/usr/bin/python3", "-c", '''import mmap, os, sys
f = os.open(sys.argv[1] + "/m", os.O_RDWR | os.O_CREAT); os.ftruncate(f, 8192)
m = mmap.mmap(f, 8192); os.close(f); m[5000:5004] = b"late"; os._exit(0)''', path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.person.run("dd", f"if={uri}/m", "bs=1", "skip=5000", "count=4", "status=none").stdout, "late")

    def test_perl_edits_in_place(self):
        path, _ = self.directory()
        self.assertEqual(self.person.sh('cd "$1"; echo abc > f; perl -pi -e s/b/X/ f; cat f; perl -e \'open F,">","g"; '
                                        'print F "p"; close F or die; print -s "g"\'', path), "aXc\n1")

    def test_awk_sed_grep_find_and_gzip_work(self):
        path, _ = self.directory()
        out = self.person.sh('''cd "$1"; seq 10 > n; awk '{s+=$1} END {print s > "sum"}' n; cat sum; sed -i s/10/ten/ n
            grep -c ten n; mkdir d; cp n d; find . -type f | sort; gzip n; zcat n.gz | tail -1; xz d/n; xzcat d/n.xz | wc -l''', path)
        self.assertEqual(out, "55\n1\n./d/n\n./n\n./sum\nten\n10\n")

    @unittest.skipUnless(shutil.which("busybox"), "busybox is not installed")
    def test_a_static_program_works(self):
        path, _ = self.directory()
        out = self.person.sh('cd "$1"; busybox sh -c "echo s > f; busybox cat f; busybox ls; busybox md5sum f | wc -l"', path)
        self.assertEqual(out, "s\nf\n1\n")

    def test_a_program_stored_there_runs(self):
        path, _ = self.directory()
        out = self.person.sh('''cd "$1"; cp /bin/echo e; ./e binary; printf '#!/bin/sh\\necho script $1\\n' > s; chmod +x s
            ./s x; chmod -x s; ./s 2>/dev/null || echo refused''', path)
        self.assertEqual(out, "binary\nscript x\nrefused\n")

    @unittest.skipUnless(shutil.which("gcc"), "gcc is not installed")
    def test_a_compiler_builds_there(self):
        path, _ = self.directory()
        out = self.person.sh('''cd "$1"; printf '#include <stdio.h>\\nint main(void){puts("built");return 0;}\\n' > m.c
            gcc -static -o m m.c; ./m''', path)
        self.assertEqual(out, "built\n")

    def test_what_it_does_not_have_it_refuses(self):
        path, _ = self.directory()
        done = self.person.run("sh", "-c", '''cd "$1"; echo x > f; ln f g; mknod p p; flock f true; cp --reflink=always f h
            fallocate -l 10 f; /usr/bin/python3 -c 'import os; os.setxattr("f", "user.a", b"1")' ''', "sh", path)
        self.assertEqual(done.stderr.count("not supported"), 6, done.stderr)

    def test_a_million_bytes_in_many_files_and_a_big_one_come_back(self):
        path, uri = self.directory()
        self.person.sh('''cd "$1"; for i in $(seq 200); do seq $i > f$i; done; ls | wc -l
            head -c 40000000 /dev/urandom > big; md5sum big > sum''', path, timeout=120)
        self.person.sh('cd "$1"; md5sum -c sum; cat f200 | tail -1; test $(ls | wc -l) = 202', path)

    # Arguments and directories

    def test_uris_in_arguments_become_paths(self):
        path, uri = self.directory()
        self.person.sh('echo seen > "$1/f"', path)
        self.assertEqual(self.person.run("cat", f"{uri}/f").stdout, "seen\n")
        self.assertEqual(self.person.run("dd", f"if={uri}/f", "status=none").stdout, "seen\n")
        self.assertEqual(self.person.run("cp", f"{uri}/f", f"{uri}/g").returncode, 0)
        self.assertEqual(self.person.run("ls", uri).stdout, "f\ng\n")
        self.assertEqual(self.person.run("echo", f"say {uri}").stdout, f"say {uri}\n")

    def test_it_starts_where_the_caller_is_or_as_told(self):
        path, uri = self.directory()
        self.assertEqual(self.person.run("pwd").stdout, f"{self.person.home}\n")
        self.assertEqual(self.person.run("--chdir", "/usr", "pwd").stdout, "/usr\n")
        self.assertEqual(self.person.run("--chdir", uri, "pwd").stdout, f"{path}\n")
        (self.person.home / "sub").mkdir(exist_ok=True)
        self.assertEqual(self.person.run("--chdir", "sub", "pwd").stdout, f"{self.person.home}/sub\n")

    def test_a_map_shows_a_uri_under_another_path(self):
        path, uri = self.directory()
        self.person.sh('echo mapped > "$1/f"', path)
        self.assertEqual(self.person.run("--map", f"/scratch/lab={uri}", "cat", "/scratch/lab/f").stdout, "mapped\n")
        self.assertEqual(self.person.run("--map", f"/mnt={uri}", "cat", "/mnt/f").stdout, "mapped\n")
        self.assertFalse(os.path.exists("/scratch/lab"))
        done = self.person.run("--map", f"/usr/no-such={uri}", "true")
        self.assertEqual(done.returncode, 125)
        self.assertIn("/usr/no-such", done.stderr)

    def test_read_only_refuses_changes(self):
        path, uri = self.directory()
        done = self.person.run("--read-only", "touch", f"{uri}/f")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Read-only file system", done.stderr)

    def test_input_reaches_the_command(self):
        self.assertEqual(self.person.run("wc", "-c", input="12345").stdout, "5\n")

    # Exit codes and signals

    def test_the_exit_code_is_the_commands(self):
        self.assertEqual(self.person.run("true").returncode, 0)
        self.assertEqual(self.person.run("sh", "-c", "exit 3").returncode, 3)
        self.assertEqual(self.person.run("sh", "-c", "kill -SEGV $$").returncode, 128 + signal.SIGSEGV)

    def test_a_command_that_cannot_run_is_told_apart(self):
        done = self.person.run("no-such-command")
        self.assertEqual((done.returncode, done.stderr), (127, "aloft: command not found: no-such-command\n"))
        done = self.person.run("/etc/passwd")
        self.assertEqual((done.returncode, done.stderr), (126, "aloft: cannot run /etc/passwd: Permission denied\n"))

    def test_wrong_usage_is_not_taken_for_the_commands_code(self):
        for words in ([], ["--no-such", "true"], ["--ids", "odd", "true"]):
            self.assertEqual(self.person.run(*words).returncode, 125, words)

    def test_signals_reach_the_command_and_its_code_comes_back(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            process = self.person.popen(self.person.programs / "aloft", "run", "sh", "-c",
                                        "trap 'exit 9' TERM INT HUP USR1; echo ready; while :; do sleep 0.05; done")
            self.assertEqual(process.stdout.readline(), "ready\n")
            process.send_signal(number)
            process.communicate(timeout=20)
            self.assertEqual(process.returncode, 9, number)

    def test_a_signal_with_a_handler_breaks_no_file_call(self):
        path, _ = self.directory()
        done = self.person.run("/usr/bin/python3", "-c", '''import os, signal, sys
signal.signal(signal.SIGALRM, lambda *a: None); signal.siginterrupt(signal.SIGALRM, True)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for i in range(200):
    p = f"{sys.argv[1]}/f{i % 5}"
    f = os.open(p, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644); assert os.write(f, b"x" * 5000) == 5000
    os.fsync(f); os.close(f); os.stat(p)
signal.setitimer(signal.ITIMER_REAL, 0)''', path)
        self.assertEqual(done.returncode, 0, done.stderr)

    # Life

    def test_writes_are_stored_when_it_returns(self):
        path, uri = self.directory()
        self.person.sh('seq 100000 > "$1/f"', path)
        # Another person has another daemon and no cache in common.
        other = self.user if self.person is self.root else self.root
        self.assertEqual(other.run("tail", "-1", f"{uri}/f").stdout, "100000\n")

    def test_nothing_is_in_sight_outside(self):
        process = self.person.popen(self.person.programs / "aloft", "run", "sh", "-c", "ls /aloft; exec sleep 30")
        self.assertEqual(process.stdout.readline(), "az\n")
        self.assertFalse(os.path.exists("/aloft/az"))
        with open("/proc/self/mountinfo") as table:
            self.assertNotIn(" /aloft ", table.read())
        process.terminate()
        process.communicate(timeout=20)
        harness.wait_until(lambda: not self.person.mounts(), what="no mount is left")

    def test_the_root_directory_stays_as_it_is(self):
        before = sorted(os.listdir("/"))
        done = self.person.run("sh", "-c", "ls -A /; touch /new-file")
        self.assertEqual(sorted(set(done.stdout.split()) | {"aloft"}), sorted(set(before) | {"aloft"}))
        if "aloft" not in before:
            self.assertIn("Read-only file system", done.stderr)
        self.assertEqual(sorted(os.listdir("/")), before)

    def test_one_run_inside_another_works(self):
        path, uri = self.directory()
        out = self.person.sh('echo outer > "$1/o"; aloft run sh -c \'cat "$1/o"; echo inner > "$1/i"\' sh "$1"; '
                             'sleep 5.2; cat "$1/i"; aloft run aloft run cat "$1/i"', path)
        self.assertEqual(out, "outer\ninner\ninner\n")

    def test_many_at_once_do_not_disturb_each_other(self):
        path, _ = self.directory()
        runs = [self.person.popen(self.person.programs / "aloft", "run", "sh", "-euc",
                                  f'seq {i}000 > "{path}/f{i}"; test $(wc -l < "{path}/f{i}") = {i}000')
                for i in range(1, 9)]
        for process in runs:
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.person.sh('cat "$1"/f* | wc -l', path), "36000\n")

    def test_a_background_process_keeps_the_mount_after_the_command(self):
        path, uri = self.directory()
        self.person.sh('(sleep 0.5; echo late > "$1/f") > /dev/null 2>&1 & ', path)
        harness.wait_until(lambda: self.person.run("cat", f"{uri}/f").stdout == "late\n", what="the late write is stored")
        harness.wait_until(lambda: not self.person.mounts(), what="no mount is left")

    def test_a_killed_launcher_leaves_the_command_its_files(self):
        path, uri = self.directory()
        process = self.person.popen(self.person.programs / "aloft", "run", "sh", "-c",
                                    'echo ready; sleep 0.5; echo after > "$1/f"', "sh", path)
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.kill()
        process.communicate(timeout=20)
        harness.wait_until(lambda: self.person.run("cat", f"{uri}/f").stdout == "after\n", what="the command's write is stored")

    def test_a_killed_daemon_is_a_clear_failure_and_the_next_run_works(self):
        path, uri = self.directory()
        self.person.sh('echo before > "$1/f"', path)
        process = self.person.popen(self.person.programs / "aloft", "run", "sh", "-c",
                                    'cat "$1/f"; read wait; cat "$1/f"; echo "code $?"; echo lost > "$1/g"; exit 0',
                                    "sh", path, stdin=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "before\n")
        os.kill(self.person.daemon_pid(), signal.SIGKILL)
        out, err = process.communicate("go\n", timeout=20)
        self.assertEqual((out, process.returncode), ("code 1\n", 125), err)
        self.assertIn("Transport endpoint is not connected", err)
        self.assertIn("aloft: the daemon that served the files ended", err)
        self.assertEqual(self.person.run("cat", f"{uri}/f").stdout, "before\n")
        self.assertEqual(self.person.run("ls", uri).stdout, "f\n")

    def test_a_killed_command_waiting_for_files_dies_at_once(self):
        path, _ = self.directory()
        process = self.person.popen(self.person.programs / "aloft", "run", "sh", "-c",
                                    'echo $$; while :; do cat "$1"/* > /dev/null 2>&1; ls -l "$1" > /dev/null; done', "sh", path)
        pid = int(process.stdout.readline())
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 128 + signal.SIGKILL)

    # What is wrong is said

    def test_a_missing_container_is_an_error_of_the_file(self):
        done = self.person.run("cat", f"{self.world.uri}/no-such-container/f")
        self.assertEqual(done.returncode, 1)
        self.assertIn("No such file or directory", done.stderr)
        self.assertRegex(done.stderr, r"(?m)^aloft: .*no container az://.*/no-such-container.*aloft mkdir")

    def test_an_unknown_account_is_an_error_of_the_file(self):
        done = self.person.run("ls", "az://nosuchaccount/box")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"(?m)^aloft: .*nosuchaccount")

    def test_a_wrong_key_is_refused_and_the_reason_is_said(self):
        right = self.person.environment["AZURE_STORAGE_CONNECTION_STRING"]
        wrong = right.replace("AccountKey=", "AccountKey=AAAA")
        done = self.person.run("ls", self.uri, env={"AZURE_STORAGE_CONNECTION_STRING": wrong})
        self.assertEqual(done.returncode, 2)
        self.assertIn("Permission denied", done.stderr)
        self.assertRegex(done.stderr, f"(?m)^aloft: .*{self.box}")

    def test_a_closed_device_is_named_with_a_remedy(self):
        done = self.person.run("true", env={"ALOFT_FUSE_DEVICE": "/no/such/fuse"})
        self.assertEqual(done.returncode, 125)
        self.assertIn("/no/such/fuse", done.stderr)
        self.assertIn("aloft doctor", done.stderr)

    def test_a_missing_directory_to_start_in_is_named(self):
        done = self.person.run("--chdir", f"{self.uri}/none", "true")
        self.assertEqual(done.returncode, 125)
        self.assertIn(f"{self.path}/none", done.stderr)


@unittest.skipUnless(entering.is_root(), "needs root")
class RootTest(Common, entering.EnteringTest):
    @property
    def person(self):
        return self.root


@unittest.skipUnless(entering.is_root(), "needs root to make an ordinary user")
class UserTest(Common, entering.EnteringTest):
    @property
    def person(self):
        return self.user

    def test_a_closed_dev_fuse_is_named(self):
        with open("/dev/fuse", "rb"):
            pass
        if os.stat("/dev/fuse").st_mode & 0o006:
            self.skipTest("this machine's /dev/fuse is open to all")
        done = self.person.run("true", env={"ALOFT_FUSE_DEVICE": "/dev/fuse"})
        self.assertEqual(done.returncode, 125)
        self.assertIn("cannot open /dev/fuse: Permission denied; as root: chmod 0666 /dev/fuse", done.stderr)

    def test_files_of_others_are_shown_as_ones_own_and_stay_theirs(self):
        path = f"{self.path}/theirs"
        self.root.sh('echo x > "$1"; chown 777:888 "$1"; chmod 600 "$1"', path)
        self.assertEqual(self.user.sh('stat -c "%u %g" "$1"; cat "$1"; echo y >> "$1"', path), f"{self.user.uid} {self.user.uid}\nx\n")
        self.assertEqual(self.root.sh('stat -c "%u %g %a" "$1"; cat "$1"', path), "777 888 600\nx\ny\n")


@unittest.skipUnless(entering.is_root(), "needs root")
class NoEmulatorTest(unittest.TestCase):
    def test_an_emulator_that_does_not_run_is_an_error_that_names_it(self):
        world = harness.World(emulator=False)
        self.addCleanup(world.close)
        done = world.aloft("run", "ls", f"{world.uri}/box", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot access", done.stderr)
        self.assertIn("aloft emulator", done.stderr)
        self.assertIn("devstoreaccount1", done.stderr)


if __name__ == "__main__":
    harness.main()
