#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The emulator's managed identity as tasks use it: by aloft without any key, and by Azure's own JavaScript client."""
import pathlib
import subprocess

import harness

SCRIPT = pathlib.Path(__file__).parent.parent / "emulator/managed_identity.mjs"


class ManagedIdentity(harness.WorldTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.variables = cls.world.endpoint["identity"]
        # Without the emulator's record, where the account's key stands.
        (cls.world.directory / "run/aloft/emulator.json").unlink()

    def configure(self, *more):
        directory = self.world.directory / "home/.config/aloft"
        directory.mkdir(parents=True, exist_ok=True)
        accounts = directory / "accounts.toml"
        accounts.touch(mode=0o600)
        accounts.write_text("\n".join([f"[account.{harness.ACCOUNT}]",
                                       f'endpoint = "{self.world.endpoint["blob_endpoint"]}"',
                                       'credential = "managed-identity"', *more, ""]))

    def test_a_container_is_written_and_read_without_a_key(self):
        self.configure()
        box = f"{self.world.uri}/box"
        source = self.world.directory / "file"
        source.write_text("by identity")
        self.world.aloft("mkdir", box, env=self.variables)
        self.world.aloft("cp", source, f"{box}/one", env=self.variables)
        self.world.aloft("cp", f"{box}/one", f"{box}/two", env=self.variables)
        self.assertEqual(self.world.aloft("cat", f"{box}/two", env=self.variables).stdout, "by identity")
        self.world.aloft("run", "sh", "-c", "cat $0/one > $0/three", f"/aloft/az/{harness.ACCOUNT}/box",
                         env=self.variables)
        self.assertEqual(self.world.aloft("cat", f"{box}/three", env=self.variables).stdout, "by identity")

    def test_an_identity_that_the_machine_lacks_is_named(self):
        self.configure('client_id = "another"')
        done = self.world.aloft("ls", self.world.uri, env=self.variables, check=False)
        self.assertNotEqual(done.returncode, 0)
        for part in ("client_id another", "Identity not found", "accounts file"):
            self.assertIn(part, done.stderr)

    def test_an_official_client_gets_a_token(self):
        done = subprocess.run(["node", str(SCRIPT), self.world.endpoint["blob_endpoint"]],
                              env=self.world.environment | self.variables, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (0, "200\n"), done.stderr)


if __name__ == "__main__":
    harness.main()
