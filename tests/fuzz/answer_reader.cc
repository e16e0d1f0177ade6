// SPDX-License-Identifier: Apache-2.0
// The answers of a server as the HTTP client reads them: whatever the bytes, it must not matter in
// which pieces they come.
#include "http/internal/answer_reader.h"

#include <string>

#include "http/testing/feed_answer.h"
#include "target.h"

using namespace aloft;
using namespace aloft::http;

namespace {

struct Read {
  Result<void> result{};
  Answer answer{};
  std::string sink{};
  bool reusable = false;
};

Read read(std::string_view text, std::size_t piece, std::size_t sink_bytes) {
  Read got;
  got.sink.assign(sink_bytes, '.');
  Exchange exchange;
  if (sink_bytes > 0) exchange.sink = std::as_writable_bytes(std::span(got.sink));
  http::internal::AnswerReader reader;
  reader.start(exchange);
  got.result = feed_answer(reader, text, [&] { return piece; });
  got.reusable = reader.reusable();
  got.answer = exchange.answer;
  got.sink.resize(exchange.answer.sink_bytes);
  return got;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  for (const std::size_t sink_bytes : {std::size_t{0}, std::size_t{100}}) {
    const Read whole = read(text, text.size(), sink_bytes);
    const Read bytes = read(text, 1, sink_bytes);
    CHECK(whole.result.has_value() == bytes.result.has_value());
    if (!whole.result) continue;
    CHECK(whole.answer.status == bytes.answer.status);
    CHECK(whole.answer.text == bytes.answer.text);
    CHECK(whole.sink == bytes.sink);
  }
  return 0;
}
