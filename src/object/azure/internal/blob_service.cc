// SPDX-License-Identifier: Apache-2.0
#include "object/azure/internal/blob_service.h"

#include <fmt/core.h>

#include <vector>

#include "azure/encoding.h"
#include "azure/version.h"
#include "checksum/crc64.h"

namespace aloft::internal {
namespace {

void add_if_set(http::Headers& headers, std::string_view name, const std::string& value) {
  if (!value.empty()) headers.add(name, value);
}

RequestOutcome outcome_of(const http::Exchange& exchange) {
  const http::Answer& answer = exchange.answer;
  RequestOutcome outcome{.first_byte = answer.first_byte_time};
  if (!exchange.result) return outcome;
  outcome.throttled = answer.status == 503 || answer.status == 429;
  if (answer.successful()) {
    outcome.body_bytes = exchange.body.size() + answer.sink_bytes + answer.text.size();
  }
  return outcome;
}

/// Tells the limiter what becomes of the requests of one call, and has it say how many places they
/// may use; the same for what is late.
class Load final : public http::PerformOptions::Observer {
 public:
  Load(ConcurrencyLimiter::Permit& permit, Lateness& lateness, std::size_t requests, Clock& clock)
      : permit_(permit),
        lateness_(lateness),
        alone_(requests == 1),
        left_(requests),
        clock_(clock),
        began_(clock.now()) {}

  std::size_t ended(const http::Exchange& exchange) override {
    RequestOutcome outcome = outcome_of(exchange);
    // Large bodies take long to send; of many requests nobody knows when each began.
    if (alone_ && outcome.throttled) outcome.sending = clock_.now() - began_ - outcome.first_byte;
    const bool small_read = exchange.late_after.count() > 0;
    if (small_read && outcome.body_bytes > 0) lateness_.note(outcome.first_byte);
    permit_.ended(outcome, --left_);
    return permit_.count();
  }
  bool may_send_again(const http::Exchange&) override { return lateness_.may_send_again(); }

