#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aloft account, and the identities of Entra ID as Azure offers them: a token endpoint, a metadata service and an az
of this test give the emulator's own tokens, so that the emulator says whether they are right."""
import base64
import contextlib
import hashlib
import http.server
import json
import ssl
import stat
import subprocess
import threading
import urllib.parse
import urllib.request

import harness

TENANT, CLIENT = "contoso.example", "11111111-2222-4333-8444-555555555555"
SECRET, FEDERATED = "S3cret~value", "federated-token"
STORAGE = "https://storage.azure.com/"


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60, **more).stdout


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def make_certificate(directory, name, address="IP:127.0.0.1"):
    """A certificate that signs itself, and its key; both paths."""
    key, certificate = directory / f"{name}.key", directory / f"{name}.crt"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
            "-subj", f"/CN={name}", "-addext", f"subjectAltName={address}")
    return key, certificate


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, content_type="application/json"):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving(handler, certificate=None):
    """A server on a free port of loopback, by TLS where there is a certificate; gives its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate[1], certificate[0])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class EntraId:
    """The token endpoint of a tenant that has one application."""

    def __init__(self, token, certificate):
        self.token, self.certificate = token, certificate
        self.requests = []

    def handler(self):
        entra = self

        class EntraHandler(Handler):
            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                url = f"{entra.url}{self.path}"
                entra.requests.append(form)
                refusal = entra.refusal(self.path, url, form)
                if refusal:
                    self.answer(401, json.dumps({"error": "invalid_client", "error_description": refusal,
                                                 "trace_id": "trace-1"}))
                else:
                    self.answer(200, json.dumps({"token_type": "Bearer", "expires_in": 3599,
                                                 "access_token": entra.token()}))
        return EntraHandler

    def refusal(self, path, url, form):
        if path != f"/{TENANT}/oauth2/v2.0/token":
            return "AADSTS90002: Tenant not found."
        if form.get("client_id") != CLIENT or form.get("grant_type") != "client_credentials":
            return "AADSTS700016: Application was not found in the directory."
        if form.get("scope") != STORAGE + ".default":
            return "AADSTS70011: The provided request must include a 'scope' input parameter."
        if "client_secret" in form:
            return "" if form["client_secret"] == SECRET else "AADSTS7000215: Invalid client secret provided."
        if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
            return "AADSTS7000218: The request body must contain client_assertion or client_secret."
        if form["client_assertion"] == FEDERATED:
            return ""
        return self.wrong_assertion(form["client_assertion"], url)

    def wrong_assertion(self, assertion, url):
        """By OpenSSL, as https://learn.microsoft.com/entra/identity-platform/certificate-credentials describes it."""
        header, claims, signature = assertion.split(".")
        der = openssl("x509", "-in", self.certificate, "-outform", "DER")
        thumbprint = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
        if json.loads(decode(header)) != {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}:
            return "AADSTS700027: The certificate is not registered."
        said = json.loads(decode(claims))
        if (said["iss"], said["sub"], said["aud"]) != (CLIENT, CLIENT, url) or said["exp"] - said["nbf"] > 600:
            return "AADSTS700023: Client assertion audience claim does not match."
        directory = self.certificate.parent
        (directory / "public").write_bytes(openssl("x509", "-in", self.certificate, "-noout", "-pubkey"))
        (directory / "signature").write_bytes(decode(signature))
        try:
            openssl("dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest",
                    "-verify", directory / "public", "-signature", directory / "signature",
                    input=f"{header}.{claims}".encode())
        except subprocess.CalledProcessError:
            return "AADSTS700027: The signature is wrong."
        return ""


