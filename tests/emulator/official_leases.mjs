// SPDX-License-Identifier: Apache-2.0
// official_leases.mjs READY_FILE: leases of blobs and containers, by Azure's own JavaScript client.
import assert from "node:assert/strict";
import {randomUUID} from "node:crypto";

import {all, blobOf, container, refused, run, service} from "./official.mjs";

await run({
  async "a blob is leased, written by its holder, and released"() {
    await container.create();
    const blob = blobOf("leased");
    await blob.upload("1", 1);
    const lease = blob.getBlobLeaseClient();
    await lease.acquireLease(15);
    await refused(blob.upload("2", 1), 412, "LeaseIdMissing");
    await refused(blob.delete(), 412, "LeaseIdMissing");
    await refused(blob.setMetadata({}, {conditions: {leaseId: randomUUID()}}), 412,
      "LeaseIdMismatchWithBlobOperation");
    await blob.upload("2", 1, {conditions: {leaseId: lease.leaseId}});
    const properties = await blob.getProperties();
    assert.equal(properties.leaseState, "leased");
    assert.equal(properties.leaseStatus, "locked");
    assert.equal(properties.leaseDuration, "fixed");
    const [listed] = await all(container.listBlobsFlat());
    assert.equal(listed.properties.leaseState, "leased");
    await lease.renewLease();
    await lease.changeLease(randomUUID());
    await refused(blob.getBlobLeaseClient().acquireLease(-1), 409, "LeaseAlreadyPresent");
    await lease.releaseLease();
    await refused(blob.upload("3", 1, {conditions: {leaseId: lease.leaseId}}), 412,
      "LeaseNotPresentWithBlobOperation");
    assert.equal((await blob.getProperties()).leaseState, "available");
  },

  async "a lease is broken"() {
    const blob = blobOf("leased");
    const lease = blob.getBlobLeaseClient();
    await lease.acquireLease(-1);
    assert.equal((await lease.breakLease(0)).leaseTime, 0);
    assert.equal((await blob.getProperties()).leaseState, "broken");
    await refused(lease.renewLease(), 409, "LeaseIsBrokenAndCannotBeRenewed");
    await blob.delete();
  },

  async "a leased container is not deleted by others"() {
    const lease = container.getBlobLeaseClient();
    await lease.acquireLease(-1);
    await refused(container.delete(), 412, "LeaseIdMissing");
    assert.equal((await container.getProperties()).leaseState, "leased");
    const [listed] = await all(service.listContainers({prefix: container.containerName}));
    assert.equal(listed.properties.leaseState, "leased");
    await container.delete({conditions: {leaseId: lease.leaseId}});
  },
});
