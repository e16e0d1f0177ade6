// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "daemon/mounts.h"

namespace aloft::daemon {

struct ServerOptions {
  std::string socket{};  ///< Where clients connect.
  std::string lock{};    ///< Locked while the server lives, so that there is one.
  std::string version{};
  /// Ends by itself after so long without a mount and without a client.
  std::chrono::milliseconds idle_time_max{300'000};
  /// How long an asked-for end may take to store what is dirty.
  std::chrono::seconds close_time_max{60};
};

/// The daemon: serves the mounts of one user on one host to clients of its control socket. Only
/// that user (and root) is heard. A client's mount outlives its connection: when a connection ends
/// without having drained, the daemon stores what is dirty and goes on until the mount is gone.
class Server {
 public:
  Server(ServerOptions options, AccountsOf accounts_of);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Waits for the lock, listens, calls `on_ready`, and serves until idle, until a client's stop or
  /// until `stop`. Returns the first error of the last drain. Called once.
  Result<void> run(const std::function<void()>& on_ready, std::stop_token stop);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace aloft::daemon
