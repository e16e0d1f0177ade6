// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/internal/command_line.h"

#include <optional>

namespace aloft::emulator::batch {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

class Splitter {
 public:
  explicit Splitter(std::string_view line) : rest_(line) {}

  Result<std::vector<std::string>> run() {
    while (!rest_.empty()) TRY(take(next()));
    finish_word();
    if (words_.empty() || words_.front().empty()) {
      return fail(ErrorCode::invalid_argument, "the command line names no program");
    }
    return std::move(words_);
  }

 private:
  char next() {
    const char first = rest_.front();
    rest_.remove_prefix(1);
    return first;
  }

  Result<void> take(char character) {
    if (kBlanks.find(character) != std::string_view::npos) {
      finish_word();
      return {};
    }
    if (!word_) word_.emplace();
    if (character == '\'') return take_literal();
    if (character == '"') return take_quotation();
    if (character == '\\') {
      if (rest_.empty()) return fail(ErrorCode::invalid_argument, "the command line ends with \\");
      character = next();
    }
    *word_ += character;
    return {};
  }

  Result<void> take_literal() {
    const std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos) return not_closed('\'');
    *word_ += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return {};
  }

  Result<void> take_quotation() {
    while (!rest_.empty()) {
      const char character = next();
      if (character == '"') return {};
      const bool frees = character == '\\' && (rest_.starts_with('"') || rest_.starts_with('\\'));
      *word_ += frees ? next() : character;
    }
    return not_closed('"');
  }

  static tl::unexpected<Error> not_closed(char mark) {
    return fail(ErrorCode::invalid_argument,
                std::string("the command line has a ") + mark + " without its counterpart");
  }

  void finish_word() {
    if (word_) words_.push_back(std::move(*word_));
    word_.reset();
  }

  std::string_view rest_;
  std::optional<std::string> word_;
  std::vector<std::string> words_;
};

}  // namespace

Result<std::vector<std::string>> split_command_line(std::string_view line) {
  return Splitter(line).run();
}

}  // namespace aloft::emulator::batch
