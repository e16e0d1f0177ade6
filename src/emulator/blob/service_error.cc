// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/service_error.h"

namespace aloft::emulator::blob {

namespace {

// Codes and statuses are those of "Common REST API error codes" and "Blob service error codes".
constexpr RefusalRow<Refusal> kRows[] = {
    {Refusal::access_tier_not_supported_for_blob_type, 400, "AccessTierNotSupportedForBlobType",
     "The access tier is not supported for this blob type."},
    {Refusal::account_not_known, 404, "ResourceNotFound", "The specified resource does not exist."},
    {Refusal::all_batch_subrequests_should_be_same_api, 400, "AllBatchSubRequestsShouldBeSameApi",
     "All batch subrequests should be the same api."},
    {Refusal::api_not_implemented, 501, "APINotImplemented",
     "This emulator does not implement the operation or feature."},
    {Refusal::append_position_condition_not_met, 412, "AppendPositionConditionNotMet",
     "The append position condition specified was not met."},
    {Refusal::authentication_failed, 403, "AuthenticationFailed",
     "Server failed to authenticate the request. Make sure the value of Authorization header is "
     "formed correctly including the signature."},
    {Refusal::authorization_failure, 403, "AuthorizationFailure",
     "This request is not authorized to perform this operation."},
    {Refusal::authorization_permission_mismatch, 403, "AuthorizationPermissionMismatch",
     "This request is not authorized to perform this operation using this permission."},
    {Refusal::authorization_protocol_mismatch, 403, "AuthorizationProtocolMismatch",
     "This request is not authorized to perform this operation using this protocol."},
    {Refusal::authorization_resource_type_mismatch, 403, "AuthorizationResourceTypeMismatch",
     "This request is not authorized to perform this operation using this resource type."},
    {Refusal::authorization_service_mismatch, 403, "AuthorizationServiceMismatch",
     "This request is not authorized to perform this operation using this service."},
    {Refusal::authorization_source_ip_mismatch, 403, "AuthorizationSourceIPMismatch",
     "This request is not authorized to perform this operation using this source IP."},
    {Refusal::blob_archived, 409, "BlobArchived",
     "This operation is not permitted on an archived blob."},
    {Refusal::blob_already_exists, 409, "BlobAlreadyExists", "The specified blob already exists."},
    {Refusal::blob_is_sealed, 409, "BlobIsSealed",
     "The specified blob is sealed, and its contents can't be modified unless the blob is "
     "re-created "
     "after a delete."},
    {Refusal::blob_being_rehydrated, 409, "BlobBeingRehydrated",
     "This operation is not permitted because the blob is being rehydrated."},
    {Refusal::blob_not_found, 404, "BlobNotFound", "The specified blob does not exist."},
    {Refusal::blob_overwritten, 409, "BlobOverwritten",
     "The blob has been recreated since the previous snapshot was taken."},
    {Refusal::block_count_exceeds_limit, 409, "BlockCountExceedsLimit",
     "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks."},
    {Refusal::block_list_too_long, 400, "BlockListTooLong",
     "The block list may not contain more than 50,000 blocks."},
    {Refusal::cannot_verify_copy_source, 404, "CannotVerifyCopySource",
     "Could not verify the copy source."},
    {Refusal::condition_not_met, 412, "ConditionNotMet",
     "The condition specified using HTTP conditional header(s) is not met."},
    {Refusal::container_already_exists, 409, "ContainerAlreadyExists",
     "The specified container already exists."},
    {Refusal::container_not_found, 404, "ContainerNotFound",
     "The specified container does not exist."},
    {Refusal::cors_preflight_failure, 403, "CorsPreflightFailure",
     "CORS not enabled or no matching rule found for this request."},
    {Refusal::copy_id_mismatch, 409, "CopyIdMismatch",
     "The specified copy ID did not match the copy ID for the pending copy operation."},
    {Refusal::crc64_mismatch, 400, "Crc64Mismatch",
     "The CRC64 value specified in the request did not match with the CRC64 value calculated by "
     "the server."},
    {Refusal::insufficient_account_permissions, 403, "InsufficientAccountPermissions",
     "Write operations are not allowed."},
    {Refusal::duplicate_tag_names, 400, "DuplicateTagNames",
     "The tags specified contain duplicate names."},
    {Refusal::empty_tag_name, 400, "EmptyTagName",
     "The name of one of the tag key-value pairs is empty."},
    {Refusal::exceeds_max_batch_request_count, 400, "ExceedsMaxBatchRequestCount",
     "The batch operation exceeds maximum number of allowed subrequests."},
    {Refusal::internal_error, 500, "InternalError",
     "The server encountered an internal error. Please retry the request."},
    {Refusal::invalid_authentication_info, 400, "InvalidAuthenticationInfo",
     "The authentication information was not provided in the correct format. Verify the value of "
     "Authorization header."},
    {Refusal::invalid_blob_or_block, 400, "InvalidBlobOrBlock",
     "The specified blob or block content is invalid."},
    {Refusal::invalid_blob_type, 409, "InvalidBlobType",
     "The blob type is invalid for this operation."},
    {Refusal::invalid_block_list, 400, "InvalidBlockList", "The specified block list is invalid."},
    {Refusal::invalid_header_value, 400, "InvalidHeaderValue",
     "The value for one of the HTTP headers is not in the correct format."},
    {Refusal::invalid_input, 400, "InvalidInput", "One of the request inputs is not valid."},
    {Refusal::invalid_md5, 400, "InvalidMd5",
     "The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64 "
     "encoded."},
    {Refusal::invalid_metadata, 400, "InvalidMetadata",
     "The metadata specified is invalid. It has characters that are not permitted."},
    {Refusal::invalid_page_range, 416, "InvalidPageRange", "The page range specified is invalid."},
    {Refusal::invalid_query_parameter_value, 400, "InvalidQueryParameterValue",
     "Value for one of the query parameters specified in the request URI is invalid."},
    {Refusal::invalid_range, 416, "InvalidRange",
     "The range specified is invalid for the current size of the resource."},
    {Refusal::invalid_resource_name, 400, "InvalidResourceName",
     "The specified resource name contains invalid characters."},
    {Refusal::invalid_tag, 400, "InvalidTag",
     "The tags specified are invalid. It contains characters that are not permitted."},
    {Refusal::invalid_uri, 400, "InvalidUri",
     "The requested URI does not represent any resource on the server."},
    {Refusal::invalid_xml_document, 400, "InvalidXmlDocument",
     "XML specified is not syntactically valid."},
    {Refusal::invalid_xml_node_value, 400, "InvalidXmlNodeValue",
     "The value provided for one of the XML nodes in the request body was not in the correct "
     "format."},
    {Refusal::lease_already_present, 409, "LeaseAlreadyPresent",
     "There is already a lease present."},
    {Refusal::lease_id_mismatch_with_blob_operation, 412, "LeaseIdMismatchWithBlobOperation",
     "The lease ID specified did not match the lease ID for the blob."},
    {Refusal::lease_id_mismatch_with_container_operation, 412,
     "LeaseIdMismatchWithContainerOperation",
     "The lease ID specified did not match the lease ID for the container."},
    {Refusal::lease_id_mismatch_with_lease_operation, 409, "LeaseIdMismatchWithLeaseOperation",
     "The lease ID specified did not match the lease ID for the blob/container."},
    {Refusal::lease_id_missing, 412, "LeaseIdMissing",
     "There is currently a lease on the blob/container and no lease ID was specified in the "
     "request."},
    {Refusal::lease_is_breaking_and_cannot_be_acquired, 409, "LeaseIsBreakingAndCannotBeAcquired",
     "The lease ID matched, but the lease is currently in breaking state and cannot be acquired "
     "until it is broken."},
    {Refusal::lease_is_breaking_and_cannot_be_changed, 409, "LeaseIsBreakingAndCannotBeChanged",
     "The lease ID matched, but the lease is currently in breaking state and cannot be changed."},
    {Refusal::lease_is_broken_and_cannot_be_renewed, 409, "LeaseIsBrokenAndCannotBeRenewed",
     "The lease ID matched, but the lease has been broken explicitly and cannot be renewed."},
    {Refusal::lease_lost, 412, "LeaseLost",
     "A lease ID was specified, but the lease for the blob/container has expired."},
    {Refusal::lease_not_present_with_blob_operation, 412, "LeaseNotPresentWithBlobOperation",
     "There is currently no lease on the blob."},
    {Refusal::lease_not_present_with_container_operation, 412,
     "LeaseNotPresentWithContainerOperation", "There is currently no lease on the container."},
    {Refusal::lease_not_present_with_lease_operation, 409, "LeaseNotPresentWithLeaseOperation",
     "There is currently no lease on the blob/container."},
    {Refusal::max_blob_size_condition_not_met, 412, "MaxBlobSizeConditionNotMet",
     "The max blob size condition specified was not met."},
    {Refusal::md5_mismatch, 400, "Md5Mismatch",
     "The MD5 value specified in the request did not match with the MD5 value calculated by the "
     "server."},
    {Refusal::metadata_too_large, 400, "MetadataTooLarge",
     "The metadata specified exceeds the maximum permissible limit (8 KiB)."},
    {Refusal::missing_content_length, 411, "MissingContentLengthHeader",
     "Content-Length HTTP header is missing."},
    {Refusal::missing_required_header, 400, "MissingRequiredHeader",
     "An HTTP header that's mandatory for this request is not specified."},
    {Refusal::missing_required_query_parameter, 400, "MissingRequiredQueryParameter",
     "A query parameter that's mandatory for this request is not specified."},
    {Refusal::multiple_condition_headers, 400, "MultipleConditionHeadersNotSupported",
     "Multiple condition headers are not supported."},
    {Refusal::no_authentication_information, 401, "NoAuthenticationInformation",
     "Server failed to authenticate the request. Please refer to the information in the "
     "www-authenticate header."},
    {Refusal::no_pending_copy_operation, 409, "NoPendingCopyOperation",
     "There is currently no pending copy operation."},
    {Refusal::not_modified, 304, "ConditionNotMet",
     "The condition specified using HTTP conditional header(s) is not met."},
    {Refusal::operation_not_allowed_on_root_blob, 403, "OperationNotAllowedOnRootBlob",
     "The specified operation is not allowed on root blob."},
    {Refusal::operation_timed_out, 500, "OperationTimedOut",
     "Operation could not be completed within the specified time."},
    {Refusal::out_of_range_input, 400, "OutOfRangeInput",
     "One of the request inputs is out of range."},
    {Refusal::out_of_range_query_parameter_value, 400, "OutOfRangeQueryParameterValue",
     "One of the query parameters specified in the request URI is outside the permissible range."},
    {Refusal::pending_copy_operation, 409, "PendingCopyOperation",
     "There is currently a pending copy operation."},
    {Refusal::previous_snapshot_cannot_be_newer, 400, "PreviousSnapshotCannotBeNewer",
     "The prevsnapshot query parameter value cannot be newer than the snapshot."},
    {Refusal::previous_snapshot_not_found, 409, "PreviousSnapshotNotFound",
     "The previous snapshot is not found."},
    {Refusal::request_body_too_large, 413, "RequestBodyTooLarge",
     "The request body is too large and exceeds the maximum permissible limit."},
    {Refusal::sequence_number_condition_not_met, 412, "SequenceNumberConditionNotMet",
     "The sequence number condition specified was not met."},
    {Refusal::sequence_number_increment_too_large, 409, "SequenceNumberIncrementTooLarge",
     "The sequence number increment cannot be performed because it would result in overflow of the "
     "sequence number."},
    {Refusal::snapshots_present, 409, "SnapshotsPresent",
     "This operation is not permitted while the blob has snapshots."},
    {Refusal::source_condition_not_met, 412, "SourceConditionNotMet",
     "The source condition specified using HTTP conditional header(s) is not met."},
    {Refusal::tags_too_large, 400, "TagsTooLarge",
     "The tags specified exceed the maximum permissible limit."},
    {Refusal::unauthorized_blob_overwrite, 403, "UnauthorizedBlobOverwrite",
     "This request is not authorized to perform blob overwrites."},
    {Refusal::unsatisfiable_condition, 400, "UnsatisfiableCondition",
     "The request includes an unsatisfiable condition for this operation."},
    {Refusal::unsupported_http_verb, 405, "UnsupportedHttpVerb",
     "The resource doesn't support specified Http Verb."},
    // Those of hierarchical namespaces: "Path - Create" and its siblings of the Data Lake Storage
    // API, and what accounts of that kind answer to the Blob API.
    {Refusal::directory_is_not_empty, 409, "DirectoryIsNotEmpty",
     "This operation is not permitted on a non-empty directory."},
    {Refusal::hierarchical_namespace_not_supported, 409,
     "FeatureNotYetSupportedForHierarchicalNamespaceAccounts",
     "Specified feature is not yet supported for hierarchical namespace accounts."},
    {Refusal::invalid_flush_operation, 409, "InvalidFlushOperation",
     "The resource was created or modified by the Azure Blob Service API and cannot be written to "
     "by the Azure Data Lake Storage Service API."},
    {Refusal::invalid_flush_position, 400, "InvalidFlushPosition",
     "The uploaded data is not contiguous or the position query parameter value is not equal to "
     "the length of the file after appending the uploaded data."},
    {Refusal::path_already_exists, 409, "PathAlreadyExists", "The specified path already exists."},
    {Refusal::path_conflict, 409, "PathConflict",
     "The specified path, or an element of the path, exists and its resource type is invalid for "
     "this operation."},
    {Refusal::rename_into_itself, 409, "InvalidRenameSourcePath",
     "The source directory cannot be the same as the destination directory, nor can the "
     "destination be a subdirectory of the source directory."},
    {Refusal::rename_parent_not_found, 404, "RenameDestinationParentPathNotFound",
     "The parent directory of the destination path does not exist."},
    {Refusal::resource_type_mismatch, 409, "ResourceTypeMismatch",
     "The specified resource type does not match the type of the existing resource."},
    {Refusal::resource_types_differ, 409, "InvalidSourceOrDestinationResourceType",
     "The source and destination resource type must be identical."},
    {Refusal::source_path_not_found, 404, "SourcePathNotFound",
     "The source path for a rename operation does not exist."},
};

}  // namespace

ServiceError make_error(Refusal refusal, std::string_view reason) {
  return error_in(kRows, refusal, reason);
}

ServiceError make_error(const Error& error) {
  return make_error(Refusal::internal_error, error.message);
}

tl::unexpected<ServiceError> refuse_header(Refusal refusal, std::string_view name,
                                           std::string_view value) {
  return refuse_named(make_error(refusal), "Header", name, value);
}

tl::unexpected<ServiceError> not_authentic(std::string detail) {
  ServiceError error = make_error(Refusal::authentication_failed);
  error.details.emplace_back("AuthenticationErrorDetail", std::move(detail));
  return refuse(std::move(error));
}

tl::unexpected<ServiceError> refuse_parameter(Refusal refusal, std::string_view name,
                                              std::string_view value) {
  return refuse_named(make_error(refusal), "QueryParameter", name, value);
}

}  // namespace aloft::emulator::blob
