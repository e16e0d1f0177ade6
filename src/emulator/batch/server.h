// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "emulator/batch/pool_identity.h"
#include "emulator/faults/node_faults.h"
#include "emulator/faults/request_faults.h"

namespace aloft::emulator::batch {

struct ServerOptions {
  /// Where the state and the nodes are kept; empty: in memory, and nodes in a temporary directory.
  std::string directory{};
  std::uint16_t port = 0;  ///< 0: a free one.
  std::string account{};
  std::string key{};  ///< Decoded.
  /// "http://127.0.0.1:10000/devstoreaccount1": the storage account that belongs to this one.
  std::string storage_url{};
  /// Gives nodes a token for storage: see NodeOptions.
  std::function<Result<std::string>()> storage_token{};
  /// Set for every task: where the token endpoint is.
  std::vector<std::pair<std::string, std::string>> environment{};
  PoolIdentity identity{};
  /// What strikes requests, and nodes; both outlive the server. Null: nothing.
  faults::RequestFaults* request_faults = nullptr;
  faults::NodeFaults* node_faults = nullptr;
};

/// The Batch service with all that it needs, on a port of its own.
class Server {
 public:
  /// Serves when it returns. Fails with already_exists where the port or the directory is in use,
  /// permission_denied, no_space or corrupt where the directory is not fit.
  static Result<std::unique_ptr<Server>> start(ServerOptions options);
  /// Stops.
  virtual ~Server() = default;

  virtual std::string endpoint() const = 0;  ///< "http://127.0.0.1:10001"
  /// Lets requests under way finish and kills the tasks; they run again after the next start.
  virtual void stop() = 0;
};

}  // namespace aloft::emulator::batch
