// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "http/client.h"
#include "http/endpoint.h"

namespace aloft::http::internal {

/// Opens connections, many at a time, by libcurl: names, addresses and proxies (from http_proxy,
/// https_proxy, no_proxy, …) are its business; behind a proxy the connection is a tunnel (a proxy
/// that wants TLS itself is refused). What comes out is a plain socket; the TLS on it is ours. One
/// thread at a time.
class Dialer {
 public:
  using Done = std::function<void(std::size_t tag, Result<UniqueFd>)>;

  Dialer();

  /// Begins; `tag` comes back with the outcome.
  void start(const Endpoint& endpoint, std::size_t tag, const ClientOptions& options);
  bool busy() const { return !dials_.empty(); }

  /// Waits until a dial or one of `other_fds` has something to do, at most `time_max`, and hands
  /// out what is finished.
  void wait(std::span<curl_waitfd> other_fds, std::chrono::milliseconds time_max, const Done& done);
  /// Gives up all dials.
  void cancel();

 private:
  struct EasyFree {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct MultiFree {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  struct Dial {
    Endpoint endpoint;
    std::size_t tag = 0;
    std::unique_ptr<CURL, EasyFree> easy;
    bool proxy_wants_tls = false;  // Then it is not dialed.
  };

  static Result<UniqueFd> outcome(const Dial& dial, CURLcode code);
  void take_finished(const Done& done);

  // Destroyed last to first: the dials leave before the multi handle ends.
  std::unique_ptr<CURLM, MultiFree> multi_;
  std::vector<Dial> dials_;
};

}  // namespace aloft::http::internal
