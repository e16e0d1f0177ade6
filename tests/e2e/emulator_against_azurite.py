#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same requests to the emulator and to Azurite: status and error code agree, but where STRICTER says why not.

Azurite is no oracle, either: each deviation names what Azure documents.
"""
import base64
import email.utils
import hashlib
import time

import harness
import judges
from blob_client import BlobClient

BLOCK = {"x-ms-blob-type": "BlockBlob"}
A, B, LONG = (base64.b64encode(text).decode() for text in (b"a", b"b", b"longer"))
PAST = email.utils.formatdate(0, usegmt=True)
FUTURE = email.utils.formatdate(time.time() + 3600, usegmt=True)
MD5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()


def listing(*entries):
    return ("<BlockList>" + "".join(f"<{kind}>{block}</{kind}>" for kind, block in entries) + "</BlockList>").encode()


# name, method, path, query, headers, body; "@ETAG" is the ETag that the last answer had.
REQUESTS = [
    ("create", "PUT", "box", {"restype": "container"}, {}, b""),
    ("create again", "PUT", "box", {"restype": "container"}, {}, b""),
    ("create with capital", "PUT", "Box", {"restype": "container"}, {}, b""),
    ("create too short", "PUT", "ab", {"restype": "container"}, {}, b""),
    ("properties", "GET", "box", {"restype": "container"}, {}, b""),
    ("properties of none", "HEAD", "absent", {"restype": "container"}, {}, b""),
    ("delete none", "DELETE", "absent", {"restype": "container"}, {}, b""),
    ("list none", "GET", "absent", {"restype": "container", "comp": "list"}, {}, b""),
    ("list", "GET", "box", {"restype": "container", "comp": "list"}, {}, b""),
    ("list 0", "GET", "box", {"restype": "container", "comp": "list", "maxresults": "0"}, {}, b""),
    ("list -1", "GET", "box", {"restype": "container", "comp": "list", "maxresults": "-1"}, {}, b""),
    ("list containers", "GET", "", {"comp": "list"}, {}, b""),
    ("get none", "GET", "box/absent", {}, {}, b""),
    ("head none", "HEAD", "box/absent", {}, {}, b""),
    ("get in none", "GET", "absent/x", {}, {}, b""),
    ("put in none", "PUT", "absent/x", {}, BLOCK, b"x"),
    ("put without type", "PUT", "box/x", {}, {}, b"x"),
    ("put of no type", "PUT", "box/x", {}, {"x-ms-blob-type": "Blob"}, b"x"),
    ("put if match none", "PUT", "box/x", {}, BLOCK | {"If-Match": '"0x1"'}, b"x"),
    ("put if any match none", "PUT", "box/x", {}, BLOCK | {"If-Match": "*"}, b"x"),
    ("put wrong md5", "PUT", "box/x", {}, BLOCK | {"Content-MD5": MD5}, b"x"),
    ("put no md5", "PUT", "box/x", {}, BLOCK | {"Content-MD5": "abc"}, b"x"),
    ("put", "PUT", "box/x", {}, BLOCK, b"0123456789"),
    ("put if match", "PUT", "box/x", {}, BLOCK | {"If-Match": "@ETAG"}, b"0123456789"),
    ("put if none match", "PUT", "box/x", {}, BLOCK | {"If-None-Match": "*"}, b"x"),
    ("put if changed", "PUT", "box/x", {}, BLOCK | {"If-Modified-Since": FUTURE}, b"x"),
    ("put if unchanged", "PUT", "box/x", {}, BLOCK | {"If-Unmodified-Since": PAST}, b"x"),
    ("put bad metadata", "PUT", "box/x", {}, BLOCK | {"x-ms-meta-1a": "b"}, b"x"),
    ("put large metadata", "PUT", "box/meta", {}, BLOCK | {"x-ms-meta-a": "b" * 8200}, b"x"),
    ("get", "GET", "box/x", {}, {}, b""),
    ("head", "HEAD", "box/x", {}, {}, b""),
    ("get if match", "GET", "box/x", {}, {"If-Match": "@ETAG"}, b""),
    ("get if none match", "GET", "box/x", {}, {"If-None-Match": "@ETAG"}, b""),
    ("head if none match", "HEAD", "box/x", {}, {"If-None-Match": "@ETAG"}, b""),
    ("get if wrong match", "GET", "box/x", {}, {"If-Match": '"0x1"'}, b""),
    ("get if changed", "GET", "box/x", {}, {"If-Modified-Since": FUTURE}, b""),
    ("get if unchanged", "GET", "box/x", {}, {"If-Unmodified-Since": PAST}, b""),
    ("get if star", "GET", "box/x", {}, {"If-None-Match": "*"}, b""),
    ("range", "GET", "box/x", {}, {"Range": "bytes=2-4"}, b""),
    ("range by x-ms", "GET", "box/x", {}, {"x-ms-range": "bytes=2-"}, b""),
    ("range beyond", "GET", "box/x", {}, {"Range": "bytes=10-20"}, b""),
    ("range of end", "GET", "box/x", {}, {"Range": "bytes=5-20"}, b""),
    ("block without id", "PUT", "box/y", {"comp": "block"}, {}, b"x"),
    ("block id no base64", "PUT", "box/y", {"comp": "block", "blockid": "?"}, {}, b"x"),
    ("block empty", "PUT", "box/y", {"comp": "block", "blockid": A}, {}, b""),
    ("block in none", "PUT", "absent/y", {"comp": "block", "blockid": A}, {}, b"x"),
    ("block", "PUT", "box/y", {"comp": "block", "blockid": A}, {}, b"x"),
    ("block longer id", "PUT", "box/y", {"comp": "block", "blockid": LONG}, {}, b"x"),
    ("block wrong md5", "PUT", "box/y", {"comp": "block", "blockid": B}, {"Content-MD5": MD5}, b"x"),
    ("blocks of uncommitted", "GET", "box/y", {"comp": "blocklist", "blocklisttype": "all"}, {}, b""),
    ("blocks of none", "GET", "box/none", {"comp": "blocklist", "blocklisttype": "all"}, {}, b""),
    ("get uncommitted", "GET", "box/y", {}, {}, b""),
    ("delete uncommitted", "DELETE", "box/y", {}, {}, b""),
    ("commit unknown", "PUT", "box/y", {"comp": "blocklist"}, {}, listing(("Latest", B))),
    ("commit as committed", "PUT", "box/y", {"comp": "blocklist"}, {}, listing(("Committed", A))),
    ("commit nonsense", "PUT", "box/y", {"comp": "blocklist"}, {}, b"nonsense"),
    ("commit if match", "PUT", "box/y", {"comp": "blocklist"}, {"If-Match": '"0x1"'}, listing(("Latest", A))),
    ("commit", "PUT", "box/y", {"comp": "blocklist"}, {}, listing(("Uncommitted", A))),
    ("commit if none match", "PUT", "box/y", {"comp": "blocklist"}, {"If-None-Match": "*"}, listing(("Latest", A))),
    ("commit again", "PUT", "box/y", {"comp": "blocklist"}, {}, listing(("Committed", A), ("Latest", A))),
    ("commit nothing", "PUT", "box/empty", {"comp": "blocklist"}, {}, listing()),
    ("blocks", "GET", "box/y", {"comp": "blocklist", "blocklisttype": "all"}, {}, b""),
    ("blocks of no kind", "GET", "box/y", {"comp": "blocklist", "blocklisttype": "some"}, {}, b""),
    ("metadata of none", "PUT", "box/none", {"comp": "metadata"}, {}, b""),
    ("metadata", "PUT", "box/x", {"comp": "metadata"}, {"x-ms-meta-a": "b"}, b""),
    ("metadata if match", "PUT", "box/x", {"comp": "metadata"}, {"If-Match": '"0x1"'}, b""),
    ("properties of none", "PUT", "box/none", {"comp": "properties"}, {}, b""),
    ("set properties", "PUT", "box/x", {"comp": "properties"}, {"x-ms-blob-content-type": "a/b"}, b""),
    ("copy", "PUT", "box/copy", {}, {"x-ms-copy-source": "@BASE/box/x"}, b""),
    ("copy of none", "PUT", "box/copy", {}, {"x-ms-copy-source": "@BASE/box/none"}, b""),
    ("copy if none match", "PUT", "box/copy", {}, {"x-ms-copy-source": "@BASE/box/x", "If-None-Match": "*"}, b""),
    ("copy of changed", "PUT", "box/copy", {}, {"x-ms-copy-source": "@BASE/box/x", "x-ms-source-if-match": '"0x1"'},
     b""),
    ("copy of no url", "PUT", "box/copy", {}, {"x-ms-copy-source": "box/x"}, b""),
    ("delete if match", "DELETE", "box/x", {}, {"If-Match": '"0x1"'}, b""),
    ("delete", "DELETE", "box/x", {}, {}, b""),
    ("delete again", "DELETE", "box/x", {}, {}, b""),
    ("no version", "GET", "box/x", {}, {"x-ms-version": "2030-01-01"}, b""),
    ("old date", "GET", "box/y", {}, {"x-ms-date": PAST}, b""),
    ("delete container", "DELETE", "box", {"restype": "container"}, {}, b""),
    ("get in deleted", "GET", "box/y", {}, {}, b""),
]

# name: what the emulator answers, Azurite not; and why.
NO_CODE = "Azurite gives no error code"
MD5_CODES = "Azurite has InvalidOperation for what Azure tells apart"
STRICTER = {
    "list 0": ("400 OutOfRangeQueryParameterValue", NO_CODE),
    "list -1": ("400 OutOfRangeQueryParameterValue", NO_CODE),
    "put without type": ("400 MissingRequiredHeader", NO_CODE),
    "put of no type": ("400 InvalidHeaderValue", NO_CODE),
    "put if any match none": ("412 ConditionNotMet", "If-Match: * holds only for what exists"),
    "put wrong md5": ("400 Md5Mismatch", MD5_CODES),
    "put no md5": ("400 InvalidMd5", MD5_CODES),
    "put large metadata": ("400 MetadataTooLarge", "8 KiB is the limit"),
    "range beyond": ("416 InvalidRange", "a range that begins at the end has no byte"),
    "block without id": ("400 MissingRequiredQueryParameter", NO_CODE),
    "block empty": ("400 InvalidHeaderValue", "Put Block needs content"),
    "block wrong md5": ("400 Md5Mismatch", MD5_CODES),
    "delete uncommitted": ("404 BlobNotFound", "uncommitted blocks are no blob"),
    "commit nonsense": ("400 InvalidXmlDocument", NO_CODE),
    "blocks of no kind": ("400 InvalidQueryParameterValue", NO_CODE),
    "copy of none": ("404 CannotVerifyCopySource", "the code says that it is the source that is missing"),
    "copy of changed": ("412 SourceConditionNotMet", "the code says that it is the source that changed"),
    "old date": ("403 AuthenticationFailed", "a signature is good for 15 minutes"),
}


def answers(record):
    client = BlobClient(record)
    etag, seen = "", []
    for name, method, path, query, headers, body in REQUESTS:
        filled = {key: value.replace("@ETAG", etag).replace("@BASE", record["blob_endpoint"])
                  for key, value in headers.items()}
        answer = client.request(method, path, query, filled, body)
        etag = answer.headers.get("ETag", etag)
        seen.append((name, f"{answer.status} {answer.code}".strip()))
    client.close()
    return seen


class SameAnswers(harness.WorldTest):
    def test_status_and_code(self):
        azurite = judges.Azurite(self.world.directory)
        self.addCleanup(azurite.close)
        for (name, ours), (_, theirs) in zip(answers(self.world.endpoint), answers(azurite.record)):
            with self.subTest(request=name):
                if name in STRICTER:
                    self.assertEqual(ours, STRICTER[name][0])
                    self.assertNotEqual(ours, theirs, "the two agree by now: remove it from STRICTER")
                else:
                    self.assertEqual(ours, theirs)


if __name__ == "__main__":
    harness.main()
