// SPDX-License-Identifier: Apache-2.0
// official_datalake.mjs READY_FILE: an account with a hierarchical namespace, by Azure's own JavaScript client of Data
// Lake Storage. It gets one address, the Blob service's, and sends both protocols there.
import assert from "node:assert/strict";
import {randomBytes} from "node:crypto";

import {all, container as blobContainer, options, packages, record, refused, run, service} from "./official.mjs";

const lake = packages("@azure/storage-file-datalake");
const credential = new lake.StorageSharedKeyCredential(record.account, record.key);
const lakeService = new lake.DataLakeServiceClient(record.blob_endpoint, credential, options);
const filesystem = lakeService.getFileSystemClient(`lake-${randomBytes(4).toString("hex")}`);
const fileOf = (path) => filesystem.getFileClient(path);
const directoryOf = (path) => filesystem.getDirectoryClient(path);
const textOf = async (path) => (await fileOf(path).readToBuffer()).toString();
const namesIn = async (settings) => (await all(filesystem.listPaths(settings))).map((path) => path.name);
const rights = (text) => ({read: text[0] === "r", write: text[1] === "w", execute: text[2] === "x"});

await run({
  async "a filesystem is made, found and described"() {
    assert.equal((await service.getAccountInfo()).isHierarchicalNamespaceEnabled, true);
    await filesystem.create({metadata: {purpose: "test"}});
    assert.equal(await filesystem.exists(), true);
    assert.equal((await filesystem.getProperties()).metadata.purpose, "test");
    await filesystem.setMetadata({purpose: "other"});
    const found = await all(lakeService.listFileSystems({prefix: filesystem.name, includeMetadata: true}));
    assert.deepEqual(found.map((one) => one.metadata.purpose), ["other"]);
    assert.equal(record.dfs_endpoint.startsWith("http://127.0.0.1:"), true);
  },

  async "files are made with their directories, written and read"() {
    const data = randomBytes(5 << 20);
    await fileOf("a/b/large").upload(data, {singleUploadThreshold: 1 << 20, chunkSize: 1 << 20, metadata: {one: "1"},
      pathHttpHeaders: {contentType: "t/x"}});
    assert.deepEqual(await fileOf("a/b/large").readToBuffer(), data);
    const properties = await fileOf("a/b/large").getProperties();
    assert.deepEqual([properties.contentLength, properties.contentType, properties.metadata], [5 << 20, "t/x", {one: "1"}]);
    assert.deepEqual([properties.owner, properties.group], ["$superuser", "$superuser"]);
    assert.equal(properties.permissions.owner.write, true);
    const log = fileOf("a/log");
    await log.create({metadata: {kind: "log"}});
    await log.append("hello ", 0, 6);
    await log.append("world", 6, 5, {flush: true});
    assert.equal(await textOf("a/log"), "hello world");
    await refused(log.flush(100), 400, "InvalidFlushPosition");
    await refused(log.create({conditions: {ifNoneMatch: "*"}}), 409, "PathAlreadyExists");
    assert.equal((await log.createIfNotExists()).succeeded, false);
    await refused(fileOf("a/log/below").create(), 409, "PathConflict");
    await log.setMetadata({kind: "other"});
    assert.deepEqual((await log.getProperties()).metadata, {kind: "other"});
  },

  async "paths are listed by levels and in all"() {
    await directoryOf("a/empty").create();
    assert.deepEqual(await namesIn({recursive: true}), ["a", "a/b", "a/b/large", "a/empty", "a/log"]);
    assert.deepEqual(await namesIn({path: "a"}), ["a/b", "a/empty", "a/log"]);
    const pages = await all(filesystem.listPaths({path: "a", recursive: true}).byPage({maxPageSize: 3}));
    assert.deepEqual(pages.map((page) => page.pathItems.length), [3, 1]);
    const [directory, , file] = await all(filesystem.listPaths({path: "a"}));
    assert.equal(directory.isDirectory, true);
    assert.deepEqual([file.contentLength, file.owner, file.permissions.owner.execute], [11, "$superuser", false]);
    await refused(namesIn({path: "none"}), 404, "PathNotFound");
  },

  async "a directory is renamed with what is in it"() {
    await directoryOf("a").move("moved");
    assert.deepEqual(await namesIn({recursive: true}), ["moved", "moved/b", "moved/b/large", "moved/empty", "moved/log"]);
    assert.equal(await textOf("moved/log"), "hello world");
    await fileOf("moved/log").move("moved/empty/log");
    await refused(directoryOf("moved").move("moved/b/inside"), 409, "InvalidRenameSourcePath");
    await refused(directoryOf("moved").move("none/below"), 404, "RenameDestinationParentPathNotFound");
    await refused(fileOf("moved/empty/log").move("moved/b/large", {destinationConditions: {ifNoneMatch: "*"}}),
      409, "PathAlreadyExists");
    await refused(directoryOf("moved/b").move("moved/empty"), 409, "PathAlreadyExists");
    const source = await fileOf("moved/empty/log").getProperties();
    await refused(fileOf("moved/empty/log").move("x", {conditions: {ifMatch: "\"0x1\""}}), 412, "SourceConditionNotMet");
    await fileOf("moved/empty/log").move("log", {conditions: {ifMatch: source.etag}});
    assert.equal((await fileOf("log").getProperties()).etag, source.etag);
  },

  async "owner, permissions and access control lists are kept and inherited"() {
    const directory = directoryOf("shared");
    await directory.create({permissions: "0750", umask: "0000"});
    const user = {accessControlType: "user", entityId: "somebody", permissions: rights("rw-")};
    const {acl, permissions} = await directory.getAccessControl();
    assert.equal(acl.length, 3);
    assert.deepEqual(permissions.group, rights("r-x"));
    await directory.setAccessControl([...acl.map((entry) => ({...entry, defaultScope: false})),
      {...user, defaultScope: false}, {...user, defaultScope: true}], {owner: "owner", group: "group"});
    const changed = await directory.getAccessControl();
    assert.deepEqual([changed.owner, changed.group, changed.permissions.extendedAcls], ["owner", "group", true]);
    await fileOf("shared/file").create();
    const inherited = await fileOf("shared/file").getAccessControl();
    assert.equal(inherited.group, "group");
    assert.equal(inherited.acl.some((entry) => entry.entityId === "somebody" && !entry.defaultScope), true);
    await fileOf("shared/file").setPermissions({owner: rights("rwx"), group: rights("---"), other: rights("--x"),
      stickyBit: false, extendedAcls: false});
    assert.deepEqual((await fileOf("shared/file").getAccessControl()).permissions.other, rights("--x"));
    const other = {accessControlType: "user", entityId: "other", defaultScope: false};
    const result = await directory.updateAccessControlRecursive([{...other, permissions: rights("r--")}], {batchSize: 1});
    assert.deepEqual([result.counters.changedDirectoriesCount, result.counters.changedFilesCount], [1, 1]);
    const removed = await directory.removeAccessControlRecursive([other]);
    assert.equal(removed.counters.failedChangesCount, 0);
    const left = (await fileOf("shared/file").getAccessControl()).acl;
    assert.equal(left.some((entry) => entry.entityId === "other"), false);
    await directoryOf("").setPermissions({owner: rights("rwx"), group: rights("rwx"), other: rights("---"),
      stickyBit: true, extendedAcls: false});
    assert.equal((await directoryOf("").getAccessControl()).permissions.stickyBit, true);
  },

  async "leases hold writers and renames off"() {
    const lease = fileOf("log").getDataLakeLeaseClient();
    await lease.acquireLease(15);
    await refused(fileOf("log").delete(), 412, "LeaseIdMissing");
    await refused(fileOf("log").move("log2"), 412, "LeaseIdMissing");
    await fileOf("log").move("log2", {conditions: {leaseId: lease.leaseId}});
    await fileOf("log2").delete(false, {conditions: {leaseId: lease.leaseId}});
  },

  async "a directory's SAS opens it and what is below it, and no more"() {
    const sas = (await directoryOf("moved/b").generateSasUrl({
      permissions: lake.DirectorySASPermissions.parse("racwdlm"), expiresOn: new Date(Date.now() + 3600_000)})).split("?")[1];
    const opened = (path) => new lake.DataLakeFileClient(`${record.blob_endpoint}/${filesystem.name}/${path}?${sas}`,
      undefined, options);
    assert.equal((await opened("moved/b/large").readToBuffer()).length, 5 << 20);
    await opened("moved/b/new").create();
    await refused(opened("shared/file").create(), 403, "AuthenticationFailed");
    await opened("moved/b/new").move(`moved/b/newer?${sas}`);
    await refused(opened("moved/b/newer").move(`shared/newer?${sas}`), 403, "AuthenticationFailed");
    const listed = new lake.DataLakeFileSystemClient(`${record.blob_endpoint}/${filesystem.name}?${sas}`, undefined, options);
    assert.deepEqual((await all(listed.listPaths({path: "moved/b"}))).map((path) => path.name),
      ["moved/b/large", "moved/b/newer"]);
    await refused(all(listed.listPaths({path: "shared"})), 403, "AuthenticationFailed");
  },

  async "the DFS endpoint takes all of it, too"() {
    const other = new lake.DataLakeServiceClient(record.dfs_endpoint, credential, options).getFileSystemClient(filesystem.name);
    await other.getFileClient("other/file").upload(Buffer.from("text"));
    await other.getDirectoryClient("other").move("another");
    assert.equal((await other.getFileClient("another/file").readToBuffer()).toString(), "text");
    assert.equal(await textOf("another/file"), "text");
    const read = await fetch(`${record.dfs_endpoint}/${filesystem.name}/none`);
    assert.deepEqual([read.status, (await read.json()).error.code], [401, "NoAuthenticationInformation"]);
    await other.getDirectoryClient("another").delete(true);
  },

  async "the Blob client sees the same files, and directories as such"() {
    await blobContainer.create();
    await blobContainer.getBlockBlobClient("x/y/z").upload("text", 4);
    const levels = await all(blobContainer.listBlobsByHierarchy("/"));
    assert.deepEqual(levels.map((one) => [one.kind, one.name]), [["prefix", "x/"]]);
    const flat = await all(blobContainer.listBlobsFlat({includeMetadata: true}));
    assert.deepEqual(flat.map((one) => [one.name, one.metadata?.hdi_isfolder]),
      [["x", "true"], ["x/y", "true"], ["x/y/z", undefined]]);
    await refused(blobContainer.getBlobClient("x").delete(), 409, "DirectoryIsNotEmpty");
    await blobContainer.delete();
  },

  async "directories are deleted as a whole, or refused"() {
    await refused(directoryOf("moved").delete(false), 409, "DirectoryNotEmpty");
    await directoryOf("moved").delete(true);
    assert.equal((await directoryOf("moved").deleteIfExists(true)).succeeded, false);
    assert.deepEqual(await namesIn({recursive: true}), ["shared", "shared/file"]);
    await filesystem.delete();
    await refused(namesIn({}), 404, "FilesystemNotFound");
  },
});
