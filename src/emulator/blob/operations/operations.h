// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/blob/call.h"

// What the service can do, one function each, named as Azure's documentation names them; see
// operation_table.cc for which request means which.
namespace aloft::emulator::blob {

Answer get_service_properties(Call& call);
Answer set_service_properties(Call& call);
Answer get_service_stats(Call& call);
Answer get_user_delegation_key(Call& call);
Answer get_account_information(Call& call);

Answer list_containers(Call& call);

Answer create_container(Call& call);
Answer delete_container(Call& call);
Answer restore_container(Call& call);
/// x-ms-deleted-container-version, as listings show it.
std::string format_deleted_version(Stamp version);
Answer get_container_properties(Call& call);
Answer set_container_metadata(Call& call);
Answer get_container_acl(Call& call);
Answer set_container_acl(Call& call);

Answer list_blobs(Call& call);

Answer get_blob(Call& call);
Answer get_blob_properties(Call& call);
Answer get_blob_metadata(Call& call);

Answer put_blob(Call& call);
Answer delete_blob(Call& call);
Answer set_blob_metadata(Call& call);
Answer set_blob_properties(Call& call);
/// What Set Blob Properties does where it sets length or sequence number; null: the rest stays.
Answer set_page_blob_properties(Call& call, const ContentProperties* properties);
Answer snapshot_blob(Call& call);
Answer undelete_blob(Call& call);

Answer put_block(Call& call);
Answer put_block_from_url(Call& call);
Answer put_block_list(Call& call);
Answer get_block_list(Call& call);

Answer set_blob_tier(Call& call);
Answer set_blob_tags(Call& call);
Answer get_blob_tags(Call& call);
Answer find_blobs_by_tags(Call& call);
Answer submit_batch(Call& call);

Answer lease_blob(Call& call);
Answer lease_container(Call& call);

Answer append_block(Call& call);
Answer append_block_from_url(Call& call);
Answer seal_append_blob(Call& call);

Answer put_page(Call& call);
Answer put_page_from_url(Call& call);
Answer get_page_ranges(Call& call);

Answer copy_blob(Call& call);
Answer abort_copy(Call& call);

}  // namespace aloft::emulator::blob
