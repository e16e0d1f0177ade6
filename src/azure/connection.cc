// SPDX-License-Identifier: Apache-2.0
#include "azure/connection.h"

namespace aloft::azure {

std::shared_ptr<http::Client> ConnectedClients::of(const Connection& connection) {
  const auto entries = entries_.lock();
  for (const Entry& entry : *entries) {
    if (entry.connection == connection) return entry.client;
  }
  http::ClientOptions options = usual_;
  if (!connection.authorities_file.empty()) options.authorities_file = connection.authorities_file;
  options.use_proxies = usual_.use_proxies && connection.use_proxies;
  auto client = std::make_shared<http::Client>(std::move(options));
  entries->push_back({.connection = connection, .client = client});
  return client;
}

}  // namespace aloft::azure
