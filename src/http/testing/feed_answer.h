// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

#include "http/internal/answer_reader.h"

namespace aloft::http {

/// Gives `text` to a reader in pieces of the sizes that `piece` says; then, if it is not done, ends
/// the connection.
template <class PieceSize>
Result<void> feed_answer(internal::AnswerReader& reader, std::string_view text, PieceSize piece) {
  while (!text.empty() && !reader.done()) {
    const internal::AnswerReader::Space space = reader.space();
    CHECK(!space.first.empty());
    const std::size_t count = std::min({space.size(), text.size(), std::size_t{piece()}});
    const std::size_t in_first = std::min(count, space.first.size());
    std::memcpy(space.first.data(), text.data(), in_first);
    const std::size_t in_second = std::min(count - in_first, space.second.size());
    if (in_second > 0) std::memcpy(space.second.data(), text.data() + in_first, in_second);
    if (count > in_first + in_second) space.excess[0] = std::byte(text[count - 1]);
    text.remove_prefix(count);
    TRY(reader.received(count));
  }
  return reader.ended();
}

}  // namespace aloft::http
