// SPDX-License-Identifier: Apache-2.0
#include "azure/connection_string.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <string>

#include "azure/internal/signing.h"
#include "azure/names/blob_names.h"
#include "http/message.h"

namespace aloft::azure {
namespace {

/// The settings of a connection string; names in lower case.
using Settings = std::map<std::string, std::string, std::less<>>;

tl::unexpected<Error> malformed(std::string_view origin, std::string_view why) {
  return fail(ErrorCode::invalid_argument,
              fmt::format("the connection string in {} is malformed: {}", origin, why));
}

Result<Settings> split(std::string_view text, std::string_view origin) {
  Settings settings;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return malformed(origin, "it must be NAME=VALUE;NAME=VALUE;…");
    }
    const auto [place, fresh] =
        settings.emplace(internal::lower(part.substr(0, equals)), part.substr(equals + 1));
    if (!fresh) return malformed(origin, place->first + " is there twice");
  }
  return settings;
}

std::string_view value_of(const Settings& settings, std::string_view name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string_view() : found->second;
}

Result<Account> development_storage() {
  SharedKey key = TRY(parse_shared_key(kWellKnownKey, "the development storage"));
  return Account{.name = std::string(kEmulatorAccount),
                 .endpoint = {.server = {.tls = false, .host = "127.0.0.1", .port = 10000},
                              .base_path = fmt::format("/{}", kEmulatorAccount)},
                 .credential = std::move(key)};
}

Result<Credential> credential_of(const Settings& settings, std::string_view origin) {
  const std::string_view key = value_of(settings, "accountkey");
  const std::string_view sas = value_of(settings, "sharedaccesssignature");
  if (!key.empty() && !sas.empty()) {
    return malformed(origin, "it holds both AccountKey and SharedAccessSignature");
  }
  if (!key.empty()) return TRY(parse_shared_key(key, origin));
  if (!sas.empty()) return TRY(parse_sas_token(sas, origin));
  return malformed(origin, "it holds neither AccountKey nor SharedAccessSignature");
}

Result<std::optional<ServiceEndpoint>> dfs_endpoint_of(const Settings& settings,
                                                       std::string_view origin) {
  const std::string_view url = value_of(settings, "dfsendpoint");
  if (url.empty()) return std::nullopt;
  const Result<ServiceEndpoint> endpoint = parse_service_endpoint(url);
  if (!endpoint) return malformed(origin, endpoint.error().message);
  return *endpoint;
}

/// A SAS connection string may lack AccountName: then it is the first label of the host, or the
/// first part of the path.
std::string account_name_of(const Settings& settings, const Result<ServiceEndpoint>& endpoint) {
  const std::string_view name = value_of(settings, "accountname");
  if (!name.empty() || !endpoint) return std::string(name);
  if (!endpoint->base_path.empty()) return endpoint->base_path.substr(1);
  return endpoint->server.host.substr(0, endpoint->server.host.find('.'));
}

}  // namespace

Result<Account> parse_connection_string(std::string_view text, std::string_view origin) {
  const Settings settings = TRY(split(text, origin));
  const std::string_view development = value_of(settings, "usedevelopmentstorage");
  if (!development.empty()) {
    if (!http::equal_ignoring_case(development, "true")) {
      return malformed(origin, "UseDevelopmentStorage can only be true");
    }
    return development_storage();
  }
  const std::string_view url = value_of(settings, "blobendpoint");
  const Result<ServiceEndpoint> endpoint = parse_service_endpoint(url);
  if (!url.empty() && !endpoint) return malformed(origin, endpoint.error().message);
  const std::string name = account_name_of(settings, endpoint);
  if (const auto checked = check_account_name(name); !checked) {
    return malformed(origin, name.empty() ? "AccountName is missing" : checked.error().message);
  }
  const std::string_view protocol = value_of(settings, "defaultendpointsprotocol");
  if (!protocol.empty() && protocol != "https" && protocol != "http") {
    return malformed(origin, "DefaultEndpointsProtocol must be https or http");
  }
  const std::string_view suffix = value_of(settings, "endpointsuffix");
  Credential credential = TRY(credential_of(settings, origin));
  std::optional<ServiceEndpoint> dfs_endpoint = TRY(dfs_endpoint_of(settings, origin));
  const ServiceEndpoint usual =
      default_blob_endpoint(name, suffix.empty() ? "core.windows.net" : suffix, protocol != "http");
  return Account{.name = name,
                 .endpoint = endpoint ? *endpoint : usual,
                 .dfs_endpoint = std::move(dfs_endpoint),
                 .credential = std::move(credential)};
}

}  // namespace aloft::azure
