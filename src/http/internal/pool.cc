// SPDX-License-Identifier: Apache-2.0
#include "http/internal/pool.h"

#include <algorithm>

namespace aloft::http::internal {

std::unique_ptr<Connection> Pool::pop(const Endpoint& endpoint, Clock::time_point now) {
  std::vector<std::unique_ptr<Connection>> expired;  // Closed behind the lock.
  auto shelves = shelves_.lock();
  const auto shelf = std::ranges::find(*shelves, endpoint, &Shelf::endpoint);
  if (shelf == shelves->end() || shelf->connections.empty()) return nullptr;
  if (now - shelf->connections.back()->idle_since > options_.idle_time_max) {
    // The last one is the youngest.
    expired.swap(shelf->connections);
    return nullptr;
  }
  std::unique_ptr<Connection> connection = std::move(shelf->connections.back());
  shelf->connections.pop_back();
  return connection;
}

std::unique_ptr<Connection> Pool::take(const Endpoint& endpoint, Clock::time_point now) {
  while (std::unique_ptr<Connection> connection = pop(endpoint, now)) {
    if (connection->seems_alive()) return connection;
  }
  return nullptr;
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

void Pool::clear() {
  shelves_.lock()->clear();
}

}  // namespace aloft::http::internal
