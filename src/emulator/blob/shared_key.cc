// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/shared_key.h"

#include <algorithm>
#include <vector>

#include "emulator/wire/shared_key.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::string_view kCollation = "!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz";

bool counts_last(char c) {
  return c == '-' || c == '\'';
}

/// Blanks within a value are signed as they are: Azure's page on Shared Key would fold them, but
/// its client libraries (sdk/storage/*: shared key policies) and Azurite
/// (BlobSharedKeyAuthenticator.ts) only trim.
std::string_view trim(std::string_view value) {
  const std::size_t begin = value.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return value.substr(begin, value.find_last_not_of(" \t") + 1 - begin);
}

std::string canonical_fields(const http::Headers& headers) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto& [name, value] : headers) {
    std::string lower = lower_case(name);
    if (lower.starts_with("x-ms-")) fields.emplace_back(std::move(lower), trim(value));
  }
  std::ranges::stable_sort(
      fields, [](const auto& a, const auto& b) { return signed_before(a.first, b.first); });
  std::string text;
  for (const auto& [name, value] : fields) (((text += name) += ':') += value) += '\n';
  return text;
}

std::string canonical_resource(const Target& target) {
  // The account comes from the credential, the path from the URL: where the URL has the account in
  // its path, it stands here twice.
  std::string text = "/" + target.account + target.path;
  std::string before;
  for (const auto& [name, value] : target.query.sorted()) {
    if (name == before) {
      (text += ',') += value;
    } else {
      (((text += '\n') += name) += ':') += value;
    }
    before = name;
  }
  return text;
}

}  // namespace

bool signed_before(std::string_view a, std::string_view b) {
  std::string primary_a;
  std::string primary_b;
  const auto weigh = [](std::string_view name, std::string& primary) {
    for (const char c : name) {
      if (!counts_last(c)) primary += static_cast<char>(kCollation.find(c));
    }
  };
  weigh(a, primary_a);
  weigh(b, primary_b);
  if (primary_a != primary_b) return primary_a < primary_b;
  // They differ in hyphens only: the one with a hyphen where the other has a letter comes later.
  const auto [at_a, at_b] = std::ranges::mismatch(a, b);
  return at_b != b.end() && counts_last(*at_b) && (at_a == a.end() || !counts_last(*at_a));
}

std::string shared_key_string(http::Method method, const http::Headers& headers,
                              const Target& target) {
  std::string text(http::name_of(method));
  text += '\n';
  const bool dated_by_ms = headers.contains("x-ms-date");
  for (const std::string_view name : kSharedKeyFields) {
    std::string_view value = headers.get(name);
    if (name == "Content-Length" && value == "0") value = {};
    if (name == "Date" && dated_by_ms) value = {};
    text += value;
    text += '\n';
  }
  text += canonical_fields(headers);
  text += canonical_resource(target);
  return text;
}

}  // namespace aloft::emulator::blob
