// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/bearer_tokens.h"

#include <fmt/core.h>

namespace aloft::azure::internal {
namespace {

constexpr std::string_view kBearer = "Bearer ";

}  // namespace

std::unique_ptr<BearerTokens> BearerTokens::of(const Credential& credential,
                                               std::string_view resource, Clock& clock,
                                               std::shared_ptr<TokenCaches> caches) {
  const auto* const identities = std::get_if<Identities>(&credential);
  if (identities == nullptr) return nullptr;
  if (caches == nullptr) {
    caches = std::make_shared<TokenCaches>(TokenSourceOptions{.clock = &clock});
  }
  return std::make_unique<BearerTokens>(caches->of(*identities, resource));
}

Result<std::string> BearerTokens::authorization(const Limits& limits) const {
  const std::string token = TRY(cache_->token(limits));
  return std::string(kBearer) + token;
}

Result<void> BearerTokens::authorize(http::Exchange& exchange, const Limits& limits) const {
  if (!may_carry_tokens(exchange.endpoint)) {
    return fail(ErrorCode::permission_denied,
                fmt::format("the token of {} is sent over https only, not to {}", name(),
                            to_string(exchange.endpoint)));
  }
  const std::string value = TRY(authorization(limits));
  exchange.headers.set("Authorization", value);
  return {};
}

bool BearerTokens::renew(const http::Exchange& refused) const {
  const std::string_view carried = refused.headers.get("Authorization");
  if (!carried.starts_with(kBearer)) return false;
  cache_->forget(carried.substr(kBearer.size()));
  return true;
}

}  // namespace aloft::azure::internal