class Accounts(harness.WorldTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.identity = cls.world.endpoint["identity"]
        cls.endpoint = cls.world.endpoint["blob_endpoint"]
        cls.directory = cls.world.directory
        cls.accounts = cls.directory / "home/.config/aloft/accounts.toml"
        # Without the emulator's record, where the account's key stands.
        (cls.directory / "run/aloft/emulator.json").unlink()
        cls.key, cls.certificate = make_certificate(cls.directory, "application")
        cls.entra = EntraId(cls.emulator_token, cls.certificate)
        cls.entra.url = cls.enterClassContext(serving(cls.entra.handler()))

    @classmethod
    def enterClassContext(cls, context):  # Python 3.11 has it.
        value = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        return value

    @classmethod
    def emulator_token(cls):
        url = (cls.identity["AZURE_POD_IDENTITY_AUTHORITY_HOST"] +
               "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=" + urllib.parse.quote(STORAGE, safe=""))
        request = urllib.request.Request(url, headers={"Metadata": "true"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)["access_token"]

    def setUp(self):
        self.accounts.unlink(missing_ok=True)

    def add(self, *arguments, secret="", check=True, env=None):
        return self.world.aloft("account", "add", harness.ACCOUNT, "--endpoint", self.endpoint, *arguments,
                                input=secret, check=check, env=env)

    def assert_works(self, env=None):
        shown = json.loads(self.world.aloft("account", "test", "--json", harness.ACCOUNT, env=env).stdout)
        self.assertTrue(shown["checks"][0]["ok"])
        box = f"{self.world.uri}/{self._testMethodName[5:].replace('_', '-')[:60].strip('-')}"
        self.world.aloft("mkdir", box, env=env)
        source = self.directory / "file"
        source.write_text("by identity")
        self.world.aloft("cp", source, f"{box}/one", env=env)
        self.assertEqual(self.world.aloft("cat", f"{box}/one", env=env).stdout, "by identity")
        return shown["credential"]

    def test_a_key_is_added_listed_tried_and_removed(self):
        key = self.world.endpoint["key"]
        self.add(secret=key + "\n")
        self.assertEqual(stat.S_IMODE(self.accounts.stat().st_mode), 0o600)
        for arguments in (["list"], ["list", "--json"], ["test", harness.ACCOUNT]):
            shown = self.world.aloft("account", *arguments)
            self.assertNotIn(key, shown.stdout + shown.stderr)
            self.assertIn(harness.ACCOUNT, shown.stdout)
        self.assertEqual(self.assert_works(), "the account's key")
        again = self.add(secret=key, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("--replace", again.stderr)
        self.world.aloft("account", "remove", harness.ACCOUNT)
        self.assertEqual(self.accounts.read_text(), "")
        gone = self.world.aloft("account", "remove", harness.ACCOUNT, check=False)
        self.assertIn("aloft account list", gone.stderr)

    def test_a_secret_may_come_from_a_file_and_not_from_the_arguments(self):
        file = self.directory / "secret"
        file.write_text(self.world.endpoint["key"] + "\n")
        self.add("--secret-file", file)
        self.assert_works()
        self.accounts.unlink()
        self.assertEqual(self.add("--key", "c2VjcmV0", check=False).returncode, 2)
        self.assertEqual(self.add(secret="", check=False).returncode, 2)
        self.assertFalse(self.accounts.exists())

    def test_a_file_that_others_can_read_is_refused(self):
        self.add(secret=self.world.endpoint["key"])
        self.accounts.chmod(0o644)
        for arguments in (["list"], ["test", harness.ACCOUNT], ["remove", harness.ACCOUNT]):
            done = self.world.aloft("account", *arguments, check=False)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn(f"chmod 600 {self.accounts}", done.stderr)

    def test_what_does_not_work_is_said(self):
        self.add(secret="c2VjcmV0")
        done = self.world.aloft("account", "test", "--container", "box", harness.ACCOUNT, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.count("FAILED"), 2)
        self.assertIn("AuthenticationFailed", done.stdout)

    def add_principal(self, *arguments, secret=SECRET, authority=None):
        self.add("--credential", "service-principal", "--tenant", TENANT, "--client-id", CLIENT,
                 "--authority", authority or self.entra.url, *arguments, secret=secret)

    def test_a_service_principal_with_a_secret(self):
        self.add_principal()
        self.assertEqual(self.assert_works(), f"the service principal {CLIENT} of the tenant {TENANT}")

    def test_a_service_principal_with_a_certificate(self):
        pem = self.directory / "application.pem"
        pem.touch(mode=0o600)
        pem.write_bytes(self.certificate.read_bytes() + self.key.read_bytes())
        self.add_principal("--certificate", pem, secret="")
        self.assert_works()
        self.assertIn("client_assertion", self.entra.requests[-1])
        self.world.aloft("account", "remove", harness.ACCOUNT)
        # The key again, but encrypted.
        pem.write_bytes(self.certificate.read_bytes() +
                        openssl("pkey", "-in", self.key, "-aes256", "-passout", "pass:open sesame"))
        self.add_principal("--certificate", pem, "--encrypted", secret="open sesame\n")
        self.world.aloft("account", "test", harness.ACCOUNT)

    def test_a_refused_service_principal_is_named_with_the_remedy(self):
        self.add_principal(secret="Wr0ng~value")
        done = self.world.aloft("ls", self.world.uri, check=False)
        self.assertEqual(done.returncode, 1)
        for part in ("AADSTS7000215", CLIENT, self.entra.url, "secret's value"):
            self.assertIn(part, done.stderr)
        self.assertNotIn("Wr0ng", done.stdout + done.stderr)

    def test_a_workload_identity(self):
        token = self.directory / "federated"
        token.write_text(FEDERATED)
        env = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT, "AZURE_FEDERATED_TOKEN_FILE": str(token),
               "AZURE_AUTHORITY_HOST": self.entra.url + "/"}
        self.add("--credential", "workload-identity", env=env)
        self.assertIn("workload identity", self.assert_works(env))

    def test_the_default_is_a_service_principal_of_the_environment(self):
        env = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": SECRET,
               "AZURE_AUTHORITY_HOST": self.entra.url}
        self.assertIn("az login", self.add("--credential", "default", check=False).stderr)
        self.add("--credential", "default", env=env)
        self.assertIn("service principal", self.assert_works(env))

    def test_the_managed_identity_of_the_machine(self):
        self.add("--credential", "managed-identity")
        self.assertEqual(self.assert_works(self.identity), "the machine's managed identity")

    def az(self, script):
        programs = self.directory / "programs"
        programs.mkdir(exist_ok=True)
        (programs / "az").write_text("#!/bin/sh\n" + script)
        (programs / "az").chmod(0o755)
        return {"PATH": f"{programs}:{self.world.environment['PATH']}"}

    def test_who_is_signed_in_with_az(self):
        self.add("--credential", "azure-cli", "--tenant", TENANT)
        answer = json.dumps({"accessToken": self.emulator_token(), "expires_on": 4000000000, "tokenType": "Bearer"})
        env = self.az("[ \"$*\" = 'account get-access-token --output json --resource "
                      f"{STORAGE} --tenant {TENANT}' ] || exit 9\necho '{answer}'\n")
        self.assertIn("az", self.assert_works(env))
        # Also where a daemon of another environment serves the files.
        shown = self.world.aloft("run", "sh", "-c", "cat $0/who-is-signed-in-with-az/one",
                                 f"/aloft/az/{harness.ACCOUNT}", env=env)
        self.assertEqual(shown.stdout, "by identity")
        env = self.az("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1")
        done = self.world.aloft("ls", self.world.uri, env=env, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"az login --tenant {TENANT}", done.stderr)

    def test_certificates_are_verified(self):
        authorizations = []

        class Storage(Handler):
            def do_GET(self):
                authorizations.append(self.headers["Authorization"])
                self.answer(200, "<EnumerationResults><Containers/></EnumerationResults>", "application/xml")

        certificate = make_certificate(self.directory, "storage")
        other = make_certificate(self.directory, "other")
        with serving(Storage, certificate) as storage, serving(self.entra.handler(), certificate) as authority:
            self.endpoint, self.entra.url, before = storage, authority, self.entra.url
            try:
                for authorities in (["--authorities", other[1]], []):
                    self.add_principal("--replace", *authorities)
                    done = self.world.aloft("account", "test", harness.ACCOUNT, check=False)
                    self.assertEqual(done.returncode, 1)
                    self.assertIn("authorities_file", done.stdout)
                    self.assertEqual(authorizations, [])
                self.add_principal("--replace", "--authorities", certificate[1])
                done = self.world.aloft("account", "test", harness.ACCOUNT)
                self.assertIn(storage, done.stdout)
            finally:
                del self.endpoint
                self.entra.url = before
        self.assertTrue(authorizations[0].startswith("Bearer "))

    def test_tokens_are_not_sent_in_the_clear(self):
        done = self.world.aloft("account", "add", "lab", "--endpoint", "http://storage.example", "--credential",
                                "managed-identity", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("https only", done.stderr)


if __name__ == "__main__":
    harness.main()
