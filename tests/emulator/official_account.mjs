// SPDX-License-Identifier: Apache-2.0
// official_account.mjs READY_FILE: what stands beside the blobs of an account, by Azure's own JavaScript client.
import assert from "node:assert/strict";

import {blobs, credential, options, record, refused, run, service} from "./official.mjs";

const origin = "https://page.example";

await run({
  async "service properties are set one by one and stay"() {
    const before = await service.getProperties();
    assert.equal(before.blobAnalyticsLogging.version, "1.0");
    await service.setProperties({
      cors: [{allowedOrigins: origin, allowedMethods: "GET,PUT", allowedHeaders: "x-ms-*", exposedHeaders: "x-ms-*",
        maxAgeInSeconds: 5}],
      blobAnalyticsLogging: {version: "1.0", deleteProperty: true, read: false, write: true,
        retentionPolicy: {enabled: true, days: 3}},
      staticWebsite: {enabled: true, indexDocument: "index.html"}});
    const after = await service.getProperties();
    assert.equal(after.cors.length, 1);
    assert.equal(after.cors[0].allowedOrigins, origin);
    assert.equal(after.blobAnalyticsLogging.retentionPolicy.days, 3);
    assert.equal(after.staticWebsite.indexDocument, "index.html");
    await refused(service.setProperties({deleteRetentionPolicy: {enabled: true, days: 366}}), 400,
      "InvalidXmlNodeValue");
  },

  async "a browser is told what the rules allow"() {
    const ask = (method) => fetch(`${record.blob_endpoint}/box/blob`, {method: "OPTIONS", headers: {
      Origin: origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x-ms-version"}});
    const allowed = await ask("PUT");
    assert.equal(allowed.status, 200);
    assert.equal(allowed.headers.get("access-control-allow-origin"), origin);
    const denied = await ask("DELETE");
    assert.equal(denied.status, 403);
    assert.equal(denied.headers.get("x-ms-error-code"), "CorsPreflightFailure");
    await service.setProperties({cors: []});
    assert.equal((await ask("PUT")).status, 403);
  },

  async "the replica has statistics, the account a kind"() {
    const replica = new blobs.BlobServiceClient(`${record.blob_endpoint}-secondary`, credential, options);
    assert.equal((await replica.getStatistics()).geoReplication.status, "live");
    await refused(service.getStatistics(), 400, "InvalidQueryParameterValue");
    await refused(replica.getContainerClient("new-container").create(), 403, "InsufficientAccountPermissions");
    const account = await service.getAccountInfo();
    assert.equal(account.accountKind, "StorageV2");
    assert.equal(account.isHierarchicalNamespaceEnabled, false);
  },
});
