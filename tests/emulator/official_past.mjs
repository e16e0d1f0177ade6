// SPDX-License-Identifier: Apache-2.0
// official_past.mjs READY_FILE: snapshots and soft delete, by Azure's own JavaScript client. The emulator keeps deleted
// containers for some days.
import assert from "node:assert/strict";

import {all, blobOf, container, refused, run, service, textOf} from "./official.mjs";

const keepDeleted = (days) => service.setProperties({deleteRetentionPolicy: {enabled: days > 0, days: days || undefined}});
const put = (blob, text, more) => blob.upload(text, text.length, more);

await run({
  async "snapshots stay as the blob was"() {
    await container.create();
    const blob = blobOf("a");
    const first = await put(blob, "first", {metadata: {m: "1"}});
    const one = await blob.createSnapshot();
    assert.equal(one.etag, first.etag);
    await put(blob, "second");
    const two = await blob.createSnapshot({metadata: {own: "2"}});
    assert.equal(await textOf(blob.withSnapshot(one.snapshot)), "first");
    assert.equal(await textOf(blob), "second");
    const properties = await blob.withSnapshot(two.snapshot).getProperties();
    assert.deepEqual(properties.metadata, {own: "2"});
    const listed = await all(container.listBlobsFlat({includeSnapshots: true}));
    assert.deepEqual(listed.map((b) => [b.name, b.snapshot ?? ""]), [["a", one.snapshot], ["a", two.snapshot], ["a", ""]]);
    const pages = await all(container.listBlobsFlat({includeSnapshots: true}).byPage({maxPageSize: 1}));
    assert.deepEqual(pages.flatMap((p) => p.segment.blobItems.map((b) => b.snapshot ?? "")),
      [one.snapshot, two.snapshot, ""]);
    assert.equal((await all(container.listBlobsFlat())).length, 1);
    const restored = blobOf("restored");
    await (await restored.beginCopyFromURL(blob.withSnapshot(one.snapshot).url, {intervalInMs: 1})).pollUntilDone();
    assert.equal(await textOf(restored), "first");
    await restored.delete();
    await refused(blob.delete(), 409, "SnapshotsPresent");
    await refused(blob.delete({conditions: {ifMatch: '"0x1"'}, deleteSnapshots: "include"}), 412, "ConditionNotMet");
    await blob.withSnapshot(one.snapshot).delete();
    await refused(blob.withSnapshot(one.snapshot).download(), 404, "BlobNotFound");
    await blob.delete({deleteSnapshots: "only"});
    await refused(blob.withSnapshot(two.snapshot).getProperties(), 404, "BlobNotFound");
    assert.equal(await textOf(blob), "second");
    await blob.delete();
    await refused(blob.createSnapshot(), 404, "BlobNotFound");
  },

  async "what is deleted or overwritten comes back while it is kept"() {
    await keepDeleted(5);
    const blob = blobOf("soft");
    await put(blob, "one");
    await put(blob, "two");
    const snapshot = await blob.createSnapshot();
    await blob.delete({deleteSnapshots: "include"});
    await refused(blob.download(), 404, "BlobNotFound");
    await refused(blob.withSnapshot(snapshot.snapshot).download(), 404, "BlobNotFound");
    assert.equal((await all(container.listBlobsFlat())).length, 0);
    const deleted = await all(container.listBlobsFlat({includeDeleted: true}));
    assert.deepEqual(deleted.map((b) => [b.name, b.deleted]), [["soft", true]]);
    assert.equal(deleted[0].properties.remainingRetentionDays, 5);
    assert.ok(Date.now() - deleted[0].properties.deletedOn.getTime() < 60_000);
    assert.equal((await all(container.listBlobsFlat({includeDeleted: true, includeSnapshots: true}))).length, 3);
    await blob.undelete();
    assert.equal(await textOf(blob), "two");
    assert.equal(await textOf(blob.withSnapshot(snapshot.snapshot)), "two");
    const after = await all(container.listBlobsFlat({includeSnapshots: true}));
    assert.equal(after.length, 3, "what was overwritten is a snapshot now");
    assert.equal(await textOf(blob.withSnapshot(after[0].snapshot)), "one");
    await blob.undelete();
    await refused(blobOf("never there").undelete(), 404, "BlobNotFound");
    await keepDeleted(0);
    await blob.delete({deleteSnapshots: "include"});
    await refused(blob.undelete(), 404, "BlobNotFound");
  },

  async "a deleted container is restored with all that was in it"() {
    await put(blobOf("inside"), "kept");
    await container.delete();
    await refused(container.getProperties(), 404, "ContainerNotFound");
    const listed = await all(service.listContainers({prefix: container.containerName, includeDeleted: true}));
    assert.equal(listed.length, 1);
    assert.equal(listed[0].deleted, true);
    assert.equal(listed[0].properties.remainingRetentionDays, 7);
    assert.equal((await all(service.listContainers({prefix: container.containerName}))).length, 0);
    await refused(service.undeleteContainer(container.containerName, "0123456789ABCDEF"), 404, "ContainerNotFound");
    await service.undeleteContainer(container.containerName, listed[0].version);
    assert.equal(await textOf(blobOf("inside")), "kept");
    await container.delete();
    await container.create();
    await refused(service.undeleteContainer(container.containerName, listed[0].version), 404, "ContainerNotFound");
    await container.delete();
  },
});
