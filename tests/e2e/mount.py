# SPDX-License-Identifier: Apache-2.0
"""aloft mount, unmount and the daemon behind them."""
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import unittest

import entering
import harness


@unittest.skipUnless(entering.is_root(), "needs root")
class MountTest(entering.EnteringTest):
    def setUp(self):
        self.directory = self.root.home / self.id().rsplit(".", 1)[-1]
        self.directory.mkdir()
        self.addCleanup(self.leave_nothing)

    def leave_nothing(self):
        if self.is_mounted():
            subprocess.run(["umount", "-l", str(self.directory)], check=False)

    def is_mounted(self):
        with open("/proc/self/mountinfo") as table:
            return any(f" {self.directory} " in line and " fuse.aloft " in line for line in table)

    def mount(self, *words, **options):
        return self.root.call(self.root.programs / "aloft", "mount", *words, **options)

    def unmount(self):
        return self.root.call(self.root.programs / "aloft", "unmount", self.directory)

    def must(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_files_come_and_go_through_it(self):
        self.must(self.mount(self.uri, self.directory))
        (self.directory / "a").write_text("through the mount")
        self.must(self.unmount())
        self.assertFalse(self.is_mounted())
        self.assertEqual(list(self.directory.iterdir()), [])
        self.assertEqual(self.root.run("cat", f"{self.uri}/a").stdout, "through the mount")

    def test_a_directory_of_a_container_can_be_mounted(self):
        self.root.sh('mkdir -p "$1/deep/er"; echo x > "$1/deep/er/f"', self.path)
        self.must(self.mount(f"{self.uri}/deep", self.directory))
        self.assertEqual((self.directory / "er/f").read_text(), "x\n")
        self.must(self.unmount())

    def test_owners_are_stored_and_shown(self):
        self.must(self.mount(self.uri, self.directory))
        file = self.directory / "owned"
        file.write_text("x")
        os.chown(file, 1234, 5678)
        self.must(self.unmount())
        self.must(self.mount(self.uri, self.directory))
        status = file.stat()
        self.assertEqual((status.st_uid, status.st_gid), (1234, 5678))
        self.must(self.unmount())

    def test_other_users_may_look(self):
        self.must(self.mount(self.uri, self.directory))
        self.root.home.chmod(0o711)
        done = self.user.call("ls", self.directory, cwd="/")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.must(self.unmount())

    def test_read_only_refuses_changes(self):
        self.must(self.mount("--read-only", self.uri, self.directory))
        with self.assertRaises(OSError) as caught:
            (self.directory / "x").write_text("x")
        self.assertEqual(caught.exception.strerror, "Read-only file system")
        self.must(self.unmount())

    def test_in_the_foreground_it_stays_until_it_is_interrupted(self):
        process = self.root.popen(self.root.programs / "aloft", "mount", "-f", self.uri, self.directory)
        harness.wait_until(self.is_mounted, what="the mount")
        (self.directory / "fg").write_text("x")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, err)
        self.assertFalse(self.is_mounted())
        self.assertEqual(self.root.run("cat", f"{self.uri}/fg").stdout, "x")

    def test_a_directory_in_use_stays_mounted(self):
        self.must(self.mount(self.uri, self.directory))
        with open(self.directory / "open", "w"):
            done = self.unmount()
            self.assertEqual(done.returncode, 1)
            self.assertIn("is in use", done.stderr)
            self.assertTrue(self.is_mounted())
        self.must(self.unmount())

    def test_it_is_not_mounted_twice_at_one_place(self):
        self.must(self.mount(self.uri, self.directory))
        done = self.mount(self.uri, self.directory)
        self.assertEqual(done.returncode, 1)
        self.assertIn("already", done.stderr)
        self.must(self.unmount())

    def test_what_is_wrong_is_named_and_nothing_is_left_mounted(self):
        file = self.directory / "file"
        file.write_text("")
        for words, code, expected in (
                ((f"{self.world.uri}/nosuchcontainer", self.directory), 1, "nosuchcontainer"),
                (("az://nosuchaccount/box", self.directory), 1, "nosuchaccount"),
                ((self.world.uri, self.directory), 2, "az://ACCOUNT/CONTAINER"),
                (("/etc", self.directory), 2, "az://ACCOUNT/CONTAINER"),
                ((self.uri, self.directory / "none"), 1, "none does not exist; make it with: mkdir"),
                ((self.uri, self.root.home), 1, "Aloft keeps files of its own"),
                ((self.uri, file), 1, "Not a directory"),
                ((self.uri,), 2, "DIR")):
            done = self.mount(*words)
            self.assertEqual(done.returncode, code, (words, done.stderr))
            self.assertIn(expected, done.stderr)
            self.assertFalse(self.is_mounted())
        done = self.unmount()
        self.assertEqual(done.returncode, 1)
        self.assertIn("Aloft has mounted nothing", done.stderr)

    def test_after_the_daemon_died_it_fails_clearly_and_can_be_unmounted(self):
        self.must(self.mount(self.uri, self.directory))
        os.kill(self.root.daemon_pid(), signal.SIGKILL)
        with self.assertRaises(OSError) as caught:
            os.listdir(self.directory)
        self.assertIn(caught.exception.errno, (errno.ENOTCONN, errno.ECONNABORTED))
        self.must(self.unmount())
        self.assertFalse(self.is_mounted())

    @unittest.skipUnless(shutil.which("fusermount3"), "fusermount3 is not installed")
    def test_an_ordinary_user_mounts_by_fusermount3(self):
        # fusermount3 wants an account (nobody is one) and opens the machine's own /dev/fuse, which may be closed:
        # so a namespace shows an open one there.
        nobody = entering.Person(self.world, 65534)
        self.addCleanup(nobody.close)
        script = '''mount --bind "$1" /dev/fuse
            exec setpriv --reuid 65534 --regid 65534 --clear-groups sh -euc '
                cd "$HOME"; mkdir m; aloft mount "$1" m; echo mine > m/f; stat -c "%U" m/f
                if (cd m && aloft unmount ../m) 2> error; then exit 1; fi; grep "is in use" error > /dev/null
                aloft unmount m; ls -A m; aloft run cat "$1/f"; aloft-main daemon --stop' sh "$2"'''
        done = subprocess.run(["unshare", "-m", "sh", "-euc", script, "sh", self.device,
                               self.uri], env=nobody.environment | {"ALOFT_FUSE_DEVICE": "/dev/fuse"},
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, "nobody\nmine\n"), done.stderr + nobody.daemon_log())


