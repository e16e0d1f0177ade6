// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include "emulator/wire/refusal.h"

namespace aloft::emulator::batch {

using emulator::refuse;

/// Every way in which the service refuses; the table in service_error.cc gives each its status,
/// Azure's error code and a sentence.
enum class Refusal {
  application_not_found,
  authentication_failed,
  condition_not_met,
  file_not_found,
  insufficient_account_permissions,
  internal_error,
  invalid_authentication_info,
  invalid_header_value,
  invalid_property_value,
  invalid_query_parameter_value,
  invalid_range,
  invalid_request_body,
  invalid_uri,
  job_being_deleted,
  job_being_terminated,
  job_completed,
  job_disabled,
  job_exists,
  job_not_active,
  job_not_found,
  job_preparation_task_not_specified,
  missing_required_header,
  missing_required_property,
  missing_required_query_parameter,
  multiple_condition_headers,
  node_already_in_target_scheduling_state,
  node_being_rebooted,
  node_not_found,
  node_state_unusable,
  not_implemented,
  not_modified,
  operation_invalid_for_current_state,
  out_of_range_query_parameter_value,
  pool_being_deleted,
  pool_being_resized,
  pool_exists,
  pool_not_found,
  request_body_too_large,
  server_busy,
  task_completed,
  task_dependencies_not_specified_on_job,
  task_dependency_list_too_long,
  task_exists,
  task_files_cleaned_up,
  task_files_unavailable,
  task_not_completed,
  task_not_found,
  task_succeeded,
  unsupported_http_verb,
  unsupported_property,
  unsupported_query_parameter,
  unsupported_request_version,
};

/// The refusal as the table has it; `reason`, if any, says in our words what was wrong.
ServiceError make_error(Refusal refusal, std::string_view reason = {});

/// A fault of disk or ourselves as the service shows it: one that may pass, to be repeated.
ServiceError make_error(const Error& error);

inline tl::unexpected<ServiceError> refuse(Refusal refusal, std::string_view reason = {}) {
  return refuse(make_error(refusal, reason));
}
/// Names the property of a body, as "constraints.maxTaskRetryCount"; `value` is what it was, if
/// that is short.
tl::unexpected<ServiceError> refuse_property(Refusal refusal, std::string_view name,
                                             std::string_view value, std::string_view reason);
tl::unexpected<ServiceError> refuse_parameter(Refusal refusal, std::string_view name,
                                              std::string_view value, std::string_view reason);
tl::unexpected<ServiceError> refuse_header(Refusal refusal, std::string_view name,
                                           std::string_view value);

}  // namespace aloft::emulator::batch
