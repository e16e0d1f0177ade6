#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""official_blob_client.py READY_FILE: Azure's own Python client of Blob, as Debian has it (python3-azure-storage), unmodified.

Prints one line per case; fails at the first that does.
"""
import datetime
import hashlib
import json
import random
import sys
import uuid

from azure.core import MatchConditions
from azure.storage import blob

from refusals import refused

record = json.load(open(sys.argv[1]))
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
service = blob.BlobServiceClient(record["blob_endpoint"], credential=record["key"], max_single_put_size=1 << 20,
                                 max_block_size=1 << 20, max_single_get_size=1 << 20, max_chunk_get_size=1 << 20,
                                 retry_total=0)
container = service.get_container_client(f"python-{uuid.uuid4().hex[:8]}")
LARGE = random.Random(1).randbytes((5 << 20) + 7)


def text_of(client, **options):
    return client.download_blob(**options).readall().decode()


def containers():
    container.create_container(metadata={"purpose": "test"})
    refused("ContainerAlreadyExists", container.create_container)
    assert container.get_container_properties().metadata == {"purpose": "test"}
    container.set_container_metadata({"purpose": "other"})
    found = list(service.list_containers(name_starts_with=container.container_name, include_metadata=True))
    assert [one.metadata for one in found] == [{"purpose": "other"}]
    assert service.get_account_information()["account_kind"] == "StorageV2"
    assert container.exists() and not service.get_container_client("not-there").exists()


def large_blobs_in_parallel_blocks():
    one = container.get_blob_client("large")
    one.upload_blob(LARGE, max_concurrency=4, metadata={"a": "1"}, validate_content=True,
                    content_settings=blob.ContentSettings(content_type="application/x-test", cache_control="no-store"))
    assert one.download_blob(max_concurrency=4, validate_content=True).readall() == LARGE
    assert one.download_blob(offset=1000, length=3 << 20).readall() == LARGE[1000:1000 + (3 << 20)]
    found = one.get_blob_properties()
    assert (found.size, found.metadata, found.blob_type) == (len(LARGE), {"a": "1"}, blob.BlobType.BlockBlob)
    assert (found.content_settings.content_type, found.content_settings.cache_control) == ("application/x-test", "no-store")
    refused("BlobAlreadyExists", one.upload_blob, b"x")
    one.upload_blob(b"", overwrite=True)
    assert text_of(one) == ""


def blocks_and_lists_of_them():
    one, ids = container.get_blob_client("blocks"), ["YQ==", "Yg=="]
    one.stage_block(ids[0], b"first ", validate_content=True)
    one.stage_block(ids[1], b"second")
    committed, uncommitted = one.get_block_list("all")
    assert (committed, [each.size for each in uncommitted]) == ([], [6, 6])
    one.commit_block_list([blob.BlobBlock(each) for each in ids])
    assert text_of(one) == "first second"
    one.stage_block_from_url("Yw==", sas_url("blocks"), source_offset=0, source_length=6)
    one.commit_block_list([blob.BlobBlock("Yw=="), blob.BlobBlock(ids[1])])
    assert text_of(one) == "first second"
    refused("InvalidBlockList", one.commit_block_list, [blob.BlobBlock("ZZ==")])


def conditions():
    one = container.get_blob_client("conditions")
    first = one.upload_blob(b"1")["etag"]
    one.upload_blob(b"2", overwrite=True, etag=first, match_condition=MatchConditions.IfNotModified)
    refused("ConditionNotMet", one.upload_blob, b"3", overwrite=True, etag=first,
            match_condition=MatchConditions.IfNotModified)
    refused("ConditionNotMet", one.download_blob, etag=first, match_condition=MatchConditions.IfNotModified)
    refused("ConditionNotMet", one.set_blob_metadata, {"a": "1"}, if_unmodified_since=LONG_AGO)
    assert text_of(one) == "2"


def lists_with_pages_and_prefixes():
    names = ["list/a/1", "list/a/2", "list/b & ü/3", "list/c"]
    for name in names:
        container.upload_blob(name, b"x", metadata={"of": "list"})
    assert [each.name for each in container.list_blobs(name_starts_with="list/")] == names
    pages = container.list_blobs(name_starts_with="list/", results_per_page=3, include=["metadata"]).by_page()
    pages = [list(page) for page in pages]
    assert [len(page) for page in pages] == [3, 1] and pages[0][0].metadata == {"of": "list"}
    walked = [(each.name, isinstance(each, blob.BlobPrefix)) for each in container.walk_blobs("list/")]
    assert walked == [("list/a/", True), ("list/b & ü/", True), ("list/c", False)]
    assert list(container.list_blob_names(name_starts_with="list/a")) == names[:2]


def sas_url(name, **options):
    client = container.get_blob_client(name)
    permission = blob.BlobSasPermissions(read=True)
    expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    token = blob.generate_blob_sas(record["account"], container.container_name, name, account_key=record["key"],
                                   permission=permission, expiry=expiry, **options)
    return f"{client.url}?{token}"


def signatures():
    container.upload_blob("signed & shared", b"text")
    one = blob.BlobClient.from_blob_url(sas_url("signed & shared", content_type="text/x-asked"), retry_total=0)
    assert text_of(one) == "text"
    assert one.get_blob_properties().content_settings.content_type == "text/x-asked"
    refused("AuthorizationPermissionMismatch", one.upload_blob, b"x", overwrite=True)
    late = blob.generate_account_sas(record["account"], record["key"], blob.ResourceTypes(object=True),
                                     blob.AccountSasPermissions(read=True), LONG_AGO)
    refused("AuthenticationFailed", blob.BlobClient(record["blob_endpoint"], container.container_name, "large",
                                                    credential=late, retry_total=0).get_blob_properties)
    assert container.get_container_access_policy()["public_access"] is None


def copies():
    container.upload_blob("copied", LARGE[:3000], overwrite=True, metadata={"kept": "yes"})
    one = container.get_blob_client("copy")
    assert one.start_copy_from_url(sas_url("copied"))["copy_status"] == "success"
    found = one.get_blob_properties()
    assert (found.metadata, found.copy.status) == ({"kept": "yes"}, "success")
    one.upload_blob_from_url(sas_url("copied"), overwrite=True)
    assert one.download_blob().readall() == LARGE[:3000]
    one.start_copy_from_url(sas_url("copied"), requires_sync=True, metadata={"other": "1"})
    assert one.get_blob_properties().metadata == {"other": "1"}


def leases():
    one = container.get_blob_client("leased")
    one.upload_blob(b"1")
    lease = one.acquire_lease(60)
    refused("LeaseIdMissing", one.upload_blob, b"2", overwrite=True)
    one.upload_blob(b"2", overwrite=True, lease=lease)
    lease.renew()
    lease.change(str(uuid.uuid4()))
    assert one.get_blob_properties().lease.state == "leased"
    lease.release()
    one.delete_blob()
    refused("BlobNotFound", one.get_blob_properties)


def appended_and_paged():
    one = container.get_blob_client("appended")
    one.create_append_blob()
    assert one.append_block(b"first ")["blob_append_offset"] == "0"
    one.append_block(b"second", appendpos_condition=6)
    refused("AppendPositionConditionNotMet", one.append_block, b"x", appendpos_condition=6)
    assert text_of(one) == "first second"
    one = container.get_blob_client("paged")
    one.create_page_blob(4096)
    one.upload_page(b"p" * 512, 512, 512)
    assert one.get_page_ranges()[0] == [{"start": 512, "end": 1023}]
    one.resize_blob(1024)
    assert one.download_blob().readall() == bytes(512) + b"p" * 512
    refused("InvalidBlobType", one.append_block, b"x")


def snapshots():
    one = container.get_blob_client("past")
    one.upload_blob(b"before")
    taken = one.create_snapshot()["snapshot"]
    one.upload_blob(b"after", overwrite=True)
    assert text_of(container.get_blob_client("past", snapshot=taken)) == "before"
    names = [(each.name, each.snapshot) for each in container.list_blobs("past", include=["snapshots"])]
    assert names == [("past", taken), ("past", None)]
    refused("SnapshotsPresent", one.delete_blob)
    one.delete_blob(delete_snapshots="include")


def what_stands_with_a_blob():
    one = container.get_blob_client("properties")
    digest = bytearray(hashlib.md5(b"text").digest())
    one.upload_blob(b"text", content_settings=blob.ContentSettings(content_md5=digest))
    assert one.get_blob_properties().content_settings.content_md5 == digest
    one.set_http_headers(blob.ContentSettings(content_language="en", content_disposition="inline"))
    one.set_blob_metadata({"b": "2"})
    found = one.get_blob_properties()
    assert (found.content_settings.content_language, found.metadata) == ("en", {"b": "2"})


def removal():
    container.delete_container()
    refused("ContainerNotFound", container.get_container_properties)


CASES = [containers, large_blobs_in_parallel_blocks, blocks_and_lists_of_them, conditions,
         lists_with_pages_and_prefixes, signatures, copies, leases, appended_and_paged, snapshots,
         what_stands_with_a_blob, removal]
for case in CASES:
    case()
    print("ok", case.__name__.replace("_", " "), flush=True)
