// SPDX-License-Identifier: Apache-2.0
// official_tags.mjs READY_FILE: tags and tiers of blobs, and batches, by Azure's own JavaScript client.
import assert from "node:assert/strict";

import {all, anonymous, blobOf, blobs, container, credential, inAnHour, refused, run, service,
  textOf} from "./official.mjs";

const {BlobSASPermissions, generateBlobSASQueryParameters} = blobs;
const bySas = (blob, permissions) => {
  const query = generateBlobSASQueryParameters({containerName: container.containerName, blobName: blob.name,
    expiresOn: inAnHour(), permissions: BlobSASPermissions.parse(permissions)}, credential);
  return new blobs.BlockBlobClient(`${blob.url}?${query}`, anonymous().pipeline);
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

await run({
  async "tags are set with a blob and beside it"() {
    await container.create();
    const blob = blobOf("tagged");
    const {etag} = await blob.upload("x", 1, {tags: {kind: "raw data", "a/b:c": "1+1=2"}});
    assert.deepEqual((await blob.getTags()).tags, {"a/b:c": "1+1=2", kind: "raw data"});
    assert.equal((await blob.getProperties()).tagCount, 2);
    await blob.setTags({kind: "cooked"});
    assert.equal((await blob.getProperties()).etag, etag);
    const [listed] = await all(container.listBlobsFlat({includeTags: true}));
    assert.deepEqual(listed.tags, {kind: "cooked"});
    assert.equal(listed.properties.tagCount, 1);
    await refused(blob.setTags({"": "x"}), 400, "EmptyTagName");
    await refused(blob.setTags({"#": "x"}), 400, "InvalidTag");
    await refused(blob.setTags({k: "x".repeat(257)}), 400, "TagsTooLarge");
  },

  async "tags are conditions"() {
    const blob = blobOf("tagged");
    const where = (tagConditions) => ({conditions: {tagConditions}});
    await blob.getProperties(where(`"kind" = 'cooked'`));
    await refused(blob.download(0, 1, where(`kind = 'raw'`)), 412, "ConditionNotMet");
    await refused(blob.upload("y", 1, where(`kind > 'x' OR kind < 'a'`)), 412, "ConditionNotMet");
    await blob.setMetadata({a: "b"}, where(`kind <> 'raw'`));
    assert.deepEqual((await blob.getTags()).tags, {kind: "cooked"});
  },

  async "copies and block lists have the tags they are given"() {
    const blob = blobOf("tagged");
    const copy = blobOf("copy");
    await (await copy.beginCopyFromURL(blob.url, {tags: {of: "copy"}, intervalInMs: 1})).pollUntilDone();
    assert.deepEqual((await copy.getTags()).tags, {of: "copy"});
    await copy.stageBlock("MQ==", "1", 1);
    await copy.commitBlockList(["MQ=="], {tags: {of: "list"}});
    assert.deepEqual((await copy.getTags()).tags, {of: "list"});
    await container.getAppendBlobClient("log").create({tags: {of: "log"}});
    assert.deepEqual((await container.getAppendBlobClient("log").getTags()).tags, {of: "log"});
  },

  async "blobs are found by tags"() {
    const other = service.getContainerClient(`${container.containerName}-other`);
    await other.create();
    await other.getBlockBlobClient("x/y").upload("x", 1, {tags: {project: "alpha", run: "07"}});
    for (const n of [1, 2, 3]) await blobOf(`run ${n}`).upload("x", 1, {tags: {project: "alpha", run: `0${n}`}});
    const names = (found) => found.map((one) => one.name);
    const where = `project = 'alpha' AND run >= '02'`;
    assert.deepEqual(names(await all(container.findBlobsByTags(where))), ["run 2", "run 3"]);
    const everywhere = await all(service.findBlobsByTags(where));
    assert.deepEqual(names(everywhere), ["run 2", "run 3", "x/y"]);
    assert.equal(everywhere[2].containerName, other.containerName);
    assert.equal(everywhere[2].tags.run, "07");
    const inOther = `@container = '${other.containerName}' AND project = 'alpha'`;
    assert.deepEqual(names(await all(service.findBlobsByTags(inOther))), ["x/y"]);
    const pages = await all(service.findBlobsByTags(where).byPage({maxPageSize: 2}));
    assert.deepEqual(pages.map((page) => names(page.blobs)), [["run 2", "run 3"], ["x/y"]]);
    await refused(all(service.findBlobsByTags("project")), 400, "InvalidQueryParameterValue");
    await other.delete();
  },

  async "a SAS sets tags by permission t"() {
    const blob = blobOf("tagged");
    await refused(bySas(blob, "rw").setTags({a: "b"}), 403, "AuthorizationPermissionMismatch");
    await refused(bySas(blob, "rw").upload("x", 1, {tags: {a: "b"}}), 403, "AuthorizationPermissionMismatch");
    await bySas(blob, "t").setTags({a: "b"});
    assert.deepEqual((await bySas(blob, "t").getTags()).tags, {a: "b"});
  },

  async "batches delete and set tiers"() {
    const batches = service.getBlobBatchClient();
    const doomed = [1, 2, 3].map((n) => blobOf(`doomed ä ${n}`));
    for (const blob of doomed) await blob.upload("x", 1);
    const tiered = await batches.setBlobsAccessTier(doomed, "Cool");
    assert.equal(tiered.subResponsesSucceededCount, 3);
    assert.equal((await doomed[2].getProperties()).accessTier, "Cool");
    const deleted = await batches.deleteBlobs([...doomed, blobOf("nowhere")]);
    assert.deepEqual(deleted.subResponses.map((one) => one.status), [202, 202, 202, 404]);
    assert.equal(deleted.subResponses[3].errorCode, "BlobNotFound");
    assert.equal(await doomed[0].exists(), false);
    const readable = bySas(blobOf("tagged"), "r");
    const without = await container.getBlobBatchClient().deleteBlobs([readable.url], new blobs.AnonymousCredential());
    assert.equal(without.subResponses[0].errorCode, "AuthorizationPermissionMismatch");
  },

  async "an archived blob is read once it is rehydrated"() {
    const blob = blobOf("cold");
    await blob.upload("content", 7, {tier: "Cool"});
    assert.equal((await blob.getProperties()).accessTier, "Cool");
    await blob.setAccessTier("Archive");
    await refused(blob.download(), 409, "BlobArchived");
    await refused(blob.upload("x", 1), 409, "BlobArchived");
    await refused(blobOf("from it").beginCopyFromURL(blob.url), 409, "BlobArchived");
    assert.equal((await blob.setAccessTier("Hot", {rehydratePriority: "High"}))._response.status, 202);
    const pending = await blob.getProperties();
    assert.equal(pending.accessTier, "Archive");
    assert.equal(pending.archiveStatus, "rehydrate-pending-to-hot");
    await refused(blob.setAccessTier("Cool"), 409, "BlobBeingRehydrated");
    for (let i = 0; i < 100 && (await blob.getProperties()).archiveStatus; ++i) await sleep(100);
    assert.equal(await textOf(blob), "content");
    assert.equal((await blob.getProperties()).accessTier, "Hot");
    await container.delete();
  },
});
