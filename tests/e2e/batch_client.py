# SPDX-License-Identifier: Apache-2.0
"""A small client of the Batch service, for tests that need to see each request; it shares nothing with Aloft."""
import base64
import email.utils
import hashlib
import hmac
import http.client
import json
import urllib.parse

VERSION = "2025-06-01"


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        text = response.read()
        self.body = json.loads(text) if text and "json" in (self.headers["Content-Type"] or "") else text

    def __repr__(self):
        return f"{self.status} {self.body}"


class BatchClient:
    """For one thread. `record` is the emulator's ready file: account, key and batch_endpoint."""

    def __init__(self, record):
        endpoint = urllib.parse.urlsplit(record["batch_endpoint"])
        self.connection = http.client.HTTPConnection(endpoint.hostname, endpoint.port, timeout=60)
        self.account, self.key = record["account"], base64.b64decode(record["key"])

    def close(self):
        self.connection.close()

    def prepare(self, method, path, body=None, query=None, headers=None):
        """A signed request for send(), within 15 minutes."""
        query = {"api-version": VERSION} | (query or {})
        headers = dict(headers or {}) | {"ocp-date": email.utils.formatdate(usegmt=True)}
        text = b"" if body is None else json.dumps(body).encode()
        if text:
            headers["Content-Type"] = "application/json; odata=minimalmetadata"
        headers["Authorization"] = self.signature(method, path, query, headers, len(text))
        return method, path + "?" + urllib.parse.urlencode(query), text or None, headers

    def send(self, prepared):
        self.connection.request(*prepared)
        return Answer(self.connection.getresponse())

    def request(self, method, path, body=None, query=None, headers=None):
        return self.send(self.prepare(method, path, body, query, headers))

    def signature(self, method, path, query, headers, length):
        size = str(length) if length or method == "POST" else ""
        fields = [method, "", "", size, "", headers.get("Content-Type", ""), "", "", headers.get("If-Match", ""),
                  headers.get("If-None-Match", ""), "", ""]
        lines = fields + sorted(f"{k.lower()}:{v}" for k, v in headers.items() if k.lower().startswith("ocp-"))
        text = "\n".join(lines) + f"\n/{self.account}{path}"
        text += "".join(f"\n{name.lower()}:{value}" for name, value in sorted(query.items()))
        digest = hmac.new(self.key, text.encode(), hashlib.sha256).digest()
        return f"SharedKey {self.account}:{base64.b64encode(digest).decode()}"

    def must(self, status, method, path, body=None, query=None, headers=None):
        answer = self.request(method, path, body, query, headers)
        assert answer.status == status, (method, path, answer)
        return answer.body

    def add_pool(self, pool, nodes, slots=1):
        return self.must(201, "POST", "/pools", {
            "id": pool, "vmSize": "Standard_D4s_v5", "targetDedicatedNodes": nodes, "taskSlotsPerNode": slots,
            "virtualMachineConfiguration": {
                "imageReference": {"publisher": "debian", "offer": "debian-12", "sku": "12"},
                "nodeAgentSKUId": "batch.node.debian 12"}})

    def add_job(self, job, pool, **more):
        return self.must(201, "POST", "/jobs",
                         {"id": job, "poolInfo": {"poolId": pool}, "usesTaskDependencies": True} | more)

    def add_tasks(self, job, tasks):
        """In collections of 100; the results by task id."""
        results = {}
        for begin in range(0, len(tasks), 100):
            answer = self.must(200, "POST", f"/jobs/{job}/addtaskcollection", {"value": tasks[begin:begin + 100]})
            results |= {one["taskId"]: one for one in answer["value"]}
        return results

    def tasks(self, job):
        """All tasks by id, page by page."""
        found, token = {}, None
        while True:
            page = self.must(200, "GET", f"/jobs/{job}/tasks", query={"$skiptoken": token} if token else {})
            found |= {task["id"]: task for task in page["value"]}
            if "odata.nextLink" not in page:
                return found
            link = urllib.parse.urlsplit(page["odata.nextLink"])
            token = dict(urllib.parse.parse_qsl(link.query))["$skiptoken"]


def shell(task, command, **more):
    return {"id": str(task), "commandLine": f"/bin/sh -c '{command}'"} | more
