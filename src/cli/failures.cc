// SPDX-License-Identifier: Apache-2.0
#include "cli/failures.h"

#include <cctype>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace aloft::cli {
namespace {

/// Whether a name may go on with this text.
bool continues_name(std::string_view text) {
  if (text.starts_with('.')) text.remove_prefix(1);
  if (text.empty()) return false;
  const auto c = static_cast<unsigned char>(text.front());
  return std::isalnum(c) != 0 || c >= 0x80 ||
         std::string_view("/_-%").find(text.front()) != text.npos;
}

/// Not as a part of a longer name.
bool mentions(std::string_view message, std::string_view name) {
  for (auto at = message.find(name); at != message.npos; at = message.find(name, at + 1)) {
    if (!continues_name(message.substr(at + name.size()))) return true;
  }
  return false;
}

}  // namespace

void report_failures(std::span<const transfer::Failure> failures) {
  for (const transfer::Failure& failure : failures) {
    Error error = failure.error;
    if (!mentions(error.message, failure.name)) error.message = failure.name + ": " + error.message;
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
