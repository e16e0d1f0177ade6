// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aloft::emulator::blob {

/// Without the blanks around it.
std::string_view trim(std::string_view text);

/// Takes one character of UTF-8 off the front of `text`, which is not empty; where there is none,
/// -1, and `text` stays.
long take_character(std::string_view& text);

/// What stands between the commas, without blanks around it and without empty words; views into
/// `text`.
std::vector<std::string_view> split_words(std::string_view text);

/// The words with commas between them.
std::string join_words(const std::vector<std::string>& words);

}  // namespace aloft::emulator::blob
