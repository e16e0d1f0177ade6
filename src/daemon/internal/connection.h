// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>

#include "daemon/mounts.h"
#include "daemon/protocol.h"

namespace aloft::daemon {

/// One client of the control socket, on one thread: answers its requests until it hangs up.
class Connection {
 public:
  /// `socket` stays the caller's. `end` makes the whole daemon end.
  Connection(int socket, std::string version, Mounts& mounts, std::function<void()> end)
      : socket_(socket), version_(std::move(version)), mounts_(mounts), end_(std::move(end)) {}

  void serve();

 private:
  std::string answer_to(std::string_view text, UniqueFd fd);
  std::string greet(const Hello& hello);
  std::string mount(const MountRequest& request, UniqueFd fd);
  std::string drain(std::uint64_t mount);
  std::string stop();
  /// The client has gone: what it did not see drained is stored all the same.
  void drain_forsaken();

  int socket_;
  std::string version_;
  Mounts& mounts_;
  std::function<void()> end_;
  bool greeted_ = false;
  std::set<std::uint64_t> undrained_;
};

}  // namespace aloft::daemon
