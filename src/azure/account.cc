// SPDX-License-Identifier: Apache-2.0
#include "azure/account.h"

#include <fmt/core.h>

#include "azure/encoding.h"
#include "http/loopback.h"

namespace aloft::azure {

Result<ServiceEndpoint> parse_service_endpoint(std::string_view url) {
  http::Url parsed = TRY(http::parse_url(url));
  if (!parsed.query.empty()) {
    return fail(ErrorCode::invalid_argument,
                "an endpoint must not hold a query; give a SAS apart from it");
  }
  while (parsed.path.ends_with('/')) parsed.path.pop_back();
  return ServiceEndpoint{.server = std::move(parsed.endpoint), .base_path = std::move(parsed.path)};
}

ServiceEndpoint default_blob_endpoint(std::string_view account, std::string_view suffix, bool tls) {
  return {.server = {.tls = tls,
                     .host = fmt::format("{}.blob.{}", account, suffix),
                     .port = static_cast<std::uint16_t>(tls ? 443 : 80)},
          .base_path = {}};
}

std::optional<ServiceEndpoint> dfs_endpoint_beside(const ServiceEndpoint& blob_endpoint) {
  constexpr std::string_view kBlob = ".blob.";
  const std::size_t at = blob_endpoint.server.host.find(kBlob);
  if (at == std::string::npos) return std::nullopt;
  ServiceEndpoint endpoint = blob_endpoint;
  endpoint.server.host.replace(at, kBlob.size(), ".dfs.");
  return endpoint;
}

std::string to_string(const ServiceEndpoint& endpoint) {
  return http::to_string(endpoint.server) + endpoint.base_path;
}

std::string kind_of(const Credential& credential) {
  if (std::holds_alternative<SharedKey>(credential)) return "key";
  if (std::holds_alternative<SasToken>(credential)) return "SAS";
  const auto* const identities = std::get_if<Identities>(&credential);
  return identities == nullptr ? "none" : kind_of(*identities);
}

bool may_carry_tokens(const http::Endpoint& server) {
  return server.tls || http::is_loopback(server.host);
}

Result<SharedKey> parse_shared_key(std::string_view base64, std::string_view origin) {
  auto key = decode_base64(base64);
  if (!key || key->empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the account key in {} is not base64; copy it again from the portal or "
                            "from az storage (or az batch) account keys list",
                            origin));
  }
  return SharedKey{.key = std::move(*key)};
}

Result<SasToken> parse_sas_token(std::string_view text, std::string_view origin) {
  if (text.starts_with('?')) text.remove_prefix(1);
  const bool signature = text.starts_with("sig=") || text.find("&sig=") != std::string_view::npos;
  if (!signature || text.find_first_of(" \r\n\t#") != std::string_view::npos) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("the SAS token in {} is not one: it must be a query with sig=…", origin));
  }
  return SasToken{.query = std::string(text)};
}

}  // namespace aloft::azure
