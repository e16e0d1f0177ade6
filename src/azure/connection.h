// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "http/client.h"

namespace aloft::azure {

/// How an account's servers are reached, where not as all others.
struct Connection {
  /// Certificate authorities (PEM) to trust instead of the system's; empty: the system's.
  std::string authorities_file{};
  /// Through the proxies that the environment names.
  bool use_proxies = true;

  bool operator==(const Connection&) const = default;
};

/// The HTTP clients of a program: accounts that are reached in the same way share one. Safe from
/// many threads at once.
class ConnectedClients {
 public:
  /// `usual` says what a Connection does not.
  explicit ConnectedClients(http::ClientOptions usual = {}) : usual_(std::move(usual)) {}

  std::shared_ptr<http::Client> of(const Connection& connection);

 private:
  struct Entry {
    Connection connection;
    std::shared_ptr<http::Client> client;
  };

  const http::ClientOptions usual_;
  Guarded<std::vector<Entry>> entries_;
};

}  // namespace aloft::azure
