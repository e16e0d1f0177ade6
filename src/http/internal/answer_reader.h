// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/exchange.h"

namespace aloft::http::internal {

/// Makes one answer after the other out of the bytes of a connection: space() says where the next
/// bytes go, received() takes note of them. Where a body of known length goes to the caller's
/// buffer, space() is that buffer, so its bytes are moved once. No I/O here.
class AnswerReader {
 public:
  static constexpr std::size_t kHeadBytesMax = 64u << 10;

  AnswerReader();

  /// Begins with the answer to `exchange`, which outlives the answer.
  void start(Exchange& exchange);

  /// Never empty before done().
  std::span<std::byte> space();
  /// `count` bytes are in space(). Fails with corrupt where they are no answer to this exchange.
  Result<void> received(std::size_t count);
  /// The connection ended. Fails with unavailable unless that is how this answer ends.
  Result<void> ended();

  /// Some of this answer came.
  bool begun() const { return begun_; }
  bool done() const { return state_ == State::done; }
  /// The answer is complete and another request may follow on this connection.
  bool reusable() const { return done() && keep_alive_ && begin_ == end_; }

 private:
  enum class State { head, body, body_until_end, chunk_size, chunk, chunk_end, trailer, done };

  std::string_view buffered() const {
    return {reinterpret_cast<const char*>(buffer_.data()) + begin_, end_ - begin_};
  }
  void drop(std::size_t count) { begin_ += count; }
  std::span<std::byte> sink_space(std::uint64_t count_max);
  Result<void> consume();
  Result<bool> step();
  Result<bool> take_head();
  Result<void> choose_framing();
  Result<bool> take_chunk_size();
  Result<bool> take_chunk_end();
  Result<bool> take_trailer();
  Result<bool> take_line(std::string_view& line, std::size_t length_max);
  Result<bool> take_body();
  Result<void> check_room(std::uint64_t count) const;
  void finish_body_piece();

  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  ///< Bytes [begin_, end_) of the buffer are not yet used.
  std::size_t end_ = 0;
  std::size_t searched_ = 0;  ///< No end of the head in this many bytes behind begin_.

  Exchange* exchange_ = nullptr;
  State state_ = State::done;
  bool to_sink_ = false;
  bool begun_ = false;
  bool keep_alive_ = false;
  std::uint64_t remaining_ = 0;  ///< Of the body, or of the present chunk.
  std::size_t trailer_bytes_ = 0;
};

}  // namespace aloft::http::internal
