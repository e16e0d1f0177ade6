// SPDX-License-Identifier: Apache-2.0
// Copies within the service. Between accounts, and for large blobs, the service only promises to
// copy: it is asked until it is done.
#include <fmt/core.h>

#include <algorithm>

#include "azure/encoding.h"
#include "azure/names/blob_names.h"
#include "object/azure/azure_store.h"
#include "object/azure/internal/blob_answer.h"
#include "object/azure/internal/blob_service.h"

namespace aloft {

using internal::add_conditions;
using internal::add_metadata;
using internal::Doing;

Result<PutResult> AzureStore::copy(const CopyRequest& request, const Limits& limits) {
  TRY(azure::check_key(request.key));
  if (request.metadata != nullptr) TRY(check_metadata(*request.metadata));
  const std::string name = uri(request.key);
  const Doing doing{"copying to", name};
  http::Exchange exchange;
  service_->begin(exchange, http::Method::put, path(request.key));
  TRY(internal::add_source(exchange, request.source));
  if (!request.source_if_match.empty()) {
    exchange.headers.add("x-ms-source-if-match", request.source_if_match);
  }
  // No metadata at all means "those of the source": to have none takes a second request.
  if (request.metadata != nullptr) add_metadata(exchange.headers, *request.metadata);
  add_conditions(exchange.headers, request.conditions);
  exchange.repeatable = false;
  TRY(service_->expect(exchange, 202, doing, limits));
  const PutResult made = TRY(end_of_copy(request.key, exchange, doing, limits));
  if (request.metadata == nullptr || !request.metadata->empty()) return made;
  return set_metadata(request.key, {}, {.if_match = made.etag}, limits);
}

Result<PutResult> AzureStore::end_of_copy(std::string_view key, const http::Exchange& begun,
                                          const Doing& doing, const Limits& limits) {
  const http::Answer& answer = begun.answer;
  const std::string copy_id(answer.headers.get("x-ms-copy-id"));
  const std::string_view status = answer.headers.get("x-ms-copy-status");
  if (status == "pending") return wait_for_copy(key, copy_id, doing, limits);
  auto made = internal::parse_put_result(answer);
  if (status == "success" && made) return std::move(*made);
  return fail(senseless(answer, doing, "it does not say how the copy stands"));
}

Result<PutResult> AzureStore::wait_for_copy(std::string_view key, const std::string& copy_id,
                                            const Doing& doing, const Limits& limits) {
  constexpr auto kPauseMax = std::chrono::milliseconds(2000);
  auto pause = std::chrono::milliseconds(50);
  Clock& clock = service_->clock();
  http::Exchange exchange;
  for (;;) {
    const auto until = clock.now() + pause;
    if (!clock.sleep_until(std::min(until, limits.deadline), limits.stop) ||
        until >= limits.deadline) {
      abort_copy(key, copy_id);
      TRY(limits.check(clock, fmt::format("{} {}", doing.verb, doing.uri)));
      return fail(ErrorCode::deadline_exceeded,
                  fmt::format("{} {} took too long", doing.verb, doing.uri));
    }
    pause = std::min(pause * 2, kPauseMax);
    service_->begin(exchange, http::Method::head, path(key));
    TRY(service_->expect(exchange, 200, doing, limits));
    const http::Headers& headers = exchange.answer.headers;
    if (headers.get("x-ms-copy-id") != copy_id) {
      return fail(
          ErrorCode::precondition_failed,
          fmt::format("{} {} failed: somebody else wrote it meanwhile", doing.verb, doing.uri));
    }
    const std::string_view status = headers.get("x-ms-copy-status");
    if (status == "pending") continue;
    auto made = internal::parse_put_result(exchange.answer);
    if (status == "success" && made) return std::move(*made);
    return fail(ErrorCode::unavailable,
                fmt::format("{} {} failed: the service ended the copy as \"{}\" ({})", doing.verb,
                            doing.uri, status, headers.get("x-ms-copy-status-description")));
  }
}

/// Without this the service would go on, and keep the destination from being written.
void AzureStore::abort_copy(std::string_view key, const std::string& copy_id) {
  http::Exchange exchange;
  service_->begin(exchange, http::Method::put, path(key),
                  "comp=copy&copyid=" + azure::encode_query_value(copy_id));
  exchange.headers.add("x-ms-copy-action", "abort");
  // The caller gets the reason why it ends early; that this too may fail changes nothing for it.
  static_cast<void>(service_->perform(exchange, Limits::within(std::chrono::seconds(5))));
}

}  // namespace aloft
