// SPDX-License-Identifier: Apache-2.0
// official_versions.mjs READY_FILE: versions, by Azure's own JavaScript client; of an emulator with versioning.
import assert from "node:assert/strict";

import {all, blobOf, container, refused, run, service, textOf} from "./official.mjs";

const put = (blob, text, more) => blob.upload(text, text.length, more);
const versions = async () => (await all(container.listBlobsFlat({includeVersions: true})))
  .map((b) => [b.versionId, b.isCurrentVersion ?? false]);

await run({
  async "every write is a version"() {
    await container.create();
    const blob = blobOf("a");
    const one = await put(blob, "one");
    const two = await put(blob, "two");
    const three = await blob.setMetadata({m: "3"});
    assert.equal(new Set([one, two, three].map((answer) => answer.versionId)).size, 3);
    assert.equal(await textOf(blob.withVersion(one.versionId)), "one");
    assert.equal(await textOf(blob), "two");
    assert.deepEqual((await blob.withVersion(two.versionId).getProperties()).metadata, {});
    assert.deepEqual(await versions(), [[one.versionId, false], [two.versionId, false], [three.versionId, true]]);
    const current = await blob.getProperties();
    assert.equal(current.versionId, three.versionId);
    assert.equal(current.isCurrentVersion, true);
    assert.equal((await blob.setHTTPHeaders({blobContentType: "t/x"})).versionId, undefined);
    assert.equal((await versions()).length, 3, "properties are no version");

    await refused(blob.withVersion(three.versionId).delete(), 403, "OperationNotAllowedOnRootBlob");
    await blob.withVersion(one.versionId).delete();
    await refused(blob.withVersion(one.versionId).download(), 404, "BlobNotFound");
    await blob.delete();
    await refused(blob.download(), 404, "BlobNotFound");
    assert.deepEqual(await versions(), [[two.versionId, false], [three.versionId, false]]);
    const only = await all(container.listBlobsFlat({includeDeletedWithVersions: true}));
    assert.deepEqual(only.map((b) => b.hasVersionsOnly), [true]);
    await (await blob.beginCopyFromURL(blob.withVersion(two.versionId).url, {intervalInMs: 1})).pollUntilDone();
    assert.equal(await textOf(blob), "two");
    assert.equal((await versions()).length, 3);
  },

  async "a snapshot ends a version, an append does not"() {
    const log = container.getAppendBlobClient("log");
    const made = await log.create();
    await log.appendBlock("x", 1);
    assert.equal((await log.getProperties()).versionId, made.versionId);
    const snapshot = await log.createSnapshot();
    assert.notEqual(snapshot.versionId, made.versionId);
    assert.equal((await log.getProperties()).versionId, snapshot.versionId);
    assert.equal(await textOf(log.withVersion(made.versionId)), "x");
  },

  async "deleted versions come back while they are kept"() {
    await service.setProperties({deleteRetentionPolicy: {enabled: true, days: 2}});
    const blob = blobOf("soft");
    const one = await put(blob, "one");
    await put(blob, "two");
    await blob.withVersion(one.versionId).delete();
    await refused(blob.withVersion(one.versionId).download(), 404, "BlobNotFound");
    const listed = await all(container.listBlobsFlat({prefix: "soft", includeVersions: true, includeDeleted: true}));
    assert.deepEqual(listed.map((b) => [b.versionId === one.versionId, b.deleted ?? false]),
      [[true, true], [false, false]]);
    await blob.undelete();
    assert.equal(await textOf(blob.withVersion(one.versionId)), "one");
    assert.equal(await textOf(blob), "two");
    await container.delete();
  },
});
