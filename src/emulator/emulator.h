// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "emulator/faults/plan.h"

namespace aloft::emulator {

struct EmulatorOptions {
  /// Where state and key are kept; empty: in memory alone, with a key of this run.
  std::string data_directory{};
  std::uint16_t blob_port = 0;   ///< 0: a free one.
  std::uint16_t batch_port = 0;  ///< As above.
  /// Azure's published development key, known to everybody, instead of a random one.
  bool well_known_key = false;
  /// What is overwritten or deleted stays as a version.
  bool blob_versioning = false;
  /// Real directories, and the DFS endpoint; not with versioning. A data directory is of one kind
  /// for good.
  bool hierarchical_namespace = false;
  std::uint16_t dfs_port = 0;  ///< As those above.
  /// For how long a deleted container can be restored, in days; nothing: not at all.
  std::optional<std::uint32_t> container_retention_days{};
  faults::Plan faults{};  ///< What goes wrong on purpose.
  /// PEM files: with them the Blob service speaks TLS alone. Both or none.
  std::string certificate_file{};
  std::string key_file{};
};

/// How clients reach a running emulator; see write_record().
struct EmulatorRecord {
  std::string account;
  std::string key;  ///< Base64; a secret unless it is the well-known one.
  std::string blob_endpoint;
  std::string batch_endpoint{};  ///< Empty where Batch is not served.
  std::string dfs_endpoint{};    ///< Empty without a hierarchical namespace.
  /// Variables by which a program finds the emulator's managed identity; hold a secret.
  std::vector<std::pair<std::string, std::string>> identity_environment{};
  /// By which an application gets tokens for the account: authority_host, tenant_id, client_id and
  /// client_secret, a secret.
  std::vector<std::pair<std::string, std::string>> service_principal{};
};

/// Local servers that speak Azure's protocols, on loopback addresses alone.
class Emulator {
 public:
  /// Serves when it returns. Fails with already_exists where port or data directory are in use,
  /// permission_denied, no_space or corrupt where the data directory is not fit, invalid_argument
  /// for options that exclude each other and for a data directory of the other kind.
  static Result<std::unique_ptr<Emulator>> start(const EmulatorOptions& options);
  /// Stops.
  virtual ~Emulator() = default;

  virtual const EmulatorRecord& record() const = 0;
  /// Lets requests under way finish; all that was answered stays.
  virtual void stop() = 0;
};

}  // namespace aloft::emulator
