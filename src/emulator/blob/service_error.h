// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include "emulator/wire/refusal.h"

namespace aloft::emulator::blob {

/// Every way in which the service refuses; the table in service_error.cc gives each its status,
/// Azure's error code and Azure's words.
enum class Refusal {
  access_tier_not_supported_for_blob_type,
  account_not_known,
  all_batch_subrequests_should_be_same_api,
  api_not_implemented,
  append_position_condition_not_met,
  authentication_failed,
  authorization_failure,
  authorization_permission_mismatch,
  authorization_protocol_mismatch,
  authorization_resource_type_mismatch,
  authorization_service_mismatch,
  authorization_source_ip_mismatch,
  blob_archived,
  blob_already_exists,
  blob_being_rehydrated,
  blob_is_sealed,
  blob_not_found,
  blob_overwritten,
  block_count_exceeds_limit,
  block_list_too_long,
  cannot_verify_copy_source,
  condition_not_met,
  container_already_exists,
  container_not_found,
  cors_preflight_failure,
  copy_id_mismatch,
  crc64_mismatch,
  directory_is_not_empty,
  duplicate_tag_names,
  empty_tag_name,
  exceeds_max_batch_request_count,
  hierarchical_namespace_not_supported,
  internal_error,
  insufficient_account_permissions,
  invalid_authentication_info,
  invalid_blob_or_block,
  invalid_blob_type,
  invalid_block_list,
  invalid_flush_operation,
  invalid_flush_position,
  invalid_header_value,
  invalid_input,
  invalid_md5,
  invalid_metadata,
  invalid_page_range,
  invalid_query_parameter_value,
  invalid_range,
  invalid_resource_name,
  invalid_tag,
  invalid_uri,
  invalid_xml_document,
  invalid_xml_node_value,
  lease_already_present,
  lease_id_mismatch_with_blob_operation,
  lease_id_mismatch_with_container_operation,
  lease_id_mismatch_with_lease_operation,
  lease_id_missing,
  lease_is_breaking_and_cannot_be_acquired,
  lease_is_breaking_and_cannot_be_changed,
  lease_is_broken_and_cannot_be_renewed,
  lease_lost,
  lease_not_present_with_blob_operation,
  lease_not_present_with_container_operation,
  lease_not_present_with_lease_operation,
  max_blob_size_condition_not_met,
  md5_mismatch,
  metadata_too_large,
  missing_content_length,
  missing_required_header,
  missing_required_query_parameter,
  multiple_condition_headers,
  no_authentication_information,
  no_pending_copy_operation,
  not_modified,
  operation_not_allowed_on_root_blob,
  operation_timed_out,
  out_of_range_input,
  out_of_range_query_parameter_value,
  path_already_exists,
  path_conflict,
  pending_copy_operation,
  previous_snapshot_cannot_be_newer,
  previous_snapshot_not_found,
  rename_into_itself,
  rename_parent_not_found,
  request_body_too_large,
  resource_type_mismatch,
  resource_types_differ,
  sequence_number_condition_not_met,
  sequence_number_increment_too_large,
  snapshots_present,
  source_condition_not_met,
  source_path_not_found,
  tags_too_large,
  unauthorized_blob_overwrite,
  unsatisfiable_condition,
  unsupported_http_verb,
};

/// The refusal as the table has it; `reason`, if any, says in our words what was wrong.
ServiceError make_error(Refusal refusal, std::string_view reason = {});

/// A fault of disk or ourselves as the service shows it: 500 InternalError, even where data are
/// damaged. read_part() tells what is wrong with a client's body.
ServiceError make_error(const Error& error);

using emulator::refuse;

inline tl::unexpected<ServiceError> refuse(Refusal refusal, std::string_view reason = {}) {
  return refuse(make_error(refusal, reason));
}
tl::unexpected<ServiceError> refuse_header(Refusal refusal, std::string_view name,
                                           std::string_view value);
/// authentication_failed, with this as Azure's AuthenticationErrorDetail.
tl::unexpected<ServiceError> not_authentic(std::string detail);
tl::unexpected<ServiceError> refuse_parameter(Refusal refusal, std::string_view name,
                                              std::string_view value);

template <class T>
Outcome<T> as_outcome(Result<T> result) {
  if (!result) return refuse(make_error(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace aloft::emulator::blob
