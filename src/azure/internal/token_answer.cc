// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/token_answer.h"

#include <fmt/core.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "http/message.h"

namespace aloft::azure::internal {
namespace {

using std::chrono::seconds;

/// Lifetimes are texts in what the metadata service says, and numbers in what others say.
std::optional<seconds> seconds_of(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds(value);
}

}  // namespace

std::string member_text(std::string_view document, const char* name) {
  const auto parsed = nlohmann::json::parse(document, nullptr, false);
  if (!parsed.is_object()) return "";
  const auto found = parsed.find(name);
  if (found == parsed.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? std::to_string(found->get<std::int64_t>()) : "";
}

Result<AccessToken> parse_token(std::string_view document,
                                std::chrono::system_clock::time_point asked_at,
                                std::string_view giver, std::string_view identity) {
  constexpr seconds kLifetimeMax = std::chrono::hours(24 * 365);
  std::string text = member_text(document, "access_token");
  const auto lifetime = seconds_of(member_text(document, "expires_in"));
  if (text.empty() || !http::is_field_value(text) || !lifetime || *lifetime <= seconds(0) ||
      *lifetime > kLifetimeMax) {
    return fail(ErrorCode::corrupt,
                fmt::format("the answer of {} about {} is no token", giver, identity));
  }
  return AccessToken{.text = std::move(text), .expires = asked_at + *lifetime};
}

std::string refusal_words(const http::Answer& answer, std::string_view secret) {
  const std::string description = member_text(answer.text, "error_description");
  if (!secret.empty() && description.find(secret) != std::string::npos) return "";
  // What follows are ids of the request and the time.
  std::string_view line(description);
  line = line.substr(0, line.find_first_of("\r\n"));
  return for_people(line.substr(0, line.find(" Trace ID:")));
}

std::string for_people(std::string_view text) {
  constexpr std::size_t kBytesMax = 300;
  std::string words(text.substr(0, kBytesMax));
  std::erase_if(words, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return words;
}

}  // namespace aloft::azure::internal
