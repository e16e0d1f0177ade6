// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "azure/connection.h"
#include "azure/identity.h"
#include "base/result.h"
#include "http/endpoint.h"

namespace aloft::azure {

/// No credential: containers that are open to everyone.
struct Anonymous {
  bool operator==(const Anonymous&) const = default;
};

/// The account's key: may do everything.
struct SharedKey {
  std::string key;  ///< The raw bytes.

  bool operator==(const SharedKey&) const = default;
};

/// A shared access signature that somebody made: a query string without its "?".
struct SasToken {
  std::string query;

  bool operator==(const SasToken&) const = default;
};

using Credential = std::variant<Anonymous, SharedKey, SasToken, Identities>;

/// "key", "SAS", "none", or the kinds of its identities: for lists, without any secret.
std::string kind_of(const Credential& credential);

/// Where a service of an account answers. Azure has the account in the host name; emulators of the
/// Blob service have it as the first part of the path.
struct ServiceEndpoint {
  http::Endpoint server{};
  std::string base_path{};  ///< "" or "/devstoreaccount1": no slash at its end.

  bool operator==(const ServiceEndpoint&) const = default;
};

/// Fails with invalid_argument for what is no http or https URL.
Result<ServiceEndpoint> parse_service_endpoint(std::string_view url);
/// https://ACCOUNT.blob.SUFFIX
ServiceEndpoint default_blob_endpoint(std::string_view account,
                                      std::string_view suffix = "core.windows.net",
                                      bool tls = true);
/// Where the account's Data Lake service answers, which knows its keys as paths: ACCOUNT.dfs.SUFFIX
/// for a host ACCOUNT.blob.SUFFIX, through private links and in every cloud. Nothing for hosts of
/// other names.
std::optional<ServiceEndpoint> dfs_endpoint_beside(const ServiceEndpoint& blob_endpoint);
/// As a URL, without a slash at its end.
std::string to_string(const ServiceEndpoint& endpoint);

/// Whether bearer tokens may be sent there, where they can be used by whoever sees them: over TLS,
/// and to an emulator on this machine.
bool may_carry_tokens(const http::Endpoint& server);

/// All that is needed to talk to one storage account. Holds secrets: never log it.
struct Account {
  std::string name{};
  ServiceEndpoint endpoint{};
  /// Where the Data Lake service answers; nothing: where dfs_endpoint_beside() says.
  std::optional<ServiceEndpoint> dfs_endpoint{};
  Credential credential{};
  Connection connection{};

  bool operator==(const Account&) const = default;
};

/// Fails with invalid_argument for a key that is not base64, without showing it.
Result<SharedKey> parse_shared_key(std::string_view base64, std::string_view origin);
/// Takes a SAS with or without its "?"; fails with invalid_argument if it has no signature.
Result<SasToken> parse_sas_token(std::string_view text, std::string_view origin);

/// The account that every emulator of Azure Storage has.
inline constexpr std::string_view kEmulatorAccount = "devstoreaccount1";
/// The key that Azure publishes for it: anyone knows it.
inline constexpr std::string_view kWellKnownKey =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

}  // namespace aloft::azure
