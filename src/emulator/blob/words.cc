// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/words.h"

#include <algorithm>

namespace aloft::emulator::blob {

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view word = trim(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) (text += text.empty() ? "" : ",") += word;
  return text;
}

}  // namespace aloft::emulator::blob
