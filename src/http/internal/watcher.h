// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "http/internal/connection.h"

namespace aloft::http::internal {

/// Waits for many connections, by epoll. A connection stays watched when its exchange is over, so
/// that the next one on it costs no call of the kernel, and so that what happens to it meanwhile is
/// known. For one thread at a time, but for ring().
class Watcher {
 public:
  struct Event {
    std::size_t slot = 0;
    bool can_read = false;
    bool can_write = false;
    bool ended = false;  ///< Nothing more comes than what is there.
  };

  static Result<std::unique_ptr<Watcher>> make();

  /// Events of `connection` have this slot from now on. Events come once per change: the first says
  /// what can be done already, unless the connection is watched already; see `disturbed`.
  Result<void> watch(Connection& connection, std::size_t slot);
  /// No events for it until it is watched again. (Closing it does this, too.)
  void release(const Connection& connection);

  bool watches(const Connection& connection) const { return connection.watched_by == epoll_.get(); }
  /// Something came on a watched connection, or it ended, while it had no slot. True until it is
  /// watched again.
  bool disturbed(const Connection& connection) const;
  /// Another watcher's thread is not to be woken by what comes on this connection.
  void take_from_others(Connection& connection) const;

  /// What happened, waiting at most `time_max` for it. Valid until the next call.
  std::span<const Event> wait(std::chrono::milliseconds time_max);

  /// Learns what happened to connections without a slot; before one of them is trusted.
  void catch_up();

  /// Makes wait() return, from any thread, and every time until silence().
  void ring();
  void silence();
  /// Becomes readable with ring().
  int bell() const { return bell_.get(); }
  /// Becomes readable when wait() has something to tell.
  int fd() const { return epoll_.get(); }

 private:
  struct Watched {
    static constexpr std::size_t kNoSlot = ~std::size_t{0};
    std::size_t slot = kNoSlot;
    bool disturbed = false;
  };

  Watcher() = default;
  /// Returns how many events there were.
  std::size_t take_events(std::chrono::milliseconds time_max);

  UniqueFd epoll_;
  UniqueFd bell_;
  std::vector<Watched> watched_;  ///< By descriptor.
  std::vector<Event> events_;
};

}  // namespace aloft::http::internal
