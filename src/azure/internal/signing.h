// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/exchange.h"

namespace aloft::azure::internal {

/// HMAC-SHA256 with an account's key, whose part of the work is done once. Safe from many threads
/// at once.
class Signer {
 public:
  /// `key` is decoded.
  explicit Signer(const std::string& key);
  ~Signer();

  /// In base64.
  std::string sign(std::string_view text) const;
  /// The same behind what `out` holds.
  void append_signature(std::string& out, std::string_view text) const;

 private:
  struct Keyed;
  std::unique_ptr<const Keyed> keyed_;
};

/// ASCII letters only.
char lower(char c);
std::string lower(std::string_view text);

/// What Shared Key signs first: the method and the standard fields, a line each. The date's is
/// empty: it is in a field of the service's own.
void append_standard_fields(std::string& text, const http::Exchange& exchange,
                            std::string_view content_length);

/// What Shared Key signs of a request's target, after the headers: account, path as sent, and one
/// line for each parameter, decoded, in the order of their names.
void append_resource(std::string& text, std::string_view target, std::string_view account);

}  // namespace aloft::azure::internal
