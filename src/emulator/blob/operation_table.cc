// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/operation_table.h"

#include "emulator/blob/operations/operations.h"

namespace aloft::emulator::blob {

namespace {

using enum http::Method;
using enum Level;
using enum Operation::CopySource;
using enum Operation::Past;

constexpr Access kListService{.on = Access::On::service, .permissions = "l"};
constexpr Access kListContainer{.on = Access::On::container,
                                .permissions = "l",
                                .by_container_sas = true,
                                .within = "prefix",
                                .is_public = true};
constexpr Access kFindInContainer{
    .on = Access::On::container, .permissions = "f", .by_container_sas = true};
constexpr Access kReadContainer{.on = Access::On::container, .permissions = "r", .is_public = true};
/// No SAS allows it.
constexpr Access kKeyOnly{.on = Access::On::container, .permissions = ""};
constexpr Access on_container(std::string_view permissions) {
  return {.on = Access::On::container, .permissions = permissions};
}
constexpr Access on_object(std::string_view permissions) {
  return {.on = Access::On::object, .permissions = permissions};
}
constexpr Access kWriteBlocks{
    .on = Access::On::object, .permissions = "w", .permissions_later = "c"};

/// Whoever may do anything at all may know what kind of account it is, and send a batch, each part
/// of which has its own authority.
constexpr Access information_on(Access::On on) {
  return {.on = on, .permissions = "racwdxltmeopfyi", .by_container_sas = true};
}
constexpr Access kInformation = information_on(Access::On::service);
constexpr Access kContainerInformation = information_on(Access::On::container);
constexpr Access kBlobInformation = information_on(Access::On::object);
constexpr Access on_service(std::string_view permissions) {
  return {.on = Access::On::service, .permissions = permissions};
}

constexpr Operation kOperations[] = {
    {"GetBlobServiceProperties", get, account, "service", "properties", irrelevant, on_service("r"),
     get_service_properties},
    {"SetBlobServiceProperties", put, account, "service", "properties", irrelevant, on_service("w"),
     set_service_properties},
    {"GetUserDelegationKey", post, account, "service", "userdelegationkey", irrelevant, kKeyOnly,
     get_user_delegation_key},
    {"GetBlobServiceStats", get, account, "service", "stats", irrelevant, on_service("r"),
     get_service_stats},
    {"GetAccountInformation", get, account, "account", "properties", irrelevant, kInformation,
     get_account_information},
    {"GetAccountInformation", head, account, "account", "properties", irrelevant, kInformation,
     get_account_information},
    {"GetAccountInformation", get, container, "account", "properties", irrelevant,
     kContainerInformation, get_account_information},
    {"GetAccountInformation", head, container, "account", "properties", irrelevant,
     kContainerInformation, get_account_information},
    {"GetAccountInformation", get, blob, "account", "properties", irrelevant, kBlobInformation,
     get_account_information},
    {"GetAccountInformation", head, blob, "account", "properties", irrelevant, kBlobInformation,
     get_account_information},
    {"ListContainers", get, account, "", "list", irrelevant, kListService, list_containers},
    {"FindBlobsByTags", get, account, "", "blobs", irrelevant, on_service("f"), find_blobs_by_tags},
    {"SubmitBatch", post, account, "", "batch", irrelevant, kInformation, submit_batch},
    // So sent by a client of Azure that takes the account in the path for a container.
    {"SubmitBatch", post, account, "container", "batch", irrelevant, kInformation, submit_batch},
    {"CreateContainer", put, container, "container", "", irrelevant, on_container("cw"),
     create_container},
    {"DeleteContainer", delete_, container, "container", "", irrelevant, on_container("d"),
     delete_container},
    {"RestoreContainer", put, container, "container", "undelete", irrelevant, on_container("w"),
     restore_container},
    {"GetContainerProperties", get, container, "container", "", irrelevant, kReadContainer,
     get_container_properties},
    {"GetContainerProperties", head, container, "container", "", irrelevant, kReadContainer,
     get_container_properties},
    {"GetContainerMetadata", get, container, "container", "metadata", irrelevant, kReadContainer,
     get_container_properties},
    {"GetContainerMetadata", head, container, "container", "metadata", irrelevant, kReadContainer,
     get_container_properties},
    {"SetContainerMetadata", put, container, "container", "metadata", irrelevant, on_container("w"),
     set_container_metadata},
    {"GetContainerAcl", get, container, "container", "acl", irrelevant, kKeyOnly,
     get_container_acl},
    {"GetContainerAcl", head, container, "container", "acl", irrelevant, kKeyOnly,
     get_container_acl},
    {"SetContainerAcl", put, container, "container", "acl", irrelevant, kKeyOnly,
     set_container_acl},
    {"LeaseContainer", put, container, "container", "lease", irrelevant, on_container("dw"),
     lease_container},
    {"ListBlobs", get, container, "container", "list", irrelevant, kListContainer, list_blobs},
    {"FindBlobsByTags", get, container, "container", "blobs", irrelevant, kFindInContainer,
     find_blobs_by_tags},
    {"SubmitBatch", post, container, "container", "batch", irrelevant, kContainerInformation,
     submit_batch},
    {"GetBlob", get, blob, "", "", irrelevant, on_object("r"), get_blob, taken},
    {"GetBlobProperties", head, blob, "", "", irrelevant, on_object("r"), get_blob_properties,
     taken},
    {"GetBlobMetadata", get, blob, "", "metadata", irrelevant, on_object("r"), get_blob_metadata,
     taken},
    {"GetBlobMetadata", head, blob, "", "metadata", irrelevant, on_object("r"), get_blob_metadata,
     taken},
    {"PutBlob", put, blob, "", "", absent, on_object("cw"), put_blob},
    {"CopyBlob", put, blob, "", "", present, on_object("cw"), copy_blob},
    {"DeleteBlob", delete_, blob, "", "", irrelevant, on_object("dx"), delete_blob, taken},
    {"SetBlobMetadata", put, blob, "", "metadata", irrelevant, on_object("w"), set_blob_metadata},
    {"SetBlobProperties", put, blob, "", "properties", irrelevant, on_object("w"),
     set_blob_properties},
    {"SetBlobTier", put, blob, "", "tier", irrelevant, on_object("w"), set_blob_tier, taken},
    {"SetBlobTags", put, blob, "", "tags", irrelevant, on_object("t"), set_blob_tags, taken},
    {"GetBlobTags", get, blob, "", "tags", irrelevant, on_object("t"), get_blob_tags, taken},
    {"LeaseBlob", put, blob, "", "lease", irrelevant, on_object("dw"), lease_blob},
    {"SnapshotBlob", put, blob, "", "snapshot", irrelevant, on_object("cw"), snapshot_blob},
    {"UndeleteBlob", put, blob, "", "undelete", irrelevant, on_object("w"), undelete_blob},
    {"AppendBlock", put, blob, "", "appendblock", absent, on_object("aw"), append_block},
    {"AppendBlockFromUrl", put, blob, "", "appendblock", present, on_object("aw"),
     append_block_from_url},
    {"SealAppendBlob", put, blob, "", "seal", irrelevant, on_object("aw"), seal_append_blob},
    {"PutPage", put, blob, "", "page", absent, on_object("w"), put_page},
    {"PutPageFromUrl", put, blob, "", "page", present, on_object("w"), put_page_from_url},
    {"GetPageRanges", get, blob, "", "pagelist", irrelevant, on_object("r"), get_page_ranges,
     taken},
    {"AbortCopyBlob", put, blob, "", "copy", irrelevant, on_object("w"), abort_copy},
    {"PutBlock", put, blob, "", "block", absent, kWriteBlocks, put_block},
    {"PutBlockFromUrl", put, blob, "", "block", present, kWriteBlocks, put_block_from_url},
    {"PutBlockList", put, blob, "", "blocklist", irrelevant, kWriteBlocks, put_block_list},
    {"GetBlockList", get, blob, "", "blocklist", irrelevant, on_object("r"), get_block_list, taken},
};

}  // namespace

std::span<const Operation> all_operations() {
  return kOperations;
}

const Operation* find_operation(http::Method method, const Target& target,
                                const http::Headers& headers) {
  const std::string_view restype = target.query.get("restype");
  const std::string_view comp = target.query.get("comp");
  const auto source = headers.contains("x-ms-copy-source") ? present : absent;
  for (const Operation& operation : kOperations) {
    if (operation.method == method && operation.level == target.level() &&
        operation.restype == restype && operation.comp == comp &&
        (operation.copy_source == irrelevant || operation.copy_source == source)) {
      return &operation;
    }
  }
  return nullptr;
}

}  // namespace aloft::emulator::blob
