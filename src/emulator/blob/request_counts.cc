// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/request_counts.h"

#include <nlohmann/json.hpp>

namespace aloft::emulator::blob {

RequestCounts::RequestCounts(std::vector<const char*> names)
    : names_(std::move(names)), counts_(names_.size() + 1) {}

void RequestCounts::add(std::ptrdiff_t operation, int status) {
  Count& count = operation < 0 ? counts_.back() : counts_[static_cast<std::size_t>(operation)];
  count.requests.fetch_add(1, std::memory_order_relaxed);
  if (status >= 400) count.refused.fetch_add(1, std::memory_order_relaxed);
}

bool RequestCounts::are_asked_for(const http::Request& request) {
  return request.method == http::Method::get && request.target == "/$aloft/requests";
}

http::Response RequestCounts::answer() const {
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.set_body(json());
  return response;
}

std::string RequestCounts::json() const {
  nlohmann::ordered_json document;
  nlohmann::ordered_json refused;
  const auto add_to = [](nlohmann::ordered_json& object, const char* name, std::uint64_t count) {
    object[name] = count + (object.contains(name) ? object[name].get<std::uint64_t>() : 0);
  };
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const char* name = i < names_.size() ? names_[i] : "Unknown";
    add_to(document, name, counts_[i].requests.load());
    add_to(refused, name, counts_[i].refused.load());
  }
  document["refused"] = std::move(refused);
  return document.dump();
}

}  // namespace aloft::emulator::blob
