// SPDX-License-Identifier: Apache-2.0
// What an account with a hierarchical namespace does besides: directories and renaming. Facts:
// Microsoft's REST reference (Path Create, Get Account Information, List Blobs) and AzCopy's
// ste/sender-blobFolders.go, which makes directories through the Blob service as this does.
#include <algorithm>
#include <string>

#include "azure/encoding.h"
#include "azure/names/blob_names.h"
#include "object/azure/azure_store.h"
#include "object/azure/internal/blob_answer.h"
#include "object/azure/internal/blob_service.h"
#include "object/azure/internal/blob_xml.h"

namespace aloft {

using internal::add_conditions;
using internal::Doing;

namespace {

/// How often others may make and remove a directory while it is written.
constexpr int kAttemptsMax = 5;

/// The service may call what is there and must not be a condition that is not met.
bool is_taken(const http::Answer& answer, const RenameRequest& request) {
  return request.conditions.if_none_match == "*" && answer.status == 412 &&
         internal::azure_code(answer) != "SourceConditionNotMet";
}

}  // namespace

Result<bool> AzureStore::hierarchical(const Limits& limits) {
  return service_->hierarchical(path(""), limits);
}

Result<void> AzureStore::rename(const RenameRequest& request, const Limits& limits) {
  TRY(azure::check_key(request.from));
  TRY(azure::check_key(request.to));
  const std::string name = uri(request.from);
  const Doing doing{"renaming", name};
  std::string continuation;
  do {
    std::string query = "mode=posix";
    if (!continuation.empty()) {
      query.append("&continuation=").append(azure::encode_query_value(continuation));
    }
    http::Exchange exchange;
    TRY(service_->begin_path(exchange, http::Method::put, path(request.to), query));
    exchange.headers.add("x-ms-rename-source", service_->rename_source(path(request.from)));
    add_conditions(exchange.headers, request.conditions);
    if (!request.source_if_match.empty()) {
      exchange.headers.add("x-ms-source-if-match", request.source_if_match);
    }
    exchange.repeatable = false;
    Result<void> renamed = service_->expect(exchange, 201, doing, limits);
    if (!renamed && exchange.result && is_taken(exchange.answer, request)) {
      renamed.error().code = ErrorCode::already_exists;
    }
    TRY(std::move(renamed));
    continuation = exchange.answer.headers.get("x-ms-continuation");
  } while (!continuation.empty());
  return {};
}

/// Put Blob makes a directory, but replaces none that holds something.
Result<PutResult> AzureStore::put_directory(const PutRequest& request, const Limits& limits) {
  const bool exclusively = request.conditions.if_none_match == "*";
  for (int attempts = 1;; ++attempts) {
    if (!exclusively) {
      auto set = write_metadata(request.key, request.metadata, request.conditions, limits);
      const bool absent = !set && set.error().code == ErrorCode::not_found;
      if (!absent || !request.conditions.if_match.empty()) return set;
    }
    PutRequest making = request;
    making.conditions = {.if_none_match = "*"};
    auto made = put_object(making, limits);
    const bool there = !made && made.error().code == ErrorCode::already_exists;
    if (!there || exclusively || attempts == kAttemptsMax) return made;
  }
}

/// Listings with a delimiter say of directories all but their metadata.
Result<void> AzureStore::look_at_directories(internal::BlobPage& page, const Limits& limits) {
  std::vector<http::Exchange> exchanges(page.bare_directories.size());
  std::vector<http::Exchange*> asked;
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    const std::string& key = page.list.objects[page.bare_directories[i]].key;
    service_->begin(exchanges[i], http::Method::head, path(key));
    asked.push_back(&exchanges[i]);
  }
  service_->perform(asked, limits);
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    ObjectInfo& object = page.list.objects[page.bare_directories[i]];
    const std::string name = uri(object.key);
    const Doing doing{"looking at", name};
    const http::Answer& answer = exchanges[i].answer;
    if (!exchanges[i].result) return fail(error_of_transport(exchanges[i].result.error(), doing));
    if (answer.status == 404) {
      object.key.clear();  // It was removed meanwhile.
      continue;
    }
    if (answer.status != 200) return fail(error_of_answer(answer, doing));
    auto info = internal::parse_object_info(object.key, answer);
    if (!info) return fail(senseless(answer, doing, "properties are missing or malformed"));
    object = std::move(*info);
  }
  std::erase_if(page.list.objects, [](const ObjectInfo& object) { return object.key.empty(); });
  return {};
}

}  // namespace aloft
