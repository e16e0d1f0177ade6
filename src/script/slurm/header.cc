// SPDX-License-Identifier: Apache-2.0
#include "script/slurm/internal/header.h"

#include <fmt/format.h>

#include <optional>

namespace aloft::script::slurm {
namespace {

using workload::Diagnostic;
using Severity = Diagnostic::Severity;

constexpr std::string_view kMagic = "#SBATCH";

bool is_blank(char letter) {
  return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

/// Splits one directive into words as sbatch does. Quotes of both kinds group and vanish; a
/// backslash takes the next letter as it is, inside quotes too, but does not join words over a
/// blank; an unquoted # ends the line.
class WordReader {
 public:
  WordReader(std::string_view line, int line_number, const std::string& file,
             std::vector<Diagnostic>& diagnostics)
      : line_(line), line_number_(line_number), file_(file), diagnostics_(diagnostics) {}

  std::vector<Word> read() {
    std::vector<Word> words;
    at_ = kMagic.size();
    while (auto word = next()) words.push_back(std::move(*word));
    return words;
  }

 private:
  std::optional<Word> next() {
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
    if (at_ == line_.size() || line_[at_] == '#') return std::nullopt;
    if (line_[at_] == ':') {
      complain("a directive cannot start with \":\"");
      return std::nullopt;
    }
    Word word{.line = line_number_, .column = static_cast<int>(at_) + 1};
    char quote = 0;
    std::size_t quote_at = 0;
    bool escaped = false;
    for (; at_ < line_.size(); ++at_) {
      const char letter = line_[at_];
      if (quote == 0 && is_blank(letter)) break;
      if (escaped) {
        word.text += letter;
        escaped = false;
      } else if (letter == '\\') {
        escaped = true;
      } else if (quote != 0) {
        if (letter == quote) {
          quote = 0;
        } else {
          word.text += letter;
        }
      } else if (letter == '"' || letter == '\'') {
        quote = letter;
        quote_at = at_;
      } else if (letter == '#') {
        break;
      } else {
        word.text += letter;
      }
    }
    if (quote != 0) {
      at_ = quote_at;
      complain(fmt::format("the quote {} is not closed on this line", quote));
      at_ = line_.size();
      return std::nullopt;
    }
    return word;
  }

  void complain(std::string message) {
    diagnostics_.push_back({.severity = Severity::error,
                            .file = file_,
                            .line = line_number_,
                            .column = static_cast<int>(at_) + 1,
                            .message = std::move(message)});
  }

  std::string_view line_;
  const int line_number_;
  const std::string& file_;
  std::vector<Diagnostic>& diagnostics_;
  std::size_t at_ = 0;
};

/// Why the whole content cannot be a batch script; empty if it can.
std::string reason_against(std::string_view content) {
  if (content.find_first_not_of(" \t\r\n") == std::string_view::npos) return "the script is empty";
  if (content.find('\0') != std::string_view::npos) {
    return "this is a binary file; a job script is text that starts with #! and an interpreter";
  }
  if (!content.starts_with("#!")) {
    return "the first line must start with #! and the path of an interpreter, as in #!/bin/bash";
  }
  const std::size_t line_end = std::min(content.find('\n'), content.size());
  if (content.substr(2, line_end - 2).find_first_not_of(" \t\r") == std::string_view::npos) {
    return "no interpreter is named behind #! on the first line";
  }
  if (content.find("\r\n") != std::string_view::npos) {
    return "the lines end with CR LF as on Windows; convert them, for example with dos2unix";
  }
  return {};
}

bool is_command(std::string_view line) {
  for (const char letter : line) {
    if (!is_blank(letter)) return letter != '#';
  }
  return false;
}

std::string_view other_dialect(std::string_view line) {
  if (line.starts_with("#PBS")) return "#PBS";
  if (line.starts_with("#BSUB")) return "#BSUB";
  if (line.starts_with("#$ ")) return "#$";
  return {};
}

}  // namespace

Header read_header(std::string_view content, const std::string& file,
                   std::vector<Diagnostic>& diagnostics) {
  Header header;
  if (std::string reason = reason_against(content); !reason.empty()) {
    diagnostics.push_back(
        {.severity = Severity::error, .file = file, .line = 1, .message = reason});
    return header;
  }
  std::optional<Diagnostic> foreign;
  int number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::string_view line = content.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.starts_with(kMagic)) {
      auto words = WordReader(line, number, file, diagnostics).read();
      if (!words.empty()) header.directives.push_back(std::move(words));
    } else if (is_command(line)) {
      break;
    } else if (const auto dialect = other_dialect(line); !dialect.empty() && !foreign) {
      foreign = {.file = file,
                 .line = number,
                 .message = fmt::format("{} directives are not read in this release, only #SBATCH",
                                        dialect)};
    }
  }
  if (foreign) {
    // Beside #SBATCH they are for another scheduler; alone they are the job, and it would be wrong.
    foreign->severity = header.directives.empty() ? Severity::error : Severity::warning;
    diagnostics.push_back(*foreign);
  }
  return header;
}

}  // namespace aloft::script::slurm
