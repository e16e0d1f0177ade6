// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "http/endpoint.h"
#include "http/internal/answer_reader.h"
#include "http/internal/tls.h"

namespace aloft::http::internal {

/// What one attempt to move bytes did.
struct Moved {
  enum class How { some, wait_to_read, wait_to_write, ended };
  How how = How::some;
  std::size_t bytes = 0;

  bool must_wait() const { return how == How::wait_to_read || how == How::wait_to_write; }
};

/// An open connection, plain or TLS, that never blocks, and the reader of its answers. One thread
/// at a time. Failures are unavailable, but for a certificate that is refused: permission_denied.
class Connection {
 public:
  /// `fd` is connected.
  static Result<std::unique_ptr<Connection>> make(Endpoint endpoint, UniqueFd fd,
                                                  LazyTlsContext& tls, Clock::time_point now);

  const Endpoint& endpoint() const { return endpoint_; }
  int fd() const { return fd_.get(); }
  bool is_tls() const { return ssl_ != nullptr; }
  Clock::time_point made_at() const { return made_at_; }
  /// When it was put aside; for its pool.
  Clock::time_point idle_since{};
  /// The epoll descriptor that knows it, or -1; for watchers.
  int watched_by = -1;
  /// The last receive() left nothing behind.
  bool drained = false;
  /// The other side said that nothing more comes from it.
  bool ended = false;

  /// `some` once the TLS handshake is over; at once on a plain connection.
  Result<Moved> shake_hands();
  /// Sends from `first`, then from `second`.
  Result<Moved> send(std::span<const std::byte> first, std::span<const std::byte> second);
  Result<Moved> receive(const AnswerReader::Space& space);

  /// Of a plain connection on which at least so many bytes are to come, the kernel need not tell
  /// before there are many of them: each time costs a system call and a wake-up.
  void expect(std::uint64_t left_bytes);
  /// Some may have come of which it did not tell.
  bool waits_for_many() const { return told_from_bytes_ > 1; }
  /// From now on it tells of each byte.
  void stop_waiting_for_many() { tell_from(1); }

  /// False if the other side closed it, or sent something that nobody asked for.
  bool seems_alive() const;

  AnswerReader& reader() { return reader_; }
  const AnswerReader& reader() const { return reader_; }

 private:
  Connection(Endpoint endpoint, UniqueFd fd, Clock::time_point now)
      : endpoint_(std::move(endpoint)), fd_(std::move(fd)), made_at_(now) {}
  Result<Moved> receive_tls(std::span<std::byte> buffer);
  Result<Moved> send_plain(std::span<const std::byte> first, std::span<const std::byte> second);
  Result<Moved> tls_outcome(int returned, std::size_t bytes);
  void tell_from(int bytes);

  Endpoint endpoint_;
  UniqueFd fd_;
  Ssl ssl_;  ///< Uses fd_: destroyed before it.
  Clock::time_point made_at_;
  int told_from_bytes_ = 1;
  ssize_t most_received_ = 0;
  AnswerReader reader_;
};

}  // namespace aloft::http::internal
