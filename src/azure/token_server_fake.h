// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <atomic>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "http/fake_server.h"

namespace aloft::azure {

/// For tests: an instance metadata service or an Entra ID that gives "token1", "token2", …, each
/// for an hour, or fails as it is told.
class FakeTokenServer {
 public:
  std::string authority() const { return to_string(server_.endpoint()) + "/below"; }
  /// The last one.
  std::string request() { return *request_.lock(); }
  int requests() const { return requests_; }

  void answer(std::string_view status, std::string_view body) {
    *answer_.lock() =
        fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
  }
  void give_tokens() { answer_.lock()->clear(); }

 private:
  void serve(http::FakeConnection& connection) {
    for (std::string text; !(text = connection.read_request()).empty();) {
      *request_.lock() = text;
      const int number = ++requests_;
      const std::string told = *answer_.lock();
      if (!told.empty()) {
        connection.send(told);
      } else {
        connection.answer(fmt::format(
            R"({{"access_token":"token{}","expires_in":"3600","token_type":"Bearer"}})", number));
      }
    }
  }

  Guarded<std::string> request_;
  Guarded<std::string> answer_;  ///< Empty: a token.
  std::atomic<int> requests_ = 0;
  http::FakeServer server_{[this](http::FakeConnection& connection, int) { serve(connection); }};
};

}  // namespace aloft::azure
