// SPDX-License-Identifier: Apache-2.0
#include "http/internal/answer_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "http/internal/answer_head.h"

namespace aloft::http::internal {
namespace {

constexpr std::size_t kBufferBytes = 16u << 10;
constexpr std::size_t kChunkLineBytesMax = 4u << 10;

tl::unexpected<Error> corrupt(const char* what) {
  return fail(ErrorCode::corrupt, std::string("the answer is not HTTP: ") + what);
}

/// True if the comma-separated `list` holds `token`.
bool holds_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view part = list.substr(0, comma);
    while (!part.empty() && (part.front() == ' ' || part.front() == '\t')) part.remove_prefix(1);
    while (!part.empty() && (part.back() == ' ' || part.back() == '\t')) part.remove_suffix(1);
    if (equal_ignoring_case(part, token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value, base);
  if (parsed.ec != std::errc() || parsed.ptr != end || text.empty()) return std::nullopt;
  return value;
}

/// The one Content-Length, if there is one; several are taken only where they agree.
Result<std::optional<std::uint64_t>> content_length(const Headers& headers) {
  std::optional<std::uint64_t> length;
  for (const auto& [name, text] : headers) {
    if (!equal_ignoring_case(name, "content-length")) continue;
    const auto value = parse_number(text, 10);
    if (!value || (length && *length != *value)) return corrupt("its Content-Length is no number");
    length = value;
  }
  return length;
}

}  // namespace

AnswerReader::AnswerReader() : buffer_(kBufferBytes) {}

void AnswerReader::start(Exchange& exchange) {
  exchange_ = &exchange;
  exchange_->answer.clear();
  begin_ = end_ = searched_ = 0;
  state_ = State::head;
  guessing_ = false;
  begun_ = false;
  keep_alive_ = exceeded_ = false;
  remaining_ = 0;
  trailer_bytes_ = 0;
}

std::span<std::byte> AnswerReader::sink_space(std::uint64_t count_max) {
  const auto free = exchange_->sink.subspan(exchange_->answer.sink_bytes);
  return free.first(static_cast<std::size_t>(std::min<std::uint64_t>(free.size(), count_max)));
}

AnswerReader::Space AnswerReader::guessed_space() {
  const auto sink = exchange_->sink;
  const bool whole = sink.size() <= kGuessedBytesMax;
  return {.first = std::span(buffer_).first(guessed_head_bytes_),
          .second = whole ? sink : sink.first(kGuessedBytesMax),
          .excess = whole ? excess() : std::span<std::byte>()};
}

AnswerReader::Space AnswerReader::space() {
  const Space space = choose_space();
  expected_ = space.first.size() + space.second.size();
  return space;
}

AnswerReader::Space AnswerReader::choose_space() {
  const bool into_body = state_ == State::body || state_ == State::chunk;
  if (into_body && to_sink_ && begin_ == end_) {
    return {.first = sink_space(remaining_),
            .excess = state_ == State::body ? excess() : std::span<std::byte>()};
  }
  if (begin_ == end_) begin_ = end_ = searched_ = 0;
  guessing_ =
      state_ == State::head && end_ == 0 && guessed_head_bytes_ > 0 && !exchange_->sink.empty();
  if (guessing_) return guessed_space();
  make_room(1);
  return {.first = std::span(buffer_).subspan(end_)};
}

void AnswerReader::make_room(std::size_t count) {
  if (end_ + count <= buffer_.size()) return;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  // Only an unusual head and a wrong guess fill the buffer; take_head() and the guess have limits.
  if (end_ + count > buffer_.size()) buffer_.resize(std::max(buffer_.size() * 2, end_ + count));
}

Result<void> AnswerReader::received(std::size_t count) {
  begun_ = begun_ || count > 0;
  exceeded_ = count > expected_;
  count = std::min(count, expected_);
  if (guessing_) return received_as_guessed(count);
  const bool into_body = state_ == State::body || state_ == State::chunk;
  if (into_body && to_sink_ && begin_ == end_) {
    exchange_->answer.sink_bytes += count;
    remaining_ -= count;
    if (remaining_ == 0) finish_body_piece();
    return {};
  }
  end_ += count;
  return consume();
}

Result<void> AnswerReader::received_as_guessed(std::size_t count) {
  guessing_ = false;
  const std::size_t behind = count - std::min(count, guessed_head_bytes_);
  end_ = count - behind;
  if (behind == 0) return consume();
  if (buffered().ends_with("\r\n\r\n")) {
    searched_ = end_ - 4;
    TRY(take_head());
    if (begin_ == end_ && state_ == State::body && to_sink_ && behind <= remaining_) {
      exchange_->answer.sink_bytes = behind;
      remaining_ -= behind;
      if (remaining_ == 0) finish_body_piece();
      return {};
    }
  }
  // Back to where it would have gone without the guess.
  make_room(behind + 1);
  std::memcpy(buffer_.data() + end_, exchange_->sink.data(), behind);
  end_ += behind;
  if (std::exchange(exceeded_, false)) buffer_[end_++] = excess_;
  return consume();
}

Result<void> AnswerReader::consume() {
  while (!done() && TRY(step())) {
  }
  return {};
}

/// One step over what is buffered; false where it takes more bytes.
Result<bool> AnswerReader::step() {
  switch (state_) {
    case State::head:
      return take_head();
    case State::body:
    case State::body_until_end:
    case State::chunk:
      return take_body();
    case State::chunk_size:
      return take_chunk_size();
    case State::chunk_end:
      return take_chunk_end();
    case State::trailer:
      return take_trailer();
    case State::done:
      return false;
  }
  return false;
}

Result<bool> AnswerReader::take_head() {
  const std::string_view text = buffered();
  const std::size_t end = text.find("\r\n\r\n", searched_);
  if (end == std::string_view::npos) {
    if (text.size() >= kHeadBytesMax) return corrupt("its head is longer than 64 KiB");
    searched_ = text.size() < 3 ? 0 : text.size() - 3;
    return false;
  }
  if (end + 4 > kHeadBytesMax) return corrupt("its head is longer than 64 KiB");
  const AnswerHead head = TRY(parse_answer_head(text.substr(0, end + 4), exchange_->answer));
  drop(head.size_bytes);
  searched_ = 0;
  const int status = exchange_->answer.status;
  if (status == 101) return corrupt("it changes to a protocol that was not asked for");
  if (status < 200) return true;  // "100 Continue" and its like: the answer itself is to come.
  const auto connection = exchange_->answer.headers.get("connection");
  keep_alive_ = head.version == Version::http_1_0 ? holds_token(connection, "keep-alive")
                                                  : !holds_token(connection, "close");
  TRY(choose_framing(head.size_bytes));
  return true;
}

Result<void> AnswerReader::choose_framing(std::size_t head_bytes) {
  const Answer& answer = exchange_->answer;
  to_sink_ = exchange_->sink.data() != nullptr && answer.successful();
  const auto length = TRY(content_length(answer.headers));
  const auto encoding = answer.headers.find("transfer-encoding");
  if (encoding && (length || !equal_ignoring_case(*encoding, "chunked"))) {
    return corrupt("the length of its body is unclear");
  }
  if (exchange_->method == Method::head || answer.status == 204 || answer.status == 304) {
    state_ = State::done;
  } else if (encoding) {
    state_ = State::chunk_size;
  } else if (length) {
    remaining_ = *length;
    TRY(check_room(remaining_));
    state_ = remaining_ == 0 ? State::done : State::body;
    if (to_sink_) guessed_head_bytes_ = head_bytes;
  } else {
    keep_alive_ = false;
    state_ = State::body_until_end;
  }
  return {};
}

Result<void> AnswerReader::check_room(std::uint64_t count) const {
  const Answer& answer = exchange_->answer;
  const std::size_t room = to_sink_ ? exchange_->sink.size() - answer.sink_bytes
                                    : exchange_->text_bytes_max - answer.text.size();
  if (count <= room) return {};
  return fail(ErrorCode::corrupt, to_sink_ ? "the answer holds more bytes than were asked for"
                                           : "the answer is longer than it may be");
}

void AnswerReader::finish_body_piece() {
  state_ = state_ == State::chunk ? State::chunk_end : State::done;
}

Result<bool> AnswerReader::take_body() {
  std::string_view text = buffered();
  if (state_ == State::body_until_end) {
    TRY(check_room(text.size()));
  } else {
    text =
        text.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(text.size(), remaining_)));
  }
  if (text.empty()) return false;
  if (to_sink_) {
    std::memcpy(exchange_->sink.data() + exchange_->answer.sink_bytes, text.data(), text.size());
    exchange_->answer.sink_bytes += text.size();
  } else {
    exchange_->answer.text.append(text);
  }
  drop(text.size());
  if (state_ == State::body_until_end) return true;
  remaining_ -= text.size();
  if (remaining_ == 0) finish_body_piece();
  return true;
}

