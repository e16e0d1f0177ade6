// SPDX-License-Identifier: Apache-2.0
// official_kinds.mjs READY_FILE: append blobs, page blobs and copies, by Azure's own JavaScript client.
import assert from "node:assert/strict";
import {createHash} from "node:crypto";

import {all, blobOf, blobs, container, credential, inAnHour, refused, run, textOf} from "./official.mjs";

const {BlobSASPermissions, generateBlobSASQueryParameters} = blobs;
const sasUrl = (blob, more = {}) => {
  const query = generateBlobSASQueryParameters({containerName: container.containerName, blobName: blob.name,
    expiresOn: inAnHour(), permissions: BlobSASPermissions.parse("r"), ...more}, credential);
  return `${blob.url}${blob.url.includes("?") ? "&" : "?"}${query}`;
};
const md5Of = (text) => createHash("md5").update(text).digest();
const page = (letter, count = 1) => Buffer.alloc(512 * count, letter);

await run({
  async "an append blob grows block by block until it is sealed"() {
    await container.create();
    const blob = container.getAppendBlobClient("log");
    await blob.create({metadata: {a: "1"}, blobHTTPHeaders: {blobContentType: "text/log"}});
    const first = await blob.appendBlock("one ", 4, {transactionalContentMD5: md5Of("one ")});
    assert.equal(first.blobAppendOffset, "0");
    const second = await blob.appendBlock("two ", 4, {conditions: {appendPosition: 4, ifMatch: first.etag}});
    assert.equal(second.blobCommittedBlockCount, 2);
    await refused(blob.appendBlock("x", 1, {conditions: {appendPosition: 4}}), 412, "AppendPositionConditionNotMet");
    await refused(blob.appendBlock("x", 1, {conditions: {maxSize: 8}}), 412, "MaxBlobSizeConditionNotMet");
    const source = blobOf("source of appends");
    await source.upload("0123456789", 10);
    await blob.appendBlockFromURL(sasUrl(source), 3, 4, {sourceContentMD5: md5Of("3456")});
    assert.equal(await textOf(blob), "one two 3456");
    const before = await blob.getProperties();
    assert.equal(before.blobType, "AppendBlob");
    assert.equal(before.blobCommittedBlockCount, 3);
    assert.equal(before.metadata.a, "1");
    assert.equal((await blob.seal()).isSealed, true);
    await refused(blob.appendBlock("x", 1), 409, "BlobIsSealed");
    assert.equal((await blob.getProperties()).isSealed, true);
    const [listed] = await all(container.listBlobsFlat({prefix: "log"}));
    assert.equal(listed.properties.blobType, "AppendBlob");
    await refused(blobOf("log").stageBlock("QUFB", "x", 1), 409, "InvalidBlobType");
  },

  async "a page blob is written, cleared, resized, compared"() {
    const blob = container.getPageBlobClient("disk");
    await blob.create(4096, {blobSequenceNumber: 3});
    await blob.uploadPages(page("a", 2), 0, 1024);
    const put = await blob.uploadPages(page("b"), 2048, 512, {transactionalContentMD5: md5Of(page("b"))});
    assert.equal(put.blobSequenceNumber, 3);
    const snapshot = await blob.createSnapshot();
    await blob.clearPages(512, 512);
    await blob.uploadPages(page("c"), 3072, 512, {conditions: {ifSequenceNumberEqualTo: 3}});
    await refused(blob.uploadPages(page("c"), 0, 512, {conditions: {ifSequenceNumberLessThan: 3}}), 412,
      "SequenceNumberConditionNotMet");
    await refused(blob.uploadPages(page("c"), 4096, 512), 416, "InvalidPageRange");
    const expected = Buffer.concat([page("a"), page(0, 3), page("b"), page(0), page("c"), page(0)]);
    assert.ok(expected.equals(await blob.downloadToBuffer()));
    const ranges = await blob.getPageRanges(0, 4096);
    // This client takes the last byte of a range for its end: its counts are one too small.
    assert.deepEqual(ranges.pageRange, [{offset: 0, count: 511}, {offset: 2048, count: 511}, {offset: 3072, count: 511}]);
    const diff = await blob.getPageRangesDiff(0, 4096, snapshot.snapshot);
    assert.deepEqual(diff.pageRange, [{offset: 3072, count: 511}]);
    assert.deepEqual(diff.clearRange, [{offset: 512, count: 511}]);
    assert.equal((await all(blob.listPageRanges(0, 4096).byPage({maxPageSize: 2}))).length, 2);
    await blob.uploadPagesFromURL(sasUrl(blob), 2048, 0, 512);
    assert.ok(page("b").equals(await blob.downloadToBuffer(0, 512)));
    await blob.resize(1024);
    assert.equal((await blob.getProperties()).contentLength, 1024);
    assert.equal((await blob.updateSequenceNumber("increment")).blobSequenceNumber, 4);
    assert.equal((await blob.getProperties()).blobType, "PageBlob");
    assert.equal((await blob.withSnapshot(snapshot.snapshot).getProperties()).contentLength, 4096);
  },

  async "copies keep the kind; those to another kind are refused"() {
    const copy = container.getAppendBlobClient("copy of log");
    await (await copy.beginCopyFromURL(container.getAppendBlobClient("log").url, {intervalInMs: 1})).pollUntilDone();
    const properties = await copy.getProperties();
    assert.equal(properties.blobType, "AppendBlob");
    assert.ok(!properties.isSealed, "a copy is not sealed");
    await copy.appendBlock("!", 1);
    assert.equal(await textOf(copy), "one two 3456!");
    await refused(blobOf("disk").beginCopyFromURL(copy.url), 409, "InvalidBlobType");
    await refused(copy.abortCopyFromURL(properties.copyId), 409, "NoPendingCopyOperation");
    await refused(copy.abortCopyFromURL("another"), 409, "CopyIdMismatch");
  },

  async "a blob is put from a URL"() {
    const source = blobOf("put from");
    await source.upload("hello", 5, {metadata: {of: "source"}, blobHTTPHeaders: {blobContentType: "text/x"}});
    const target = blobOf("put to");
    const put = await target.syncUploadFromURL(sasUrl(source), {sourceContentMD5: md5Of("hello")});
    assert.deepEqual(Buffer.from(put.contentMD5), md5Of("hello"));
    let properties = await target.getProperties();
    assert.equal(properties.contentType, "text/x");
    assert.deepEqual(properties.metadata, {});
    assert.equal(properties.copyStatus, undefined);
    await target.syncUploadFromURL(sasUrl(source), {copySourceBlobProperties: false, metadata: {of: "target"},
      blobHTTPHeaders: {blobContentType: "text/y"}});
    properties = await target.getProperties();
    assert.equal(properties.contentType, "text/y");
    assert.deepEqual(properties.metadata, {of: "target"});
    assert.equal(await textOf(target), "hello");
    await refused(target.syncUploadFromURL(sasUrl(source), {sourceContentMD5: md5Of("other")}), 400, "Md5Mismatch");
    await refused(target.syncUploadFromURL(source.url), 401, "CannotVerifyCopySource");
    await refused(target.syncUploadFromURL(sasUrl(source), {conditions: {ifNoneMatch: "*"}}), 409,
      "BlobAlreadyExists");
    await container.delete();
  },
});
