// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/service_error.h"

namespace aloft::emulator::batch {

namespace {

constexpr RefusalRow<Refusal> kRows[] = {
    {Refusal::application_not_found, 404, "ApplicationNotFound", "There is no such application."},
    {Refusal::authentication_failed, 403, "AuthenticationFailed",
     "The request could not be authenticated: check the Authorization header and its signature."},
    {Refusal::condition_not_met, 412, "ConditionNotMet",
     "A condition in the headers does not hold, so nothing was changed."},
    {Refusal::file_not_found, 404, "FileNotFound", "There is no such file."},
    {Refusal::insufficient_account_permissions, 403, "InsufficientAccountPermissions",
     "The account may not do this."},
    {Refusal::internal_error, 500, "InternalError",
     "Something failed in the server: repeat the request."},
    {Refusal::invalid_authentication_info, 400, "InvalidAuthenticationInfo",
     "The Authorization header is missing or has another form than is expected."},
    {Refusal::invalid_header_value, 400, "InvalidHeaderValue",
     "A header has a value that cannot be understood."},
    {Refusal::invalid_property_value, 400, "InvalidPropertyValue",
     "A property in the body has a value that is not valid."},
    {Refusal::invalid_query_parameter_value, 400, "InvalidQueryParameterValue",
     "A query parameter has a value that is not valid."},
    {Refusal::invalid_range, 416, "InvalidRange", "The resource does not have this range."},
    {Refusal::invalid_request_body, 400, "InvalidRequestBody", "The body is not valid."},
    {Refusal::invalid_uri, 400, "InvalidUri", "There is no resource with this URI."},
    {Refusal::job_being_deleted, 409, "JobBeingDeleted", "The job is being deleted."},
    {Refusal::job_being_terminated, 409, "JobBeingTerminated", "The job is being terminated."},
    {Refusal::job_completed, 409, "JobCompleted", "The job is completed already."},
    {Refusal::job_disabled, 409, "JobDisabled", "The job is disabled."},
    {Refusal::job_exists, 409, "JobExists", "There is a job with this id already."},
    {Refusal::job_not_active, 409, "JobNotActive", "The job is not active."},
    {Refusal::job_not_found, 404, "JobNotFound", "There is no such job."},
    {Refusal::job_preparation_task_not_specified, 409, "JobPreparationTaskNotSpecified",
     "The job has no job preparation task."},
    {Refusal::missing_required_header, 400, "MissingRequiredHeader", "A header is missing."},
    {Refusal::missing_required_property, 400, "MissingRequiredProperty",
     "A property is missing in the body."},
    {Refusal::missing_required_query_parameter, 400, "MissingRequiredQueryParameter",
     "A query parameter is missing."},
    {Refusal::multiple_condition_headers, 400, "MultipleConditionHeadersNotSupported",
     "These conditions cannot be combined."},
    {Refusal::node_already_in_target_scheduling_state, 409, "NodeAlreadyInTargetSchedulingState",
     "The node is in this scheduling state already."},
    {Refusal::node_being_rebooted, 409, "NodeBeingRebooted", "The node is being rebooted."},
    {Refusal::node_not_found, 404, "NodeNotFound", "There is no such node."},
    {Refusal::node_state_unusable, 409, "NodeStateUnusable", "The node is unusable."},
    {Refusal::not_implemented, 501, "NotImplemented", "The emulator does not have this operation."},
    {Refusal::not_modified, 304, "ConditionNotMet", ""},
    {Refusal::operation_invalid_for_current_state, 409, "OperationInvalidForCurrentState",
     "The present state of the resource does not allow this."},
    {Refusal::out_of_range_query_parameter_value, 400, "OutOfRangeQueryParameterValue",
     "A query parameter is out of its range."},
    {Refusal::pool_being_deleted, 409, "PoolBeingDeleted", "The pool is being deleted."},
    {Refusal::pool_being_resized, 409, "PoolBeingResized", "The pool is being resized."},
    {Refusal::pool_exists, 409, "PoolExists", "There is a pool with this id already."},
    {Refusal::pool_not_found, 404, "PoolNotFound", "There is no such pool."},
    {Refusal::request_body_too_large, 413, "RequestBodyTooLarge",
     "The body is larger than the service takes."},
    {Refusal::server_busy, 503, "ServerBusy", "The server cannot do this now: repeat later."},
    {Refusal::task_completed, 409, "TaskCompleted", "The task is completed already."},
    {Refusal::task_dependencies_not_specified_on_job, 400, "TaskDependenciesNotSpecifiedOnJob",
     "The task depends on others, but its job was not made for that: set usesTaskDependencies."},
    {Refusal::task_dependency_list_too_long, 400, "TaskDependencyListTooLong",
     "The ids that the task depends on are too long together: use ranges of ids."},
    {Refusal::task_exists, 409, "TaskExists", "There is a task with this id already."},
    {Refusal::task_files_cleaned_up, 409, "TaskFilesCleanedup", "The files of the task are gone."},
    {Refusal::task_files_unavailable, 409, "TaskFilesUnavailable",
     "The files of the task are not available."},
    {Refusal::task_not_completed, 409, "TaskNotCompleted", "The task is not completed."},
    {Refusal::task_not_found, 404, "TaskNotFound", "There is no such task."},
    {Refusal::task_succeeded, 409, "TaskSucceeded", "The task has succeeded already."},
    {Refusal::unsupported_http_verb, 405, "UnsupportedHttpVerb",
     "The resource does not have this HTTP verb."},
    {Refusal::unsupported_property, 400, "UnsupportedProperty",
     "A property in the body is not supported."},
    {Refusal::unsupported_query_parameter, 400, "UnsupportedQueryParameter",
     "A query parameter is not supported."},
    {Refusal::unsupported_request_version, 400, "UnsupportedRequestVersion",
     "There is no such version of the service."},
};

}  // namespace

ServiceError make_error(Refusal refusal, std::string_view reason) {
  return error_in(kRows, refusal, reason);
}

ServiceError make_error(const Error& error) {
  switch (error.code) {
    case ErrorCode::no_space:
    case ErrorCode::unavailable:
    case ErrorCode::deadline_exceeded:
      return make_error(Refusal::server_busy, error.message);
    default:
      return make_error(Refusal::internal_error, error.message);
  }
}

tl::unexpected<ServiceError> refuse_property(Refusal refusal, std::string_view name,
                                             std::string_view value, std::string_view reason) {
  return refuse_named(make_error(refusal), "Property", name, value, reason);
}

tl::unexpected<ServiceError> refuse_parameter(Refusal refusal, std::string_view name,
                                              std::string_view value, std::string_view reason) {
  return refuse_named(make_error(refusal), "QueryParameter", name, value, reason);
}

tl::unexpected<ServiceError> refuse_header(Refusal refusal, std::string_view name,
                                           std::string_view value) {
  return refuse_named(make_error(refusal), "Header", name, value);
}

}  // namespace aloft::emulator::batch
