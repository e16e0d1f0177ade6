// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "http/internal/connection.h"

namespace aloft::http::internal {

/// Idle connections, last in, first out, so that the surplus of a burst ages and ends. Shared
/// between threads.
class Pool {
 public:
  struct Options {
    std::size_t idle_max_per_endpoint = 64;
    std::chrono::steady_clock::duration idle_time_max = std::chrono::seconds(50);
    /// Older connections end, so that new ones see where the name leads by now.
    std::chrono::steady_clock::duration age_max = std::chrono::minutes(10);
  };
  explicit Pool(Options options) : options_(options) {}

  /// A connection that was idle not for too long; null if there is none. Rather one that is watched
  /// by this epoll descriptor.
  std::unique_ptr<Connection> take(const Endpoint& endpoint, Clock::time_point now, int watched_by);
  void keep(std::unique_ptr<Connection> connection, Clock::time_point now);

 private:
  struct Shelf {
    Endpoint endpoint;
    std::vector<std::unique_ptr<Connection>> connections;
  };
  const Options options_;
  Guarded<std::vector<Shelf>> shelves_;
};

}  // namespace aloft::http::internal
