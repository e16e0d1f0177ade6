// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "http/endpoint.h"
#include "http/message.h"

namespace aloft::http {

/// What came back. Keeps its memory when it is used again.
struct Answer {
  int status = 0;
  Headers headers{};
  /// How much of Exchange::sink was filled.
  std::size_t sink_bytes = 0;
  /// The body, where it did not go to the sink.
  std::string text{};
  /// From the end of the request, the first one if it was sent twice, to the first byte of the
  /// answer; zero if none came.
  std::chrono::nanoseconds first_byte_time{};

  bool successful() const { return status >= 200 && status < 300; }
  void clear();
};

/// One request and its answer. Owned by the caller, who may use it again; while Client::perform()
/// runs it must not be touched.
struct Exchange {
  // The request.
  Endpoint endpoint{};
  Method method = Method::get;
  std::string target = "/";           ///< Path and query, percent-encoded.
  Headers headers{};                  ///< The client adds Host and Content-Length.
  std::span<const std::byte> body{};  ///< Not copied: stays until perform() returns.

  /// The same request twice does what it does once: then it is sent again on a new connection when
  /// an idle one turns out to be closed. (Where nothing of it was sent, it always is.)
  bool repeatable = true;

  /// Where the body of a successful answer goes; an answer longer than this is corrupt. Without a
  /// sink (data() null), and for all other answers, the body goes to answer.text; what of the sink
  /// is behind Answer::sink_bytes may be overwritten all the same.
  std::span<std::byte> sink{};
  /// A longer answer.text is corrupt.
  std::size_t text_bytes_max = 64u << 10;

  /// With no byte of the answer so long after the request is out, it is sent again on another
  /// connection, once, if PerformOptions::observer agrees; the first answer wins, and the other
  /// connection ends. Zero: never. Only for requests that are repeatable and change nothing.
  std::chrono::nanoseconds late_after{};

  // What came of it.
  Answer answer{};
  /// Success: a whole answer came, whatever its status. unavailable: no connection, or it broke;
  /// corrupt: what came is not an answer; cancelled, deadline_exceeded: see Limits.
  Result<void> result{};

  /// As new, keeping memory.
  void clear();
};

}  // namespace aloft::http
