#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""official_datalake_client.py READY_FILE: Azure's own Python client of Data Lake Storage, as Debian has it
(python3-azure-storage), unmodified, on an account with a hierarchical namespace.

Prints one line per case; fails at the first that does.
"""
import json
import random
import sys
import uuid

from azure.storage import filedatalake

from refusals import refused

record = json.load(open(sys.argv[1]))
service = filedatalake.DataLakeServiceClient(record["blob_endpoint"], credential=record["key"], retry_total=0)
filesystem = service.get_file_system_client(f"python-{uuid.uuid4().hex[:8]}")
LARGE = random.Random(1).randbytes((5 << 20) + 7)


def names(**options):
    return [path.name for path in filesystem.get_paths(**options)]


def files_and_directories():
    filesystem.create_file_system(metadata={"purpose": "test"})
    assert filesystem.get_file_system_properties().metadata == {"purpose": "test"}
    file = filesystem.get_file_client("a/b/large")
    file.upload_data(LARGE, overwrite=True, chunk_size=1 << 20, metadata={"one": "1"})
    assert file.download_file().readall() == LARGE
    assert (file.get_file_properties().size, file.get_file_properties().metadata) == (len(LARGE), {"one": "1"})
    filesystem.create_directory("a/c", metadata={"two": "2"})
    assert filesystem.get_directory_client("a/c").get_directory_properties().metadata["two"] == "2"
    assert names() == ["a", "a/b", "a/b/large", "a/c"]
    assert names(path="a", recursive=False, max_results=1) == ["a/b", "a/c"]
    refused("PathNotFound", names, path="none")


def renames():
    moved = filesystem.get_directory_client("a").rename_directory(f"{filesystem.file_system_name}/moved")
    assert moved.exists() and names() == ["moved", "moved/b", "moved/b/large", "moved/c"]
    file = filesystem.get_file_client("moved/b/large").rename_file(f"{filesystem.file_system_name}/moved/c/large")
    assert file.download_file(offset=5, length=7).readall() == LARGE[5:12]
    refused("InvalidRenameSourcePath", moved.rename_directory, f"{filesystem.file_system_name}/moved/c/d")


def access():
    directory = filesystem.get_directory_client("moved")
    directory.set_access_control(owner="me", permissions="rwxr-x--t")
    found = directory.get_access_control()
    assert (found["owner"], found["permissions"]) == ("me", "rwxr-x--t"), found
    changed = directory.update_access_control_recursive("user:somebody:r-x", batch_size=2)
    assert (changed.counters.directories_successful, changed.counters.files_successful) == (3, 1)
    assert "user:somebody:r-x" in filesystem.get_file_client("moved/c/large").get_access_control()["acl"]


def the_end():
    directory = filesystem.get_directory_client("moved")
    directory.delete_directory()
    refused("PathNotFound", directory.delete_directory)
    assert names() == []
    filesystem.delete_file_system()
    refused("FilesystemNotFound", names)


for case in (files_and_directories, renames, access, the_end):
    case()
    print("ok     ", case.__name__)
