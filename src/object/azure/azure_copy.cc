// SPDX-License-Identifier: Apache-2.0
// Copies within the service. Between accounts, and for large blobs, the service only promises to
// copy: it is asked until it is done.
#include <fmt/core.h>

#include <algorithm>

#include "azure/encoding.h"
#include "azure/names/blob_names.h"
#include "base/byte_size.h"
#include "base/retry.h"
#include "object/azure/azure_store.h"
#include "object/azure/internal/blob_answer.h"
#include "object/azure/internal/blob_service.h"

namespace aloft {

using internal::add_conditions;
using internal::add_metadata;
using internal::Doing;

namespace {

/// For requests that tidy up behind a copy, when its own time may be over.
constexpr auto kTidyingMax = std::chrono::seconds(5);

/// Between accounts, a token for the source is for copies that are done with their answer, and
/// those take so much (learn.microsoft.com, Copy Blob From URL).
constexpr std::uint64_t kCopiedAtOnceMax = 256_MiB;

bool is_given_up(std::string_view copy_status) {
  return copy_status == "failed" || copy_status == "aborted";
}

}  // namespace

Result<PutResult> AzureStore::copy(const CopyRequest& request, const Limits& limits) {
  TRY(azure::check_key(request.key));
  if (request.metadata == nullptr) return copy_with(request, limits);
  const auto write = [&](const Metadata& metadata) -> Result<PutResult> {
    // Only now: what the service keeps itself takes no room among them.
    TRY(check_metadata(metadata));
    return copy_with({.source = request.source,
                      .key = request.key,
                      .metadata = &metadata,
                      .conditions = request.conditions,
                      .source_if_match = request.source_if_match,
                      .size_bytes = request.size_bytes},
                     limits);
  };
  return with_access(request.key, *request.metadata, limits, write);
}

Result<PutResult> AzureStore::copy_with(const CopyRequest& request, const Limits& limits) {
  const std::string name = uri(request.key);
  const Doing doing{"copying to", name};
  // What this account has, whoever may ask it for a copy may read.
  const bool own = request.source.url.starts_with(to_string(service_->endpoint()) + "/");
  const bool by_token = !own && !request.source.authorization.empty();
  if (by_token && request.size_bytes > kCopiedAtOnceMax) {
    return fail(ErrorCode::unsupported,
                fmt::format("{} {}: between accounts, by identities, the service copies at most {} "
                            "at once",
                            doing.verb, name, format_byte_size(kCopiedAtOnceMax)));
  }
  http::Exchange exchange;
  service_->begin(exchange, http::Method::put, path(request.key));
  if (by_token) exchange.headers.add("x-ms-requires-sync", "true");
  TRY(internal::add_source(exchange, own ? SourceRef{request.source.url} : request.source));
  if (!request.source_if_match.empty()) {
    exchange.headers.add("x-ms-source-if-match", request.source_if_match);
  }
  // No metadata at all means "those of the source": to have none takes a second request.
  if (request.metadata != nullptr) add_metadata(exchange.headers, *request.metadata);
  add_conditions(exchange.headers, request.conditions);
  exchange.repeatable = false;
  auto begun = service_->expect(exchange, 202, doing, limits);
  if (!begun) {
    const int status = exchange.result ? exchange.answer.status : 0;
    if (status != 409 && status != 412) return fail(std::move(begun).error());
    return end_of_earlier_copy(request, std::move(begun).error(), doing, limits);
  }
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

/// What refuses a repeated request may be the copy that an attempt before it began, whose answer
/// was lost. RetryingStore knows a complete one by its commit id, but would take one for complete
/// that is not: those end here.
Result<PutResult> AzureStore::end_of_earlier_copy(const CopyRequest& request, Error refusal,
                                                  const Doing& doing, const Limits& limits) {
  if (request.metadata == nullptr) return fail(std::move(refusal));
  const auto commit = request.metadata->find(kCommitKey);
  if (commit == request.metadata->end()) return fail(std::move(refusal));
  http::Exchange exchange;
  service_->begin(exchange, http::Method::head, path(request.key));
  auto looked = service_->expect(exchange, 200, doing, limits);
  if (!looked && looked.error().code == ErrorCode::not_found) return fail(std::move(refusal));
  TRY(std::move(looked));
  const http::Headers& headers = exchange.answer.headers;
  const std::string name = "x-ms-meta-" + std::string(kCommitKey);
  if (headers.get(name) != commit->second) return fail(std::move(refusal));
  const std::string copy_id(headers.get("x-ms-copy-id"));
  const std::string_view status = headers.get("x-ms-copy-status");
  if (status == "pending") return wait_for_copy(request.key, copy_id, doing, limits);
  if (!is_given_up(status)) return fail(std::move(refusal));
  return fail(given_up(request.key, copy_id, headers, doing));
}

Result<PutResult> AzureStore::wait_for_copy(std::string_view key, const std::string& copy_id,
                                            const Doing& doing, const Limits& limits) {
  constexpr auto kPauseMax = std::chrono::milliseconds(2000);
  // The copy goes on while nobody can tell how it stands: one answer more or less means nothing.
  constexpr int kFaultsMax = 10;
  auto pause = std::chrono::milliseconds(50);
  int faults = 0;  // In a row.
  for (auto wait = pause;;) {
    auto made = look_at_copy(key, copy_id, wait, doing, limits);
    if (made && *made) return std::move(**made);
    pause = std::min(pause * 2, kPauseMax);
    wait = pause;
    if (made) {
      faults = 0;
      continue;
    }
    Error& error = made.error();
    if (is_passing(error) && ++faults < kFaultsMax) {
      wait = std::max(pause, error.retry_after);
      continue;
    }
    if (error.code == ErrorCode::cancelled || error.code == ErrorCode::deadline_exceeded) {
      abort_copy(key, copy_id);
    }
    return fail(std::move(error));
  }
}

Result<std::optional<PutResult>> AzureStore::look_at_copy(std::string_view key,
                                                          const std::string& copy_id,
                                                          std::chrono::milliseconds pause,
                                                          const Doing& doing,
                                                          const Limits& limits) {
  Clock& clock = service_->clock();
  const std::string what = fmt::format("{} {}", doing.verb, doing.uri);
  const auto until = clock.now() + pause;
  clock.sleep_until(std::min(until, limits.deadline), limits.stop);
  TRY(limits.check(clock, what));
  http::Exchange exchange;
  service_->begin(exchange, http::Method::head, path(key));
  TRY(service_->expect(exchange, 200, doing, limits));
  const http::Headers& headers = exchange.answer.headers;
  if (headers.get("x-ms-copy-id") != copy_id) {
    return fail(Error{.code = ErrorCode::precondition_failed,
                      .message = what + " failed: somebody else wrote it meanwhile",
                      .request_id = std::string(headers.get("x-ms-request-id"))});
  }
  const std::string_view status = headers.get("x-ms-copy-status");
  if (status == "pending") return std::nullopt;
  auto made = internal::parse_put_result(exchange.answer);
  if (status == "success" && made) return made;
  return fail(given_up(key, copy_id, headers, doing));
}

/// The service tries for long before it gives up: the error is none that asks for a repeat.
Error AzureStore::given_up(std::string_view key, const std::string& copy_id,
                           const http::Headers& headers, const Doing& doing) {
  Error error{.code = ErrorCode::corrupt,
              .message = fmt::format("{} {} failed: the service ended the copy as \"{}\" ({})",
                                     doing.verb, doing.uri, headers.get("x-ms-copy-status"),
                                     headers.get("x-ms-copy-status-description")),
              .request_id = std::string(headers.get("x-ms-request-id"))};
  remove_remains(key, copy_id);
  return error;
}

/// Without this the service would go on, and keep the destination from being written. The caller
/// gets the reason why it ends early; that this too may fail changes nothing for it.
void AzureStore::abort_copy(std::string_view key, const std::string& copy_id) {
  http::Exchange exchange;
  service_->begin(exchange, http::Method::put, path(key),
                  "comp=copy&copyid=" + azure::encode_query_value(copy_id));
  exchange.headers.add("x-ms-copy-action", "abort");
  static_cast<void>(service_->perform(exchange, Limits::within(kTidyingMax)));
  remove_remains(key, copy_id);
}

/// A copy that ended early leaves an empty blob with the source's metadata, which readers would
/// take for the file. It stays where it has snapshots: those are of what was there before.
void AzureStore::remove_remains(std::string_view key, const std::string& copy_id) {
  http::Exchange exchange;
  service_->begin(exchange, http::Method::head, path(key));
  if (!service_->perform(exchange, Limits::within(kTidyingMax))) return;
  const http::Headers& headers = exchange.answer.headers;
  const Etag etag(headers.get("ETag"));
  const bool ours = headers.get("x-ms-copy-id") == copy_id;
  if (!ours || etag.empty() || !is_given_up(headers.get("x-ms-copy-status"))) return;
  service_->begin(exchange, http::Method::delete_, path(key));
  add_conditions(exchange.headers, {.if_match = etag});
  exchange.repeatable = false;
  static_cast<void>(service_->perform(exchange, Limits::within(kTidyingMax)));
}

}  // namespace aloft
