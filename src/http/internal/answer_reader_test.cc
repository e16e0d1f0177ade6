// SPDX-License-Identifier: Apache-2.0
#include "http/internal/answer_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

#include "http/testing/feed_answer.h"

namespace aloft::http::internal {
namespace {

using testing::HasSubstr;

struct Outcome {
  Result<void> result{};
  Exchange exchange{};
  std::string sink{};
  bool reusable = false;
};

/// Has the reader guess that the next head is `head_bytes` long, as the one of this answer is.
void read_one_before(AnswerReader& reader, std::size_t head_bytes) {
  const std::string rest = "Content-Length: 1\r\n\r\n";
  std::string head = "HTTP/1.1 200 OK\r\nX: ";
  head.append(head_bytes - head.size() - rest.size() - 2, 'x').append("\r\n").append(rest);
  CHECK(head.size() == head_bytes);
  std::array<std::byte, 1> sink{};
  Exchange before;
  before.sink = sink;
  reader.start(before);
  CHECK(feed_answer(reader, head + "y", [] { return 7; }) && reader.reusable());
}

/// Reads `text`; `split` 0: byte by byte, else in two pieces. `guess` 0: by a new reader.
Outcome read_split(std::string_view text, std::size_t sink_bytes, Method method, std::size_t split,
                   std::size_t guess) {
  Outcome outcome;
  outcome.sink.assign(sink_bytes, '.');
  outcome.exchange.method = method;
  if (sink_bytes > 0) outcome.exchange.sink = std::as_writable_bytes(std::span(outcome.sink));
  AnswerReader reader;
  if (guess > 0) read_one_before(reader, guess);
  reader.start(outcome.exchange);
  bool first = true;
  outcome.result = feed_answer(reader, text, [&]() -> std::size_t {
    if (split == 0) return 1;
    return std::exchange(first, false) ? split : text.size();
  });
  outcome.reusable = reader.reusable();
  outcome.exchange.sink = {};
  return outcome;
}

/// Reads `text` whole, in two pieces split at every place, and byte by byte, by a new reader and by
/// one that had an answer with a head of the same or almost the same length; all must agree.
Outcome read(std::string_view text, std::size_t sink_bytes = 0, Method method = Method::get) {
  const Outcome expected = read_split(text, sink_bytes, method, 0, 0);
  const std::size_t head_bytes = text.find("\r\n\r\n") + 4;
  for (const std::size_t guess : {std::size_t{0}, head_bytes - 1, head_bytes, head_bytes + 1,
                                  head_bytes + 9, text.size() + 50}) {
    if (guess > 0 && guess < 44) continue;  // No head that we make is so short.
    for (std::size_t split = 0; split <= text.size(); ++split) {
      const Outcome outcome = read_split(text, sink_bytes, method, split, guess);
      const std::string where = std::to_string(split) + ", guessed " + std::to_string(guess);
      EXPECT_EQ(outcome.result.has_value(), expected.result.has_value()) << text << where;
      if (!outcome.result) continue;
      const std::size_t sunk = outcome.exchange.answer.sink_bytes;
      EXPECT_EQ(outcome.exchange.answer.text, expected.exchange.answer.text) << where;
      EXPECT_EQ(sunk, expected.exchange.answer.sink_bytes) << where;
      EXPECT_EQ(outcome.sink.substr(0, sunk), expected.sink.substr(0, sunk)) << where;
    }
  }
  return read_split(text, sink_bytes, method, text.size(), 0);
}

TEST(AnswerReader, TakesABodyOfStatedLength) {
  const auto got = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b c \r\n\r\nhello");
  ASSERT_TRUE(got.result);
  EXPECT_EQ(got.exchange.answer.status, 200);
  EXPECT_EQ(got.exchange.answer.text, "hello");
  EXPECT_EQ(got.exchange.answer.headers.get("x-a"), "b c");
  EXPECT_TRUE(got.reusable);
}

TEST(AnswerReader, PutsASuccessfulBodyIntoTheSink) {
  const auto got = read("HTTP/1.1 206 Partial\r\nContent-Length: 5\r\n\r\nhello", 8);
  ASSERT_TRUE(got.result);
  EXPECT_EQ(got.exchange.answer.sink_bytes, 5u);
  EXPECT_EQ(got.sink, "hello...");
  EXPECT_EQ(got.exchange.answer.text, "");
}

TEST(AnswerReader, KeepsTheBodyOfAFailureOutOfTheSink) {
  const auto got = read("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry", 8);
  ASSERT_TRUE(got.result);
  EXPECT_EQ(got.exchange.answer.sink_bytes, 0u);
  EXPECT_EQ(got.sink, "........");
  EXPECT_EQ(got.exchange.answer.text, "sorry");
}

TEST(AnswerReader, ReadsAHeadOfTheUsualLengthAndTheBodyBehindItAtOnce) {
  const std::string head = "HTTP/1.1 206 Partial\r\nX: twenty\r\nContent-Length: 5\r\n\r\n";
  std::string sink(5, '.');
  Exchange exchange;
  exchange.sink = std::as_writable_bytes(std::span(sink));
  AnswerReader reader;
  read_one_before(reader, head.size());
  reader.start(exchange);
  const AnswerReader::Space space = reader.space();
  ASSERT_EQ(space.first.size(), head.size());
  ASSERT_EQ(space.second.data(), exchange.sink.data());
  std::memcpy(space.first.data(), head.data(), head.size());
  std::memcpy(space.second.data(), "hello", 5);
  ASSERT_TRUE(reader.received(head.size() + 5));
  EXPECT_TRUE(reader.reusable());
  EXPECT_EQ(exchange.answer.sink_bytes, 5u);
}

TEST(AnswerReader, DoesNotUseAConnectionAgainOnWhichMoreCameThanTheAnswer) {
  const std::string head = "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\n";
  const std::string answer = head + "hello", more = answer + "HTTP/1.1 200";
  for (const std::size_t guess : {std::size_t{0}, head.size(), head.size() + 1}) {
    const auto exact = read_split(answer, 5, Method::get, answer.size(), guess);
    EXPECT_TRUE(exact.reusable) << guess;
    const auto exceeded = read_split(more, 5, Method::get, more.size(), guess);
    ASSERT_TRUE(exceeded.result);
    EXPECT_EQ(exceeded.sink, "hello");
    EXPECT_FALSE(exceeded.reusable) << guess;
  }
}

TEST(AnswerReader, TakesChunks) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\n1 \r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n";
  EXPECT_EQ(read(text).exchange.answer.text, "hello world");
  const auto sunk = read(text, 11);
  EXPECT_EQ(sunk.sink, "hello world");
  EXPECT_TRUE(sunk.reusable);
}

TEST(AnswerReader, SkipsContinue) {
  const auto got = read(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n"
      "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(got.result);
  EXPECT_EQ(got.exchange.answer.status, 201);
  EXPECT_FALSE(got.exchange.answer.headers.contains("a"));
}

TEST(AnswerReader, ExpectsNoBodyWhereThereIsNone) {
  EXPECT_TRUE(read("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", 0, Method::head).reusable);
  EXPECT_TRUE(read("HTTP/1.1 204 No Content\r\n\r\n").reusable);
  EXPECT_TRUE(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").reusable);
}

TEST(AnswerReader, TakesTheEndOfTheConnectionForTheEndOfABodyWithoutLength) {
  const auto got = read("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  ASSERT_TRUE(got.result);
  EXPECT_EQ(got.exchange.answer.text, "until the end");
  EXPECT_FALSE(got.reusable);
}

TEST(AnswerReader, ReportsAConnectionThatEndsTooEarly) {
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto got = read(text.substr(0, length));
    ASSERT_FALSE(got.result) << length;
    EXPECT_EQ(got.result.error().code, ErrorCode::unavailable);
  }
}

TEST(AnswerReader, ReportsAChunkedBodyThatEndsTooEarly) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(read(text.substr(0, length)).result) << length;
  }
}

TEST(AnswerReader, ClosesWhatIsNotToBeKept) {
  EXPECT_FALSE(
      read("HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 0\r\n\r\n").reusable);
  EXPECT_FALSE(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").reusable);
  EXPECT_TRUE(
      read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").reusable);
}

TEST(AnswerReader, DoesNotKeepAConnectionWithBytesThatNobodyAskedFor) {
  Exchange exchange;
  AnswerReader reader;
  reader.start(exchange);
  ASSERT_TRUE(
      feed_answer(reader, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", [] { return 999u; }));
  EXPECT_FALSE(reader.reusable());
}

TEST(AnswerReader, RefusesWhatIsNotHttp) {
  for (const char* text : {
           "SSH-2.0-OpenSSH_9.2\r\n\r\n",
           "HTTP/2 200 OK\r\n\r\n",
           "HTTP/1.1 2x0 OK\r\n\r\n",
           "HTTP/1.1 099 OK\r\n\r\n",
           "HTTP/1.1 2000 OK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
           "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
           "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
           "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
           "HTTP/1.1 101 Switching\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
       }) {
    const auto got = read(text);
    ASSERT_FALSE(got.result) << text;
    EXPECT_EQ(got.result.error().code, ErrorCode::corrupt) << text;
  }
}

TEST(AnswerReader, RefusesAHeadWithoutEnd) {
  Exchange exchange;
  AnswerReader reader;
  reader.start(exchange);
  const std::string endless = "HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'b');
  const auto fed = feed_answer(reader, endless, [] { return 1000u; });
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::corrupt);
  EXPECT_THAT(fed.error().message, HasSubstr("64 KiB"));
}

TEST(AnswerReader, TakesAHeadThatIsLargerThanItsBuffer) {
  Exchange exchange;
  AnswerReader reader;
  reader.start(exchange);
  const std::string text =
      "HTTP/1.1 200 OK\r\nA: " + std::string(40'000, 'b') + "\r\nContent-Length: 2\r\n\r\nok";
  ASSERT_TRUE(feed_answer(reader, text, [] { return 999u; }));
  EXPECT_EQ(exchange.answer.headers.get("a").size(), 40'000u);
  EXPECT_EQ(exchange.answer.text, "ok");
}

TEST(AnswerReader, RefusesMoreThanWasAskedFor) {
  for (const char* text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nlonger",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n",
        "HTTP/1.1 200 OK\r\n\r\nlonger"}) {
    const auto got = read(text, 5);
    ASSERT_FALSE(got.result) << text;
    EXPECT_EQ(got.result.error().code, ErrorCode::corrupt);
  }
}

TEST(AnswerReader, ReadsOneAnswerAfterAnother) {
  Exchange exchange;
  AnswerReader reader;
  for (int i = 0; i < 3; ++i) {
    reader.start(exchange);
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i);
    ASSERT_TRUE(feed_answer(reader, text, [] { return 7u; }));
    EXPECT_TRUE(reader.reusable());
    EXPECT_EQ(exchange.answer.text, std::to_string(i));
  }
}

}  // namespace
}  // namespace aloft::http::internal
