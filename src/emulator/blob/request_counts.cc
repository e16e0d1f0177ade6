// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/request_counts.h"

#include <nlohmann/json.hpp>

#include "emulator/blob/operation_table.h"

namespace aloft::emulator::blob {

RequestCounts::RequestCounts() : counts_(all_operations().size() + 1) {}

void RequestCounts::add(std::ptrdiff_t operation, int status) {
  Count& count = operation < 0 ? counts_.back() : counts_[static_cast<std::size_t>(operation)];
  count.requests.fetch_add(1, std::memory_order_relaxed);
  if (status >= 400) count.refused.fetch_add(1, std::memory_order_relaxed);
}

std::string RequestCounts::json() const {
  nlohmann::ordered_json document;
  nlohmann::ordered_json refused;
  const auto add_to = [](nlohmann::ordered_json& object, const char* name, std::uint64_t count) {
    object[name] = count + (object.contains(name) ? object[name].get<std::uint64_t>() : 0);
  };
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const char* name = i + 1 < counts_.size() ? all_operations()[i].name : "Unknown";
    add_to(document, name, counts_[i].requests.load());
    add_to(refused, name, counts_[i].refused.load());
  }
  document["refused"] = std::move(refused);
  return document.dump();
}

}  // namespace aloft::emulator::blob
