// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "emulator/blob/service_fixture_fake.h"
#include "target.h"

namespace fuzz {

/// Sends the requests of `text` one after the other: "METHOD path?query", header fields, an empty
/// line and a body; the next one is behind a line of "%%". The path is of the account. Who brings
/// neither Authorization nor a signature in the query is signed for. No answer may be a failure of
/// the server's.
inline void send_requests(aloft::emulator::blob::FakeClient& client, std::string_view text) {
  while (!text.empty()) {
    std::string_view rest = take_until(text, "\n%%\n");
    std::string_view line = take_until(rest, "\n");
    const std::string_view method = take_until(line, " ");
    const std::string path(line);
    aloft::http::Headers headers;
    for (line = take_until(rest, "\n"); !line.empty(); line = take_until(rest, "\n")) {
      const std::string_view name = take_until(line, ": ");
      // What the HTTP server lets through.
      if (aloft::http::is_field_name(name) && aloft::http::is_field_value(line)) {
        headers.add(name, line);
      }
    }
    const bool is_signed =
        headers.contains("Authorization") || path.find("sig=") != std::string::npos;
    const std::string body(rest);
    const auto answer = is_signed ? client.request_as_is(method, path, std::move(headers), body)
                                  : client.request(method, path, std::move(headers), body);
    // 501: an operation that the emulator has not.
    CHECK((answer.status >= 200 && answer.status < 500) || answer.status == 501);
    CHECK((answer.status < 300) == answer.code.empty());
  }
}

}  // namespace fuzz
