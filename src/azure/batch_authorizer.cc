// SPDX-License-Identifier: Apache-2.0
#include "azure/batch_authorizer.h"

#include <map>

#include "azure/authorizer.h"
#include "azure/internal/bearer_tokens.h"
#include "azure/internal/signing.h"

namespace aloft::azure {
namespace {

/// As the client sends it: only methods that usually have a body say that they have none.
std::string content_length(const http::Exchange& exchange) {
  const bool usual = exchange.method == http::Method::post ||
                     exchange.method == http::Method::put || exchange.method == http::Method::patch;
  return usual || !exchange.body.empty() ? std::to_string(exchange.body.size()) : "";
}

void append_headers(std::string& text, const http::Headers& headers) {
  std::map<std::string, std::string_view> sorted;
  for (const auto& [name, value] : headers) {
    std::string lowered = internal::lower(name);
    if (lowered.starts_with("ocp-")) sorted.emplace(std::move(lowered), value);
  }
  for (const auto& [name, value] : sorted) text.append(name).append(":").append(value).append("\n");
}

}  // namespace

BatchAuthorizer::BatchAuthorizer(const BatchAccount& account, Clock& clock,
                                 std::shared_ptr<TokenCaches> tokens)
    : account_(account.name),
      tokens_(
          internal::BearerTokens::of(account.credential, kBatchResource, clock, std::move(tokens))),
      clock_(clock) {
  if (const auto* key = std::get_if<SharedKey>(&account.credential)) {
    signer_ = std::make_unique<internal::Signer>(key->key);
  }
}

BatchAuthorizer::~BatchAuthorizer() = default;

Result<void> BatchAuthorizer::authorize(http::Exchange& exchange, const Limits& limits) const {
  if (tokens_ != nullptr) return tokens_->authorize(exchange, limits);
  if (signer_ == nullptr) return {};
  exchange.headers.set("ocp-date", http_date(clock_.wall_now()));
  const std::string text = batch_string_to_sign(exchange, account_);
  exchange.headers.set("Authorization", "SharedKey " + account_ + ":" + signer_->sign(text));
  return {};
}

bool BatchAuthorizer::renew(const http::Exchange& refused) const {
  return tokens_ != nullptr && tokens_->renew(refused);
}

std::string BatchAuthorizer::credential_name() const {
  return tokens_ != nullptr ? tokens_->name() : "the account's key";
}

std::string batch_string_to_sign(const http::Exchange& exchange, std::string_view account) {
  std::string text;
  internal::append_standard_fields(text, exchange, content_length(exchange));
  append_headers(text, exchange.headers);
  internal::append_resource(text, exchange.target, account);
  return text;
}

}  // namespace aloft::azure
