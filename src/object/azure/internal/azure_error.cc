// SPDX-License-Identifier: Apache-2.0
#include "object/azure/internal/azure_error.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <pugixml.hpp>

#include "azure/service_error.h"

namespace aloft::internal {
namespace {

struct Known {
  std::string_view azure_code;
  ErrorCode code;
  std::string_view words;
};

constexpr std::string_view kRefused =
    "the credential does not allow it; check the account's key, role or SAS";

/// The one table from Azure's codes to ours.
constexpr Known kMeanings[] = {
    {"BlobNotFound", ErrorCode::not_found, "it does not exist"},
    {"ResourceNotFound", ErrorCode::not_found, "it does not exist"},
    {"ContainerNotFound", ErrorCode::not_found,
     "the container does not exist; create it with aloft mkdir"},
    {"PathNotFound", ErrorCode::not_found, "it does not exist"},
    {"SourcePathNotFound", ErrorCode::not_found, "it does not exist"},
    {"RenameDestinationParentPathNotFound", ErrorCode::not_found,
     "the directory that it is to be in does not exist"},
    {"FilesystemNotFound", ErrorCode::not_found,
     "the container does not exist; create it with aloft mkdir"},
    {"BlobAlreadyExists", ErrorCode::already_exists, "it exists already"},
    {"ContainerAlreadyExists", ErrorCode::already_exists, "it exists already"},
    {"PathAlreadyExists", ErrorCode::already_exists, "it exists already"},
    {"DirectoryIsNotEmpty", ErrorCode::already_exists, "the directory is not empty"},
    {"PathConflict", ErrorCode::already_exists, "a file and a directory cannot have one name"},
    {"ResourceTypeMismatch", ErrorCode::already_exists,
     "a file and a directory cannot have one name"},
    {"InvalidSourceOrDestinationResourceType", ErrorCode::already_exists,
     "a file and a directory cannot replace each other"},
    {"ConditionNotMet", ErrorCode::precondition_failed, "it changed since it was looked at"},
    {"TargetConditionNotMet", ErrorCode::precondition_failed, "it changed since it was looked at"},
    {"SourceConditionNotMet", ErrorCode::precondition_failed,
     "the source changed since it was looked at"},
    {"InvalidBlockList", ErrorCode::precondition_failed,
     "a block is gone: somebody else wrote it meanwhile"},
    {"LeaseIdMissing", ErrorCode::permission_denied, "somebody holds a lease on it"},
    {"LeaseAlreadyPresent", ErrorCode::permission_denied, "somebody holds a lease on it"},
    {"AuthenticationFailed", ErrorCode::permission_denied,
     "the account key or SAS is refused; check it, and this machine's clock"},
    {"InvalidAuthenticationInfo", ErrorCode::permission_denied, kRefused},
    {"NoAuthenticationInformation", ErrorCode::permission_denied,
     "it is not open to everyone and no credential is configured"},
    {"PublicAccessNotPermitted", ErrorCode::permission_denied,
     "it is not open to everyone and no credential is configured"},
    {"AuthorizationFailure", ErrorCode::permission_denied, kRefused},
    {"AuthorizationPermissionMismatch", ErrorCode::permission_denied, kRefused},
    {"AuthorizationResourceTypeMismatch", ErrorCode::permission_denied, kRefused},
    {"AuthorizationServiceMismatch", ErrorCode::permission_denied, kRefused},
    {"AuthorizationProtocolMismatch", ErrorCode::permission_denied, kRefused},
    {"AuthorizationSourceIPMismatch", ErrorCode::permission_denied, kRefused},
    {"InsufficientAccountPermissions", ErrorCode::permission_denied, kRefused},
    {"KeyBasedAuthenticationNotPermitted", ErrorCode::permission_denied,
     "this account takes no account keys"},
    {"AccountIsDisabled", ErrorCode::permission_denied, "the account is disabled"},
    {"ServerBusy", ErrorCode::throttled, "the service asks to slow down"},
    {"TooManyRequests", ErrorCode::throttled, "the service asks to slow down"},
    {"InternalError", ErrorCode::unavailable, "the service has a passing fault"},
    {"OperationTimedOut", ErrorCode::unavailable, "the service took too long"},
    {"ContainerBeingDeleted", ErrorCode::unavailable,
     "a container of this name is still being deleted"},
    {"SourcePathIsBeingDeleted", ErrorCode::unavailable, "it is being deleted"},
    {"DestinationPathIsBeingDeleted", ErrorCode::unavailable,
     "what has its new name is being deleted"},
    {"PendingCopyOperation", ErrorCode::unavailable, "a copy to it is under way"},
    {"BlobArchived", ErrorCode::unsupported,
     "it is in the archive tier; move it to a tier that is online first"},
    {"BlobBeingRehydrated", ErrorCode::unsupported, "it is still on its way from the archive tier"},
    {"HierarchicalNamespaceNotEnabled", ErrorCode::unsupported,
     "the account has no hierarchical namespace"},
    {"InvalidBlobType", ErrorCode::unsupported, "it is not a block blob"},
    {"UnsupportedHeader", ErrorCode::unsupported, "the service does not do it"},
    {"NotImplemented", ErrorCode::unsupported, "the service does not do it"},
    {"APINotImplemented", ErrorCode::unsupported, "the service does not do it"},
    {"Md5Mismatch", ErrorCode::unavailable, "the bytes were damaged on their way"},
    {"Crc64Mismatch", ErrorCode::unavailable, "the bytes were damaged on their way"},
    {"InvalidBlobOrBlock", ErrorCode::invalid_argument,
     "blocks with ids of another length wait there to be committed: another program writes it, or "
     "broke off; put a small file there, which discards them, or wait a week"},
    {"BlockCountExceedsLimit", ErrorCode::invalid_argument, "it has too many blocks"},
    {"RequestBodyTooLarge", ErrorCode::invalid_argument, "it is too large for one request"},
    {"InvalidRenameSourcePath", ErrorCode::invalid_argument, "it cannot move below itself"},
    {"InvalidResourceName", ErrorCode::invalid_argument, "the service refuses this name"},
    {"OutOfRangeInput", ErrorCode::invalid_argument, "a name or value is too long or too short"},
    {"InvalidMetadata", ErrorCode::invalid_argument, "the service refuses the metadata"},
    {"MetadataTooLarge", ErrorCode::invalid_argument, "its metadata are more than 8 KiB"},
};

/// The source's own status says why the service could not read it. For 409 that is the account of
/// the source, which is closed to the public, where the copy has no authority to read it.
azure::Meaning meaning_of_source(int status) {
  const ErrorCode code =
      status == 409 ? ErrorCode::permission_denied : azure::meaning_of_status(status).code;
  return {code, "the source cannot be read"};
}

azure::Meaning meaning_of(int status, std::string_view code) {
  if (code == "CannotVerifyCopySource") return meaning_of_source(status);
  const auto* const known = std::ranges::find(kMeanings, code, &Known::azure_code);
  if (known == std::end(kMeanings)) return azure::meaning_of_status(status);
  return {known->code, known->words};
}

}  // namespace

std::string azure_code(const http::Answer& answer) {
  if (const auto code = answer.headers.find("x-ms-error-code")) return std::string(*code);
  pugi::xml_document document;
  if (!document.load_buffer(answer.text.data(), answer.text.size())) return "";
  return document.child("Error").child_value("Code");
}

Error error_of_answer(const http::Answer& answer, const Doing& doing) {
  const std::string code = azure_code(answer);
  const azure::Meaning meaning = meaning_of(answer.status, code);
  return {.code = meaning.code,
          .message = fmt::format("{} {} failed: {} ({}{}{})", doing.verb, doing.uri, meaning.words,
                                 answer.status, code.empty() ? "" : " ", code),
          .request_id = std::string(answer.headers.get("x-ms-request-id")),
          .os_errno = code == "DirectoryIsNotEmpty" ? ENOTEMPTY : 0,
          .retry_after = azure::retry_after(answer.headers)};
}

Error error_of_transport(Error error, const Doing& doing) {
  error.message = fmt::format("{} {} failed: {}", doing.verb, doing.uri, error.message);
  return error;
}

Error senseless(const http::Answer& answer, const Doing& doing, std::string_view what) {
  return {.code = ErrorCode::corrupt,
          .message = fmt::format("{} {} failed: the answer makes no sense: {}", doing.verb,
                                 doing.uri, what),
          .request_id = std::string(answer.headers.get("x-ms-request-id"))};
}

}  // namespace aloft::internal
