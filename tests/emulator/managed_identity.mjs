// SPDX-License-Identifier: Apache-2.0
// managed_identity.mjs BLOB_ENDPOINT: Azure's own JavaScript client, unmodified, gets a token as a task would, from
// what the environment names; prints the status of a listing of containers with it. (The Blob client itself sends
// tokens over https only.)
import assert from "node:assert/strict";
import {webcrypto} from "node:crypto";
import {createRequire} from "node:module";
import path from "node:path";

globalThis.crypto ??= webcrypto; // Node.js 18 has it, but not under this name.

const npm = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../npm/");
const {ManagedIdentityCredential} = createRequire(npm)("@azure/identity");

const token = await new ManagedIdentityCredential().getToken("https://storage.azure.com/.default");
assert.ok(token.expiresOnTimestamp > Date.now() + 3600_000);
const listing = await fetch(`${process.argv[2]}/?comp=list`, {
  headers: {"Authorization": `Bearer ${token.token}`, "x-ms-version": "2021-12-02"},
});
console.log(listing.status);

await assert.rejects(new ManagedIdentityCredential("another").getToken("https://storage.azure.com/.default"),
                     /Identity not found/);