 private:
  ConcurrencyLimiter::Permit& permit_;
  Lateness& lateness_;
  const bool alone_;
  std::size_t left_;
  Clock& clock_;
  const Clock::time_point began_;
};

constexpr std::string_view kChecksumHeader = "x-ms-content-crc64";

void add_checksum(http::Exchange& exchange, std::uint64_t crc64) {
  exchange.headers.add(kChecksumHeader, azure::encode_base64(checksum::crc64_bytes(crc64)));
}

/// Azurite says FeatureNotSupported, with status 500 (its StrictModelMiddlewareFactory).
bool refuses_checksums(const http::Exchange& exchange) {
  if (!exchange.result || exchange.answer.successful()) return false;
  const std::string code = azure_code(exchange.answer);
  return code == "FeatureNotSupported" || code == "UnsupportedHeader" || code == "NotImplemented";
}

void fail_all(std::span<http::Exchange* const> exchanges, const Error& error) {
  for (http::Exchange* exchange : exchanges) exchange->result = fail(error);
}

}  // namespace

BlobService::BlobService(azure::Account account, std::shared_ptr<http::Client> client, Clock& clock,
                         std::shared_ptr<azure::TokenCaches> tokens,
                         const ConcurrencyOptions& concurrency)
    : account_(std::move(account)),
      authorizer_(account_, clock, std::move(tokens)),
      client_(std::move(client)),
      limiter_(std::make_unique<ConcurrencyLimiter>(concurrency, clock)),
      lateness_(std::make_unique<Lateness>()),
      clock_(clock) {}

void BlobService::begin(http::Exchange& exchange, http::Method method, std::string_view path,
                        std::string_view query) const {
  begin_at(account_.endpoint, exchange, method, path, query);
}

void BlobService::begin_at(const azure::ServiceEndpoint& endpoint, http::Exchange& exchange,
                           http::Method method, std::string_view path,
                           std::string_view query) const {
  exchange.clear();
  exchange.endpoint = endpoint.server;
  exchange.method = method;
  exchange.target.assign(endpoint.base_path).append(path);
  if (exchange.target.empty()) exchange.target = "/";
  if (!query.empty()) exchange.target.append("?").append(query);
  exchange.headers.add("x-ms-version", azure::kApiVersion);
}

Result<void> BlobService::perform(http::Exchange& exchange, const Limits& limits) const {
  http::Exchange* const only = &exchange;
  perform(std::span(&only, 1), limits);
  return exchange.result;
}

void BlobService::perform(std::span<http::Exchange* const> exchanges, const Limits& limits) const {
  send(exchanges, limits);
  std::vector<http::Exchange*> again;
  for (http::Exchange* exchange : exchanges) {
    const bool refused = exchange->result && exchange->answer.status == 401;
    if (refused && authorizer_.renew(*exchange)) again.push_back(exchange);
  }
  if (!again.empty()) send(again, limits);
}

void BlobService::send(std::span<http::Exchange* const> exchanges, const Limits& limits) const {
  if (exchanges.empty()) return;
  auto permit = limiter_->acquire(exchanges.size(), limits);
  if (!permit) return fail_all(exchanges, permit.error());
  // Signed no sooner, because signatures carry the time.
  for (http::Exchange* exchange : exchanges) {
    const Result<void> authorized = authorizer_.authorize(*exchange, limits);
    // Without a token for one there is none for the others.
    if (!authorized) return fail_all(exchanges, authorized.error());
  }
  Load load(*permit, *lateness_, exchanges.size(), clock_);
  client_->perform(exchanges, limits, {.connections_max = permit->count(), .observer = &load});
}

Result<void> BlobService::expect(http::Exchange& exchange, int status, const Doing& doing,
                                 const Limits& limits) const {
  Result<void> performed = perform(exchange, limits);
  if (!performed) return fail(error_of_transport(std::move(performed).error(), doing));
  if (exchange.answer.status != status) return fail(error_of_answer(exchange.answer, doing));
  return {};
}

Result<void> BlobService::upload(http::Exchange& exchange, std::optional<std::uint64_t> crc64,
                                 const Doing& doing, const Limits& limits) const {
  const bool checked = takes_checksums_ && !exchange.body.empty();
  if (checked) add_checksum(exchange, crc64 ? *crc64 : checksum::crc64(exchange.body));
  Result<void> performed = expect(exchange, 201, doing, limits);
  if (performed || !checked || !refuses_checksums(exchange)) return performed;
  exchange.headers.remove(kChecksumHeader);
  performed = expect(exchange, 201, doing, limits);
  // Otherwise it was something else that it does not take.
  if (performed) takes_checksums_ = false;
  return performed;
}

Result<void> add_source(http::Exchange& exchange, const SourceRef& source) {
  exchange.headers.add("x-ms-copy-source", source.url);
  if (source.authorization.empty()) return {};
  if (!azure::may_carry_tokens(exchange.endpoint)) {
    return fail(ErrorCode::permission_denied,
                fmt::format("the token of a copy's source is sent over https only, not to {}",
                            to_string(exchange.endpoint)));
  }
  exchange.headers.add("x-ms-copy-source-authorization", source.authorization);
  return {};
}

void add_conditions(http::Headers& headers, const Conditions& conditions) {
  add_if_set(headers, "If-Match", conditions.if_match);
  add_if_set(headers, "If-None-Match", conditions.if_none_match);
}

void add_metadata(http::Headers& headers, const Metadata& metadata) {
  for (const auto& [name, value] : metadata) headers.add("x-ms-meta-" + name, value);
}

void add_properties(http::Headers& headers, const ContentProperties& properties) {
  add_if_set(headers, "x-ms-blob-content-type", properties.content_type);
  add_if_set(headers, "x-ms-blob-content-encoding", properties.content_encoding);
  add_if_set(headers, "x-ms-blob-content-language", properties.content_language);
  add_if_set(headers, "x-ms-blob-content-disposition", properties.content_disposition);
  add_if_set(headers, "x-ms-blob-cache-control", properties.cache_control);
  add_if_set(headers, "x-ms-blob-content-md5", properties.content_md5);
}

}  // namespace aloft::internal
