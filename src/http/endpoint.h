// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aloft::http {

/// Whom a client talks to.
struct Endpoint {
  bool tls = false;
  std::string host{};  ///< A name, an IPv4 address, or an IPv6 address without brackets.
  std::uint16_t port = 80;

  bool operator==(const Endpoint&) const = default;
  /// As the Host header spells it: without the scheme's own port, IPv6 in brackets.
  std::string authority() const;
  void append_authority(std::string& text) const;
};

/// "https://host:port", for messages.
std::string to_string(const Endpoint& endpoint);

/// The parts of an http or https URL, as written: nothing is decoded.
struct Url {
  Endpoint endpoint;
  std::string path{};   ///< Empty or with its "/" in front.
  std::string query{};  ///< Without its "?".
};

/// Fails with invalid_argument for anything but http://HOST[:PORT][/PATH][?QUERY] and the same with
/// https; user names and fragments are refused. Messages hold neither query nor user name.
Result<Url> parse_url(std::string_view text);

}  // namespace aloft::http
