// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/shared_key.h"

#include <algorithm>
#include <array>
#include <vector>

#include "emulator/wire/shared_key.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::string_view kCollation = "!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz";

/// The place of each character in the collation; what is not in it comes last.
constexpr auto kWeights = [] {
  std::array<unsigned char, 256> weights{};
  weights.fill(0xff);
  for (std::size_t i = 0; i < kCollation.size(); ++i) {
    weights[static_cast<unsigned char>(kCollation[i])] = static_cast<unsigned char>(i);
  }
  return weights;
}();

bool counts_last(char c) {
  return c == '-' || c == '\'';
}

/// The weight of the next character of `rest` that does not count last, taken off with what is
/// before it; -1 at the end.
int take_weight(std::string_view& rest) {
  while (!rest.empty() && counts_last(rest.front())) rest.remove_prefix(1);
  if (rest.empty()) return -1;
  const int weight = kWeights[static_cast<unsigned char>(rest.front())];
  rest.remove_prefix(1);
  return weight;
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
  std::vector<std::pair<std::string, std::string_view>> fields;
  fields.reserve(headers.size());
  for (const auto& [name, value] : headers) {
    std::string lower = lower_case(name);
    if (!lower.starts_with("x-ms-")) continue;
    // Clients send them nearly in order, and repeated ones stay in theirs.
    const auto place = std::find_if(fields.rbegin(), fields.rend(), [&](const auto& before) {
      return !signed_before(lower, before.first);
    });
    fields.emplace(place.base(), std::move(lower), trim(value));
  }
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
  for (std::string_view rest_a = a, rest_b = b;;) {
    const int weight_a = take_weight(rest_a);
    const int weight_b = take_weight(rest_b);
    if (weight_a != weight_b) return weight_a < weight_b;
    if (weight_a < 0) break;
  }
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
