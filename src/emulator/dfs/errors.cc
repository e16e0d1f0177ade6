// SPDX-License-Identifier: Apache-2.0
#include "emulator/dfs/errors.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace aloft::emulator::dfs {

namespace {

/// Where the two protocols have different words for the same; the statuses are the same. From
/// Azure's DataLakeStorage.json (azure-rest-api-specs) and "Path - Create".
struct Translation {
  std::string_view from;
  const char* code;
  const char* message;
};
constexpr Translation kTranslations[] = {
    {"BlobAlreadyExists", "PathAlreadyExists", "The specified path already exists."},
    {"BlobNotFound", "PathNotFound", "The specified path does not exist."},
    {"ContainerAlreadyExists", "FilesystemAlreadyExists",
     "The specified filesystem already exists."},
    {"ContainerNotFound", "FilesystemNotFound", "The specified filesystem does not exist."},
    {"DirectoryIsNotEmpty", "DirectoryNotEmpty",
     "The recursive query parameter value must be true to delete a non-empty directory."},
    {"InvalidMetadata", "InvalidPropertyName",
     "A property name is empty or contains invalid characters."},
    {"LeaseIdMismatchWithBlobOperation", "LeaseIdMismatch",
     "The lease ID specified did not match the lease ID for the resource."},
    {"LeaseNotPresentWithBlobOperation", "LeaseNotPresent",
     "There is currently no lease on the resource."},
};

}  // namespace

http::Response error_response(const ServiceError& error, std::string_view request_id, Seconds now) {
  std::string code = error.code;
  std::string message = error.message;
  for (const Translation& translation : kTranslations) {
    if (translation.from != code) continue;
    code = translation.code;
    message = translation.message;
    break;
  }
  http::Response response;
  response.status = error.status;
  response.headers.add("x-ms-error-code", code);
  for (const auto& [name, value] : error.headers) response.headers.add(name, value);
  if (error.status == 304) return response;
  message += "\nRequestId:" + std::string(request_id) + "\nTime:" + format_iso_date(now);
  nlohmann::ordered_json document{{"error", {{"code", code}, {"message", message}}}};
  for (const auto& [name, text] : error.details) document["error"]["detail"][name] = text;
  response.headers.add("Content-Type", "application/json;charset=utf-8");
  // Texts of clients may be no UTF-8.
  response.set_body(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return response;
}

}  // namespace aloft::emulator::dfs
