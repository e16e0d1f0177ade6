// SPDX-License-Identifier: Apache-2.0
// official_client.mjs READY_FILE: Azure's own JavaScript client, unmodified, does every operation of the
// Blob service that the emulator has. Prints one line per case; exits 1 at the first that fails.
import assert from "node:assert/strict";
import {createHash, randomBytes} from "node:crypto";

import {all, anonymous, blobOf, blobs, container, credential, inAnHour, options, record, refused, run, service,
  textOf} from "./official.mjs";

const {
  AccountSASPermissions, AccountSASResourceTypes, AccountSASServices, BlobSASPermissions, BlobServiceClient,
  ContainerSASPermissions, SASProtocol, StorageSharedKeyCredential, generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
} = blobs;
const blockId = (n) => Buffer.from(`block-${String(n).padStart(6, "0")}`).toString("base64");
const sasUrl = (blob, permissions = "r") => `${blob.url}?` + generateBlobSASQueryParameters({
  containerName: container.containerName, blobName: blob.name, expiresOn: inAnHour(),
  permissions: BlobSASPermissions.parse(permissions)}, credential);

await run({
  async "containers are made, described, listed"() {
    await container.create({metadata: {purpose: "test", a_b: "1"}});
    await refused(container.create(), 409, "ContainerAlreadyExists");
    const properties = await container.getProperties();
    assert.deepEqual(properties.metadata, {purpose: "test", a_b: "1"});
    await container.setMetadata({purpose: "changed"});
    const listed = await all(service.listContainers({prefix: container.containerName, includeMetadata: true}));
    assert.equal(listed.length, 1);
    assert.equal(listed[0].metadata.purpose, "changed");
    assert.equal(await container.exists(), true);
    await refused(service.getContainerClient("absent-container").getProperties(), 404, "ContainerNotFound");
  },

  async "a blob is put and comes back with its properties"() {
    const blob = blobOf("dir/päth with spaces & <signs>%+.txt");
    const content = "hello, blob";
    const put = await blob.upload(content, content.length, {
      metadata: {permissions: "33188", Posix_Owner: "1000", posix_group: "7", hdi_isfolder: "no", z1: "1", z_: "2"},
      blobHTTPHeaders: {blobContentType: "text/plain; charset=utf-8", blobCacheControl: "no-cache",
        blobContentDisposition: "attachment", blobContentLanguage: "en", blobContentEncoding: "identity"}});
    assert.ok(put.etag);
    const md5 = createHash("md5").update(content).digest();
    const got = await blob.download();
    assert.equal(got.contentType, "text/plain; charset=utf-8");
    assert.equal(got.etag, put.etag);
    assert.deepEqual(Buffer.from(got.contentMD5), md5);
    assert.equal(await textOf(blob), content);
    const properties = await blob.getProperties();
    assert.equal(properties.contentLength, content.length);
    assert.equal(properties.blobType, "BlockBlob");
    assert.equal(properties.cacheControl, "no-cache");
    assert.equal(properties.contentDisposition, "attachment");
    assert.equal(properties.accessTier, "Hot");
    assert.equal(properties.metadata.permissions, "33188");
    assert.equal(properties.lastModified.getTime(), put.lastModified.getTime());
  },

  async "ranges"() {
    const blob = blobOf("ranges");
    await blob.upload("0123456789", 10);
    const part = await blob.download(3, 4, {rangeGetContentMD5: true});
    assert.equal(part.contentRange, "bytes 3-6/10");
    assert.equal(part._response.status, 206);
    assert.deepEqual(Buffer.from(part.contentMD5), createHash("md5").update("3456").digest());
    assert.equal(await textOf(blob, 3, 4), "3456");
    assert.equal((await blob.download(8)).contentLength, 2);
    await refused(blob.download(10, 1), 416, "InvalidRange");
  },

  async "an empty blob"() {
    const blob = blobOf("empty");
    await blob.upload("", 0);
    assert.equal((await blob.getProperties()).contentLength, 0);
    assert.equal((await blob.download()).contentLength, 0);
    await refused(blob.download(0, 1), 416, "InvalidRange");
  },

  async "blocks are staged, listed, committed, kept and replaced"() {
    const blob = blobOf("blocks");
    for (const n of [1, 2, 3]) await blob.stageBlock(blockId(n), String(n).repeat(5), 5);
    let lists = await blob.getBlockList("all");
    assert.deepEqual(lists.uncommittedBlocks.map((b) => b.name), [1, 2, 3].map(blockId));
    assert.equal(lists.committedBlocks?.length ?? 0, 0);
    await refused(blob.getProperties(), 404, "BlobNotFound");
    await blob.commitBlockList([blockId(2), blockId(1)], {metadata: {k: "v"}});
    assert.equal(await textOf(blob), "2222211111");
    lists = await blob.getBlockList("all");
    assert.deepEqual(lists.committedBlocks.map((b) => [b.name, b.size]), [[blockId(2), 5], [blockId(1), 5]]);
    assert.equal(lists.uncommittedBlocks?.length ?? 0, 0);
    await refused(blob.commitBlockList([blockId(3)]), 400, "InvalidBlockList");
    await blob.stageBlock(blockId(9), "end", 3);
    await blob.commitBlockList([blockId(1), blockId(9)]);
    assert.equal(await textOf(blob), "11111end");
    assert.deepEqual((await blob.getProperties()).metadata, {});
    await refused(blob.stageBlock(Buffer.from("x".repeat(65)).toString("base64"), "x", 1), 400,
      "InvalidQueryParameterValue");
    await blob.stageBlock(blockId(4), "x", 1);
    await refused(blob.stageBlock(Buffer.from("short").toString("base64"), "x", 1), 400, "InvalidBlobOrBlock");
  },

  async "large uploads and downloads in parallel"() {
    const blob = blobOf("large");
    const content = randomBytes(20 << 20);
    await blob.uploadData(content, {blockSize: 3 << 20, concurrency: 4, maxSingleShotSize: 1 << 20});
    assert.ok(content.equals(await blob.downloadToBuffer(0, undefined, {blockSize: 4 << 20, concurrency: 4})));
    const single = blobOf("large-single");
    await single.upload(content, content.length);
    assert.ok(content.equals(await single.downloadToBuffer()));
  },

  async "blocks from another blob's range"() {
    const source = blobOf("source");
    await source.upload("abcdefghij", 10);
    const blob = blobOf("composed");
    await blob.stageBlockFromURL(blockId(1), sasUrl(source), 2, 3);
    await blob.stageBlockFromURL(blockId(2), sasUrl(source), 7, 3,
      {sourceContentMD5: createHash("md5").update("hij").digest()});
    await blob.commitBlockList([blockId(1), blockId(2)]);
    assert.equal(await textOf(blob), "cdehij");
    await refused(blob.stageBlockFromURL(blockId(3), source.url, 0, 1), 401, "CannotVerifyCopySource");
    await refused(blob.stageBlockFromURL(blockId(3), sasUrl(blobOf("nowhere")), 0, 1), 404, "CannotVerifyCopySource");
    await refused(blob.stageBlockFromURL(blockId(3), sasUrl(source), 8, 5), 416, "InvalidRange");
  },

  async "copies"() {
    const source = blobOf("copied");
    await source.upload("copy me", 7, {metadata: {from: "source"}, blobHTTPHeaders: {blobContentType: "text/x"}});
    const copy = blobOf("the copy");
    const poller = await copy.beginCopyFromURL(source.url, {intervalInMs: 1});
    const result = await poller.pollUntilDone();
    assert.equal(result.copyStatus, "success");
    const properties = await copy.getProperties();
    assert.equal(properties.metadata.from, "source");
    assert.equal(properties.contentType, "text/x");
    assert.equal(properties.copyStatus, "success");
    assert.equal(await textOf(copy), "copy me");
    const synchronous = await blobOf("the other copy").syncCopyFromURL(sasUrl(source), {metadata: {n: "ew"}});
    assert.equal(synchronous.copyStatus, "success");
    assert.deepEqual((await blobOf("the other copy").getProperties()).metadata, {n: "ew"});
    await refused(blobOf("x").beginCopyFromURL(blobOf("nothing").url), 404, "CannotVerifyCopySource");
    await refused(blobOf("x").beginCopyFromURL(source.url, {sourceConditions: {ifMatch: '"0x1"'}}), 412,
      "SourceConditionNotMet");
  },

  async "metadata and properties are replaced"() {
    const blob = blobOf("described");
    const first = await blob.upload("x", 1, {metadata: {old: "1"}, blobHTTPHeaders: {blobContentType: "a/b"}});
    const second = await blob.setMetadata({fresh: "2"});
    assert.notEqual(second.etag, first.etag);
    assert.deepEqual((await blob.getProperties()).metadata, {fresh: "2"});
    await blob.setHTTPHeaders({blobContentType: "c/d"});
    const properties = await blob.getProperties();
    assert.equal(properties.contentType, "c/d");
    assert.deepEqual(properties.metadata, {fresh: "2"});
    await refused(blob.setMetadata({big: "x".repeat(9000)}), 400, "MetadataTooLarge");
    await refused(blob.setMetadata({"not-a-name": "x"}), 400, "InvalidMetadata");
  },

  async "conditions"() {
    const blob = blobOf("conditional");
    const create = {conditions: {ifNoneMatch: "*"}};
    const {etag} = await blob.upload("1", 1, create);
    await refused(blob.upload("2", 1, create), 409, "BlobAlreadyExists");
    await refused(blob.upload("2", 1, {conditions: {ifMatch: '"0x0"'}}), 412, "ConditionNotMet");
    const second = await blob.upload("2", 1, {conditions: {ifMatch: etag}});
    await refused(blob.setMetadata({}, {conditions: {ifMatch: etag}}), 412, "ConditionNotMet");
    await refused(blob.delete({conditions: {ifMatch: etag}}), 412, "ConditionNotMet");
    await refused(blob.download(0, 1, {conditions: {ifMatch: etag}}), 412, "ConditionNotMet");
    await refused(blob.download(0, 1, {conditions: {ifNoneMatch: second.etag}}), 304, "ConditionNotMet");
    await refused(blob.getProperties({conditions: {ifModifiedSince: inAnHour()}}), 304, "ConditionNotMet");
    await refused(blob.getProperties({conditions: {ifUnmodifiedSince: new Date(0)}}), 412, "ConditionNotMet");
    await blob.stageBlock(blockId(1), "3", 1);
    await refused(blob.commitBlockList([blockId(1)], create), 409, "BlobAlreadyExists");
    await blob.commitBlockList([blockId(1)], {conditions: {ifMatch: second.etag}});
    await refused(blobOf("absent").upload("x", 1, {conditions: {ifMatch: "*"}}), 412, "ConditionNotMet");
  },

  async "checksums"() {
    const blob = blobOf("checked");
    const wrong = createHash("md5").update("other").digest();
    await refused(blob.stageBlock(blockId(1), "abc", 3, {transactionalContentMD5: wrong}), 400, "Md5Mismatch");
    const crc = Buffer.alloc(8);
    await refused(blob.stageBlock(blockId(1), "abc", 3, {transactionalContentCrc64: crc}), 400, "Crc64Mismatch");
    await blob.stageBlock(blockId(1), "abc", 3, {transactionalContentMD5: createHash("md5").update("abc").digest()});
  },

  async "listings by prefix, delimiter, page, with metadata and uncommitted blobs"() {
    for (const name of ["l/a", "l/b/1", "l/b/2", "l/c", "l/d/x/y", "l/é&<"]) {
      await blobOf(name).upload("x", 1, {metadata: {name: encodeURIComponent(name)}});
    }
    await blobOf("l/uncommitted").stageBlock(blockId(1), "x", 1);
    const flat = await all(container.listBlobsFlat({prefix: "l/", includeMetadata: true}));
    assert.deepEqual(flat.map((b) => b.name), ["l/a", "l/b/1", "l/b/2", "l/c", "l/d/x/y", "l/é&<"]);
    for (const item of flat) assert.equal(decodeURIComponent(item.metadata.name), item.name);
    assert.equal(flat[0].properties.contentLength, 1);
    const etag = (await blobOf("l/a").getProperties()).etag;
    assert.equal(`"${flat[0].properties.etag}"`, etag);
    const tree = await all(container.listBlobsByHierarchy("/", {prefix: "l/"}));
    assert.deepEqual(tree.map((i) => [i.kind, i.name]).sort(), [["blob", "l/a"], ["blob", "l/c"], ["blob", "l/é&<"],
      ["prefix", "l/b/"], ["prefix", "l/d/"]].sort());
    const pages = await all(container.listBlobsByHierarchy("/", {prefix: "l/"}).byPage({maxPageSize: 2}));
    assert.deepEqual(pages.map((p) => p.segment.blobItems.length + (p.segment.blobPrefixes?.length ?? 0)), [2, 2, 1]);
    const seen = pages.flatMap((p) => [...p.segment.blobItems, ...(p.segment.blobPrefixes ?? [])].map((i) => i.name));
    assert.deepEqual(seen.sort(), ["l/a", "l/b/", "l/c", "l/d/", "l/é&<"].sort());
    const small = await all(container.listBlobsFlat({prefix: "l/"}).byPage({maxPageSize: 1}));
    assert.equal(small.flatMap((p) => p.segment.blobItems).length, 6);
    const uncommitted = await all(container.listBlobsFlat({prefix: "l/u", includeUncommitedBlobs: true}));
    assert.deepEqual(uncommitted.map((b) => b.name), ["l/uncommitted"]);
    assert.equal((await all(container.listBlobsFlat({prefix: "l/u"}))).length, 0);
  },

  async "deleting"() {
    const blob = blobOf("doomed");
    await blob.upload("x", 1);
    await blob.delete({deleteSnapshots: "include"});
    await refused(blob.delete(), 404, "BlobNotFound");
    assert.equal(await blob.exists(), false);
    assert.equal((await blob.deleteIfExists()).succeeded, false);
  },

  async "account SAS"() {
    await blobOf("by-sas").upload("sas", 3);
    const sas = (permissions, types, more = {}) => generateAccountSASQueryParameters({
      expiresOn: inAnHour(), permissions: AccountSASPermissions.parse(permissions),
      services: AccountSASServices.parse("b").toString(), resourceTypes: AccountSASResourceTypes.parse(types).toString(),
      ...more}, credential).toString();
    const at = (query) => anonymous(`${record.blob_endpoint}?${query}`).getContainerClient(container.containerName);
    assert.equal(await textOf(at(sas("r", "o")).getBlobClient("by-sas")), "sas");
    assert.ok((await all(at(sas("l", "c")).listBlobsFlat())).length > 0);
    await refused(at(sas("l", "c")).getBlobClient("by-sas").download(), 403, "AuthorizationResourceTypeMismatch");
    await refused(at(sas("l", "co")).getBlobClient("by-sas").download(), 403, "AuthorizationPermissionMismatch");
    await refused(at(sas("r", "o", {expiresOn: new Date(Date.now() - 1000)})).getBlobClient("by-sas").download(), 403,
      "AuthenticationFailed");
    await refused(at(sas("r", "o", {startsOn: inAnHour()})).getBlobClient("by-sas").download(), 403, "AuthenticationFailed");
    await refused(at(sas("r", "o", {protocol: SASProtocol.Https})).getBlobClient("by-sas").download(), 403,
      "AuthorizationProtocolMismatch");
    await refused(at(sas("r", "o", {services: "q"})).getBlobClient("by-sas").download(), 403,
      "AuthorizationServiceMismatch");
    await refused(at(sas("r", "o", {ipRange: {start: "10.0.0.1"}})).getBlobClient("by-sas").download(), 403,
      "AuthorizationSourceIPMismatch");
    await refused(at(sas("r", "o").replace("sp=r", "sp=rw")).getBlobClient("by-sas").download(), 403,
      "AuthenticationFailed");
  },

  async "service SAS of a container and of a blob"() {
    const sas = (permissions, more = {}) => generateBlobSASQueryParameters({
      containerName: container.containerName, expiresOn: inAnHour(),
      permissions: more.blobName ? BlobSASPermissions.parse(permissions) : ContainerSASPermissions.parse(permissions),
      ...more}, credential).toString();
    const at = (query) => anonymous(`${record.blob_endpoint}?${query}`).getContainerClient(container.containerName);
    const reader = at(sas("rl"));
    assert.equal(await textOf(reader.getBlobClient("by-sas")), "sas");
    assert.ok((await all(reader.listBlobsFlat())).length > 0);
    await refused(reader.getBlockBlobClient("new").upload("x", 1), 403, "AuthorizationPermissionMismatch");
    await at(sas("c")).getBlockBlobClient("created-by-sas").upload("x", 1);
    await refused(at(sas("c")).getBlockBlobClient("created-by-sas").upload("y", 1), 403,
      "UnauthorizedBlobOverwrite");
    const one = at(sas("r", {blobName: "by-sas", contentType: "text/override"}));
    assert.equal((await one.getBlobClient("by-sas").download()).contentType, "text/override");
    await refused(one.getBlobClient("ranges").download(), 403, "AuthenticationFailed");
    const old = sas("r", {version: "2018-11-09"});
    assert.equal(await textOf(at(old).getBlobClient("by-sas")), "sas");
  },

  async "who has no key gets nothing"() {
    await refused(anonymous().getContainerClient(container.containerName)
      .getBlobClient("by-sas").download(), 401, "NoAuthenticationInformation");
    const wrong = new StorageSharedKeyCredential(record.account, randomBytes(64).toString("base64"));
    await refused(new BlobServiceClient(record.blob_endpoint, wrong, options).getContainerClient(container.containerName)
      .getBlobClient("by-sas").download(), 403, "AuthenticationFailed");
  },

  async "what the emulator does not do it says"() {
    await refused(container.getPageBlobClient("y").startCopyIncremental(blobOf("by-sas").url), 501,
      "APINotImplemented");
  },

  async "the container goes with all that is in it"() {
    await container.delete();
    await refused(blobOf("by-sas").download(), 404, "ContainerNotFound");
    await container.create();
    assert.equal((await all(container.listBlobsFlat())).length, 0);
    await container.delete();
  },
});
