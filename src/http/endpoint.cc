// SPDX-License-Identifier: Apache-2.0
#include "http/endpoint.h"

#include <algorithm>
#include <charconv>

namespace aloft::http {
namespace {

constexpr std::uint16_t kPlainPort = 80;
constexpr std::uint16_t kTlsPort = 443;

/// What may stand in a message: nothing that a terminal would obey, no query, which may be a SAS,
/// no user name and password, and nothing of a connection string that was given in place of a URL
/// but its beginning.
std::string showable(std::string_view text) {
  const std::string_view head = text.substr(0, text.find_first_of("?#=&;"));
  const std::size_t at = text.rfind('@');
  std::string shown(head);
  if (at != std::string_view::npos) {
    // A password may hold every other mark, so that its end is the last "@".
    const std::size_t scheme = text.find("://");
    shown = scheme == std::string_view::npos ? "" : text.substr(0, scheme + 3);
    shown += "…";
    if (at < head.size()) shown += head.substr(at);
  }
  std::ranges::replace_if(
      shown, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }, '?');
  return shown;
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::invalid_argument,
              "\"" + showable(text) + "\" is not an http or https URL: " + std::string(why));
}

/// Splits "host", "host:port", "[v6]" or "[v6]:port"; the port is empty where there is none.
bool split_authority(std::string_view text, std::string_view& host, std::string_view& port) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return false;
    if (host.find(':') == std::string_view::npos) return false;
  } else {
    host = text.substr(0, text.find(':'));
    port = text.substr(host.size());
  }
  if (port == ":") return false;
  if (!port.empty()) port.remove_prefix(1);
  return !host.empty();
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

void Endpoint::append_authority(std::string& text) const {
  const bool is_v6 = host.find(':') != std::string::npos;
  text.append(is_v6 ? "[" : "").append(host).append(is_v6 ? "]" : "");
  if (port != (tls ? kTlsPort : kPlainPort)) text.append(":").append(std::to_string(port));
}

std::string Endpoint::authority() const {
  std::string text;
  append_authority(text);
  return text;
}

std::string to_string(const Endpoint& endpoint) {
  return (endpoint.tls ? "https://" : "http://") + endpoint.authority();
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  url.endpoint.tls = text.starts_with("https://");
  if (!url.endpoint.tls && !text.starts_with("http://")) {
    return refuse(text, "it must begin with https:// or http://");
  }
  if (!is_printable(text)) return refuse(text, "it holds blanks or other than ASCII characters");
  std::string_view rest = text.substr(url.endpoint.tls ? 8 : 7);
  if (rest.find('#') != std::string_view::npos) return refuse(text, "it holds a fragment");
  const std::size_t question = std::min(rest.find('?'), rest.size());
  if (question < rest.size()) url.query = rest.substr(question + 1);
  rest = rest.substr(0, question);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  url.path = rest.substr(slash);
  const std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) return refuse(text, "it holds a user name");

  std::string_view host, port;
  if (!split_authority(authority, host, port)) return refuse(text, "its host is malformed");
  url.endpoint.host = host;
  url.endpoint.port = url.endpoint.tls ? kTlsPort : kPlainPort;
  if (!port.empty()) {
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), url.endpoint.port);
    if (error != std::errc() || end != port.data() + port.size() || url.endpoint.port == 0) {
      return refuse(text, "its port is not a number from 1 to 65535");
    }
  }
  return url;
}

}  // namespace aloft::http