@unittest.skipUnless(entering.is_root(), "needs root")
class DaemonTest(entering.EnteringTest):
    def test_of_many_starters_one_starts_it(self):
        self.root.call(self.root.programs / "aloft-main", "daemon", "--stop")
        before = self.root.daemon_log().count("listening")
        codes = []
        threads = [threading.Thread(target=lambda: codes.append(self.root.run("true").returncode)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(codes, [0] * 8)
        log = self.root.daemon_log()
        self.assertEqual(log.count("listening") - before, 1, log)

    def test_it_ends_when_it_is_idle(self):
        person = entering.Person(self.world, 0)
        self.addCleanup(person.close)
        self.assertEqual(person.run("true", env={"ALOFT_DAEMON_IDLE_SECONDS": "1"}).returncode, 0)
        pid = int(re.search(r" (\d+) info listening", person.daemon_log())[1])
        harness.wait_until(lambda: not os.path.exists(f"/proc/{pid}"), what="the daemon has ended")
        self.assertEqual(person.run("true").returncode, 0)

    def test_asked_to_end_it_stores_and_ends(self):
        self.assertEqual(self.root.run("true").returncode, 0)
        pid = self.root.daemon_pid()
        done = self.root.call(self.root.programs / "aloft-main", "daemon", "--stop")
        self.assertEqual(done.returncode, 0, done.stderr)
        harness.wait_until(lambda: not os.path.exists(f"/proc/{pid}"), what="the daemon has ended")

    def test_it_keeps_no_credential_of_who_started_it(self):
        self.assertEqual(self.root.run("true").returncode, 0)
        with open(f"/proc/{self.root.daemon_pid()}/environ", "rb") as environment:
            self.assertNotIn(b"AZURE_", environment.read())


@unittest.skipUnless(entering.is_root(), "needs root")
class DoctorTest(entering.EnteringTest):
    def doctor(self, person, *words, **options):
        return person.call(person.programs / "aloft", "doctor", *words, **options)

    @unittest.skipIf(b"__tsan_init" in (harness.BUILD / "aloft-main").read_bytes(),
                     "ThreadSanitizer's own thread is in the way of user namespaces")
    def test_where_all_is_well_it_says_so(self):
        for person in (self.root, self.user):
            done = self.doctor(person)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertRegex(done.stdout, r"(?m)^ok +private mount +works$")
            self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)

    def test_a_missing_device_is_named_with_a_remedy(self):
        done = self.doctor(self.user, "--json", env={"ALOFT_FUSE_DEVICE": "/no/such/fuse"})
        self.assertEqual(done.returncode, 1)
        document = json.loads(done.stdout)
        self.assertFalse(document["ok"])
        check = next(check for check in document["checks"] if check["name"] == "/dev/fuse")
        self.assertEqual(check["state"], "bad")
        self.assertIn("/no/such/fuse", check["detail"])
        self.assertIn("modprobe fuse", check["remedy"])

    def test_a_local_directory_that_others_can_read_is_refused(self):
        local = self.root.home / "open-local"
        local.mkdir(mode=0o777)
        local.chmod(0o777)
        done = self.doctor(self.root, env={"ALOFT_LOCAL_DIR": str(local)})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?m)^MISSING +local directory")

    def test_keys_that_others_can_read_are_refused(self):
        config = self.root.home / ".config/aloft"
        config.mkdir(parents=True)
        accounts = config / "accounts.toml"
        accounts.write_text("")
        accounts.chmod(0o644)
        self.addCleanup(accounts.unlink)
        done = self.doctor(self.root)
        self.assertEqual(done.returncode, 1)
        self.assertIn("chmod 600", done.stdout)


if __name__ == "__main__":
    harness.main()
