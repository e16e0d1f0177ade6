// SPDX-License-Identifier: Apache-2.0
#include "cli/failures.h"

#include <string>

#include "cli/command.h"

namespace aloft::cli {

void report_failures(std::span<const transfer::Failure> failures) {
  for (const transfer::Failure& failure : failures) {
    Error error = failure.error;
    const bool is_named = error.message.find(failure.name) != std::string::npos;
    if (!is_named) error.message = failure.name + ": " + error.message;
    report(error);
  }
}

nlohmann::json to_json(std::span<const transfer::Failure> failures) {
  nlohmann::json list = nlohmann::json::array();
  for (const transfer::Failure& failure : failures) {
    list.push_back({{"name", failure.name},
                    {"code", name_of(failure.error.code)},
                    {"message", failure.error.message}});
  }
  return list;
}

std::string counted(std::uint64_t count, std::string_view noun) {
  std::string text = std::to_string(count) + " " + std::string(noun);
  if (count == 1) return text;
  if (text.ends_with("directory")) return text.replace(text.size() - 1, 1, "ies");
  return text + "s";
}

}  // namespace aloft::cli