Result<bool> AnswerReader::take_line(std::string_view& line, std::size_t length_max) {
  const std::string_view text = buffered();
  const std::size_t end = text.find("\r\n");
  const bool whole = end != std::string_view::npos;
  // Without its end, the last byte may be the first of the two that end it.
  if (whole ? end > length_max : text.size() > length_max + 1) {
    return corrupt("a line of it is too long");
  }
  if (!whole) return false;
  line = text.substr(0, end);
  drop(end + 2);
  return true;
}

Result<bool> AnswerReader::take_chunk_size() {
  std::string_view line;
  if (!TRY(take_line(line, kChunkLineBytesMax))) return false;
  line = line.substr(0, line.find(';'));  // Extensions say nothing that matters here.
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  const auto size = parse_number(line, 16);
  if (!size) return corrupt("the size of a chunk is no number");
  TRY(check_room(*size));
  remaining_ = *size;
  state_ = remaining_ == 0 ? State::trailer : State::chunk;
  return true;
}

Result<bool> AnswerReader::take_chunk_end() {
  std::string_view line;
  if (!TRY(take_line(line, 0))) return false;
  state_ = State::chunk_size;
  return true;
}

Result<bool> AnswerReader::take_trailer() {
  std::string_view line;
  if (!TRY(take_line(line, kHeadBytesMax))) return false;
  trailer_bytes_ += line.size();
  if (trailer_bytes_ > kHeadBytesMax) return corrupt("its trailer is longer than 64 KiB");
  if (line.empty()) state_ = State::done;
  return true;
}

Result<void> AnswerReader::ended() {
  if (done()) return {};
  if (state_ == State::body_until_end) {
    state_ = State::done;
    return {};
  }
  return fail(ErrorCode::unavailable, begun_ ? "the connection ended in the middle of the answer"
                                             : "the connection ended before the answer");
}

}  // namespace aloft::http::internal
