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
///
/// The head of an answer is nearly always as long as that of the one before on its connection, so
/// it is read just as far, and what follows goes to the caller's buffer at once. Where that guess
/// is wrong, at most kGuessedBytesMax are moved back.
class AnswerReader {
 public:
  /// Three places: bytes go to `first` until it is full, then to `second`, then to `excess`; all
  /// but the first may be empty. Nothing is expected in `excess`, which is one byte: it shows where
  /// a server sends more than its answer, and a read that does not fill it, that there is no more.
  struct Space {
    std::span<std::byte> first{};
    std::span<std::byte> second{};
    std::span<std::byte> excess{};
    std::size_t size() const { return first.size() + second.size() + excess.size(); }
  };
  static constexpr std::size_t kGuessedBytesMax = 64u << 10;
  static constexpr std::size_t kHeadBytesMax = 64u << 10;

  AnswerReader();

  /// Begins with the answer to `exchange`, which outlives the answer.
  void start(Exchange& exchange);

  /// Its first place is never empty before done().
  Space space();
  /// `count` bytes are in space(). Fails with corrupt where they are no answer to this exchange.
  Result<void> received(std::size_t count);
  /// The connection ended. Fails with unavailable unless that is how this answer ends.
  Result<void> ended();

  /// At least so many bytes are still to come.
  std::uint64_t left_bytes() const { return state_ == State::body ? remaining_ : 0; }
  /// Some of this answer came.
  bool begun() const { return begun_; }
  bool done() const { return state_ == State::done; }
  /// The answer is complete and another request may follow on this connection.
  bool reusable() const { return done() && keep_alive_ && begin_ == end_ && !exceeded_; }

 private:
  enum class State { head, body, body_until_end, chunk_size, chunk, chunk_end, trailer, done };

  std::string_view buffered() const {
    return {reinterpret_cast<const char*>(buffer_.data()) + begin_, end_ - begin_};
  }
  void drop(std::size_t count) { begin_ += count; }
  std::span<std::byte> sink_space(std::uint64_t count_max);
  Space choose_space();
  Space guessed_space();
  std::span<std::byte> excess() { return std::span(&excess_, 1); }
  Result<void> received_as_guessed(std::size_t count);
  void make_room(std::size_t count);
  Result<void> consume();
  Result<bool> step();
  Result<bool> take_head();
  Result<void> choose_framing(std::size_t head_bytes);
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
  std::size_t searched_ = 0;            ///< No end of the head in this many bytes behind begin_.
  std::size_t guessed_head_bytes_ = 0;  ///< 0: no guess.
  bool guessing_ = false;               ///< The last space() was guessed_space().
  std::byte excess_{};
  std::size_t expected_ = 0;  ///< What the last space() had room for before its excess.

  Exchange* exchange_ = nullptr;
  State state_ = State::done;
  bool to_sink_ = false;
  bool begun_ = false;
  bool keep_alive_ = false;
  bool exceeded_ = false;        ///< More came than the answer.
  std::uint64_t remaining_ = 0;  ///< Of the body, or of the present chunk.
  std::size_t trailer_bytes_ = 0;
};

}  // namespace aloft::http::internal
