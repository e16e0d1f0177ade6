// SPDX-License-Identifier: Apache-2.0
// official_access.mjs READY_FILE: who may do what: stored access policies, public containers, user delegation keys, by
// Azure's own JavaScript client.
import assert from "node:assert/strict";

import {all, anonymous, blobOf, blobs, container, credential, inAnHour, record, refused, run, textOf} from
  "./official.mjs";

const {BlobSASPermissions, ContainerSASPermissions, generateBlobSASQueryParameters} = blobs;
const at = (query) => anonymous(`${record.blob_endpoint}?${query}`).getContainerClient(container.containerName);

/// A token of the emulator's managed identity, by the protocol of App Service.
async function token() {
  const {IDENTITY_ENDPOINT, IDENTITY_HEADER} = record.identity;
  const answer = await fetch(`${IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=https://storage.azure.com`,
    {headers: {"X-IDENTITY-HEADER": IDENTITY_HEADER}});
  return (await answer.json()).access_token;
}

/// The client takes tokens to HTTPS alone, so that the request is ours; what it does with the key is its own.
async function userDelegationKey(expiresOn, authorization) {
  const body = `<KeyInfo><Start>${new Date(Date.now() - 60_000).toISOString()}</Start>` +
    `<Expiry>${expiresOn.toISOString()}</Expiry></KeyInfo>`;
  return fetch(`${record.blob_endpoint}/?restype=service&comp=userdelegationkey`, {method: "POST", body,
    headers: {Authorization: authorization ?? `Bearer ${await token()}`, "x-ms-version": "2021-12-02"}});
}

async function keyOf(answer) {
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const field = (name) => text.match(`<${name}>(.*)</${name}>`)[1];
  return {signedObjectId: field("SignedOid"), signedTenantId: field("SignedTid"),
    signedStartsOn: new Date(field("SignedStart")), signedExpiresOn: new Date(field("SignedExpiry")),
    signedService: field("SignedService"), signedVersion: field("SignedVersion"), value: field("Value")};
}

/// By the client credentials flow of Entra ID; Azure's identity client takes HTTPS alone for it.
async function applicationToken(client_secret, scope = "https://storage.azure.com/.default") {
  const {authority_host, tenant_id, client_id} = record.service_principal;
  const about = await (await fetch(`${authority_host}/${tenant_id}/v2.0/.well-known/openid-configuration`)).json();
  const answer = await fetch(about.token_endpoint, {method: "POST", body: new URLSearchParams({
    grant_type: "client_credentials", client_id, client_secret, scope})});
  return {status: answer.status, ...await answer.json()};
}
const listWith = (token) => fetch(`${record.blob_endpoint}/?comp=list`, {
  headers: {Authorization: `Bearer ${token}`, "x-ms-version": "2021-12-02"}});

await run({
  async "an application has a token for its secret"() {
    const {client_secret} = record.service_principal;
    const {access_token} = await applicationToken(client_secret);
    assert.equal((await listWith(access_token)).status, 200);
    assert.equal((await applicationToken("guess")).error, "invalid_client");
    const other = await applicationToken(client_secret, "https://management.azure.com/.default");
    const refusal = await listWith(other.access_token);
    assert.equal(refusal.status, 401);
    assert.match(refusal.headers.get("www-authenticate"), /^Bearer authorization_uri=/);
  },

  async "a stored access policy says what its SAS may do"() {
    await container.create();
    await blobOf("a").upload("text", 4);
    await container.setAccessPolicy(undefined, [{id: "reading", accessPolicy: {
      expiresOn: inAnHour(), permissions: "r", startsOn: new Date(Date.now() - 60_000)}}]);
    const {signedIdentifiers, blobPublicAccess} = await container.getAccessPolicy();
    assert.equal(blobPublicAccess, undefined);
    assert.equal(signedIdentifiers[0].id, "reading");
    assert.equal(signedIdentifiers[0].accessPolicy.permissions, "r");
    const sas = generateBlobSASQueryParameters({containerName: container.containerName, identifier: "reading"},
      credential).toString();
    assert.equal(await textOf(at(sas).getBlobClient("a")), "text");
    await refused(at(sas).getBlockBlobClient("a").upload("x", 1), 403, "AuthorizationPermissionMismatch");
    const both = generateBlobSASQueryParameters({containerName: container.containerName, identifier: "reading",
      permissions: ContainerSASPermissions.parse("w")}, credential).toString();
    await refused(at(both).getBlockBlobClient("a").upload("x", 1), 403, "AuthenticationFailed");
    await container.setAccessPolicy();
    await refused(at(sas).getBlobClient("a").download(), 403, "AuthenticationFailed");
  },

  async "a public container lets anybody read what it says"() {
    const open = anonymous().getContainerClient(container.containerName);
    await refused(open.getBlobClient("a").download(), 401, "NoAuthenticationInformation");
    await container.setAccessPolicy("blob");
    assert.equal((await container.getProperties()).blobPublicAccess, "blob");
    assert.equal(await textOf(open.getBlobClient("a")), "text");
    await refused(all(open.listBlobsFlat()), 401, "NoAuthenticationInformation");
    await refused(open.getBlockBlobClient("a").upload("x", 1), 401, "NoAuthenticationInformation");
    await container.setAccessPolicy("container");
    assert.deepEqual((await all(open.listBlobsFlat())).map((b) => b.name), ["a"]);
    await refused(open.getAccessPolicy(), 401, "NoAuthenticationInformation");
    await refused(open.delete(), 401, "NoAuthenticationInformation");
    await container.setAccessPolicy();
    await refused(open.getBlobClient("a").download(), 401, "NoAuthenticationInformation");
  },

  async "a user delegation key signs SAS"() {
    const key = await keyOf(await userDelegationKey(inAnHour()));
    const sas = (more = {}) => generateBlobSASQueryParameters({containerName: container.containerName, blobName: "a",
      permissions: BlobSASPermissions.parse("r"), expiresOn: inAnHour(), ...more}, key, record.account).toString();
    assert.equal(await textOf(at(sas()).getBlobClient("a")), "text");
    for (const version of ["2018-11-09", "2020-02-10"]) {
      assert.equal(await textOf(at(sas({version})).getBlobClient("a")), "text", version);
    }
    await refused(at(sas()).getBlobClient("b").download(), 403, "AuthenticationFailed");
    await refused(at(sas()).getBlockBlobClient("a").upload("x", 1), 403, "AuthorizationPermissionMismatch");
    const forged = {...key, value: Buffer.from("x".repeat(32)).toString("base64")};
    const bad = generateBlobSASQueryParameters({containerName: container.containerName, blobName: "a",
      permissions: BlobSASPermissions.parse("r"), expiresOn: inAnHour()}, forged, record.account).toString();
    await refused(at(bad).getBlobClient("a").download(), 403, "AuthenticationFailed");
    const brief = await keyOf(await userDelegationKey(new Date(Date.now() + 1500)));
    await new Promise((resolve) => setTimeout(resolve, 2600));
    const late = generateBlobSASQueryParameters({containerName: container.containerName, blobName: "a",
      permissions: BlobSASPermissions.parse("r"), expiresOn: inAnHour()}, brief, record.account).toString();
    await refused(at(late).getBlobClient("a").download(), 403, "AuthenticationFailed");
  },

  async "a user delegation key is for who has a token, a week at most"() {
    assert.equal((await userDelegationKey(new Date(Date.now() + 8 * 86400_000))).status, 400);
    assert.equal((await userDelegationKey(inAnHour(), "Bearer no.such.token")).status, 401);
    await container.delete();
  },
});
