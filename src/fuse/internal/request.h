// SPDX-License-Identifier: Apache-2.0
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include <exception>
#include <stop_token>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/log/log.h"
#include "fuse/internal/interrupts.h"
#include "fuse/session.h"
#include "posix/file_system.h"

namespace aloft::fuse {

/// What all requests of a session share; libfuse hands it to each.
struct Shared {
  posix::FileSystem& files;
  SessionOptions options;
  Interrupts interrupts{};
};

/// One request of the kernel under way. It is answered exactly once: by one of the reply calls, or
/// with EIO when the Request ends without.
class Request {
 public:
  enum class Kind { usual, commit };
  Request(fuse_req_t request, std::string_view operation, Kind kind = Kind::usual);
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  posix::FileSystem& files() const { return shared_.files; }
  const Limits& limits() const { return limits_; }
  posix::Caller caller() const;
  /// For libfuse's helpers that pack answers.
  fuse_req_t raw() const { return request_; }

  void fail(const Error& error);
  void fail(int errno_value);
  /// After a call without a result.
  void done(const Result<void>& result);
  /// A name: with ENOENT the kernel remembers that it is absent. Gives the reference back if the
  /// kernel did not take it.
  void entry(const Result<posix::Entry>& result);
  void attributes(const Result<posix::Attributes>& result);
  /// Calls `reply`, one of fuse_reply_*, on the raw request; returns whether the kernel took it.
  template <class Reply>
  bool reply(Reply reply) {
    finish();
    return reply(std::exchange(request_, nullptr)) == 0;
  }

 private:
  static void on_interrupt(fuse_req_t request, void* self);
  /// No interrupt reaches this request any more; must come before its answer, which frees it.
  void finish();

  fuse_req_t request_;
  std::string_view operation_;
  Shared& shared_;
  std::stop_source stop_{};
  Limits limits_;
  std::uint64_t ticket_ = 0;  ///< Written under the request's lock inside libfuse.
};

fuse_entry_param entry_param(const posix::Entry& entry);
double seconds(std::chrono::nanoseconds time);

/// Runs `body(Request&)`; what it throws is logged and answered with EIO.
template <class Body>
void answer(fuse_req_t raw, std::string_view operation, Request::Kind kind, Body body) {
  Request request(raw, operation, kind);
  try {
    body(request);
  } catch (const std::exception& exception) {
    log(LogLevel::error, "{}: {}", operation, exception.what());
  }
}

template <class Body>
void answer(fuse_req_t raw, std::string_view operation, Body body) {
  answer(raw, operation, Request::Kind::usual, std::move(body));
}

}  // namespace aloft::fuse
