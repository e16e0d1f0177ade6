// SPDX-License-Identifier: Apache-2.0
// What the scripts that drive the emulator by Azure's own client share: the packages, the account of the record that
// the first argument names, and the run of named cases, one line each; exits 1 at the first that fails.
import assert from "node:assert/strict";
import {randomBytes, webcrypto} from "node:crypto";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import path from "node:path";

globalThis.crypto ??= webcrypto; // Node.js 18 has it, but not under this name.

const npm = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../npm/");
export const packages = createRequire(npm);
export const blobs = packages("@azure/storage-blob");

export const record = JSON.parse(readFileSync(process.argv[2], "utf8"));
export const credential = new blobs.StorageSharedKeyCredential(record.account, record.key);
// Failures must show as they are, not after a minute of retries.
export const options = {retryOptions: {maxTries: 1}};
export const service = new blobs.BlobServiceClient(record.blob_endpoint, credential, options);
export const container = service.getContainerClient(`official-${randomBytes(4).toString("hex")}`);
export const blobOf = (name) => container.getBlockBlobClient(name);
export const inAnHour = () => new Date(Date.now() + 3600_000);
/// Without a credential, or with the SAS in the URL.
export const anonymous = (url = record.blob_endpoint) => new blobs.BlobServiceClient(url, undefined, options);

export async function refused(promise, status, code) {
  const error = await promise.then(() => assert.fail(`expected ${code}`), (e) => e);
  assert.equal(error.statusCode, status, error.message);
  assert.equal(error.code ?? error.details?.errorCode, code, error.message);
}

/// All of it, or from this offset as many bytes.
export const textOf = async (blob, ...range) => (await blob.downloadToBuffer(...range)).toString();

export async function all(pages) {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
}

export async function run(cases) {
  for (const [name, one] of Object.entries(cases)) {
    try {
      await one();
      console.log(`ok      ${name}`);
    } catch (error) {
      console.log(`FAILED  ${name}\n${error.stack}`);
      process.exit(1);
    }
  }
}
