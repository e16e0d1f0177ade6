# SPDX-License-Identifier: Apache-2.0
"""A Blob service client of the standard library alone, for tests: one request at a time, signed with Shared Key.

Independent of Aloft's own signing on purpose. Speaks to the emulator and to Azurite.
"""
import base64
import email.utils
import hashlib
import hmac
import http.client
import urllib.parse

VERSION = "2021-12-02"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.code = headers.get("x-ms-error-code", "")

    def __repr__(self):
        return f"{self.status} {self.code}"


class BlobClient:
    """For one thread. `record` is the emulator's ready file: account, key and blob_endpoint."""

    def __init__(self, record, timeout=30):
        self.account, self.key = record["account"], base64.b64decode(record["key"])
        endpoint = urllib.parse.urlsplit(record["blob_endpoint"])
        self.base = endpoint.path
        self.connection = http.client.HTTPConnection(endpoint.hostname, endpoint.port, timeout=timeout)

    def sign(self, method, path, query, headers):
        standard = ["Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
                    "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"]
        lower = {name.lower(): str(value) for name, value in headers.items()}
        fields = [lower.get(name.lower(), "") for name in standard]
        if fields[2] == "0":
            fields[2] = ""
        # Good enough for the names that tests use: hyphens last, as the service sorts.
        special = sorted((name for name in lower if name.startswith("x-ms-")), key=lambda n: (n.replace("-", ""), n))
        text = "\n".join([method, *fields, *(f"{name}:{lower[name].strip()}" for name in special)])
        text += "\n/" + self.account + path
        for name in sorted(query):
            text += f"\n{name}:{query[name]}"
        digest = hmac.new(self.key, text.encode(), hashlib.sha256).digest()
        return f"SharedKey {self.account}:{base64.b64encode(digest).decode()}"

    def prepare(self, method, path, query=None, headers=None, body=b"", sign=True, raw_query=""):
        """Target and header fields of a request; `path` is "container/blob", not encoded."""
        query = {name.lower(): str(value) for name, value in (query or {}).items()}
        encoded = self.base + ("/" + urllib.parse.quote(path) if path else "/")
        all_headers = {"x-ms-version": VERSION, "x-ms-date": email.utils.formatdate(usegmt=True)} if sign else {}
        all_headers |= headers or {}
        if body or method in ("PUT", "POST"):
            all_headers.setdefault("Content-Length", str(len(body)))
        if sign:
            all_headers["Authorization"] = self.sign(method, encoded, query, all_headers)
        target = encoded
        if query or raw_query:
            target += "?" + "&".join(filter(None, [urllib.parse.urlencode(query), raw_query]))
        return target, all_headers

    def request(self, method, path, query=None, headers=None, body=b"", sign=True, raw_query=""):
        """As prepare(); raises OSError or HTTPException where the connection breaks."""
        target, all_headers = self.prepare(method, path, query, headers, body, sign, raw_query)
        self.connection.request(method, target, body=body or None, headers=all_headers)
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def close(self):
        self.connection.close()
