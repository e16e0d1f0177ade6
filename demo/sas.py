#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""demo/sas.py ACCOUNT KEY CONTAINER [PERMISSIONS]: a service SAS for a container, for an hour; without PERMISSIONS (the
letters of "sp", in Azure's order: racwdl…) it lets read and list.

Independent of Aloft's own signing on purpose; the fields and their order are those of "Create a service SAS",
version 2020-12-06 (https://learn.microsoft.com/rest/api/storageservices/create-service-sas).
"""
import base64
import datetime
import hashlib
import hmac
import sys
import urllib.parse

VERSION = "2020-12-06"


def main(account, key, container, permissions="rl"):
    expiry = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    # permissions, start, expiry, resource, identifier, IP, protocol, version, kind, snapshot, scope, five headers
    fields = [permissions, "", expiry, f"/blob/{account}/{container}", "", "", "", VERSION, "c", "", "", "", "", "", "", ""]
    digest = hmac.new(base64.b64decode(key), "\n".join(fields).encode(), hashlib.sha256).digest()
    print(urllib.parse.urlencode({"sp": permissions, "se": expiry, "sv": VERSION, "sr": "c",
                                  "sig": base64.b64encode(digest).decode()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
