// SPDX-License-Identifier: Apache-2.0
#include "http/internal/pool.h"

#include <algorithm>
#include <iterator>

namespace aloft::http::internal {

std::unique_ptr<Connection> Pool::take(const Endpoint& endpoint, Clock::time_point now,
                                       int watched_by) {
  std::vector<std::unique_ptr<Connection>> expired;  // Closed behind the lock.
  auto shelves = shelves_.lock();
  const auto shelf = std::ranges::find(*shelves, endpoint, &Shelf::endpoint);
  if (shelf == shelves->end() || shelf->connections.empty()) return nullptr;
  auto& connections = shelf->connections;
  if (now - connections.back()->idle_since > options_.idle_time_max) {
    // The last one is the youngest.
    expired.swap(connections);
    return nullptr;
  }
  const auto own = std::find_if(connections.rbegin(), connections.rend(), [&](const auto& one) {
    return one->watched_by == watched_by && now - one->idle_since <= options_.idle_time_max;
  });
  const auto taken =
      own != connections.rend() ? std::prev(own.base()) : std::prev(connections.end());
  std::unique_ptr<Connection> connection = std::move(*taken);
  connections.erase(taken);
  return connection;
}

void Pool::keep(std::unique_ptr<Connection> connection, Clock::time_point now) {
  if (now - connection->made_at() > options_.age_max) return;
  connection->idle_since = now;
  std::unique_ptr<Connection> surplus;  // Closed behind the lock.
  auto shelves = shelves_.lock();
  auto shelf = std::ranges::find(*shelves, connection->endpoint(), &Shelf::endpoint);
  if (shelf == shelves->end()) {
    shelf = shelves->insert(shelves->end(), Shelf{connection->endpoint(), {}});
  }
  auto& connections = shelf->connections;
  const bool oldest_expired =
      !connections.empty() && now - connections.front()->idle_since > options_.idle_time_max;
  if (oldest_expired || connections.size() >= options_.idle_max_per_endpoint) {
    surplus = std::move(connections.front());
    connections.erase(connections.begin());
  }
  connections.push_back(std::move(connection));
}

}  // namespace aloft::http::internal
