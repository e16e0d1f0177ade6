// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace aloft::cli {

/// Standard output of a command. If the reader has gone (a pipe into head), the process ends
/// quietly as SIGPIPE would end it; if it cannot be written for another reason (disk full), says so
/// and ends with kFailed.
class Output {
 public:
  Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { flush(); }

  bool is_terminal() const { return is_terminal_; }

  /// Gathered into larger writes.
  void line(std::string_view text);
  /// At once, as it is.
  void bytes(std::span<const std::byte> content);
  void json(const nlohmann::json& document);
  /// Without line ends in it.
  void json_line(const nlohmann::json& document);
  void flush();

  /// A name for people: on a terminal, bytes that could command it show as "?".
  std::string name(std::string_view text) const;

 private:
  bool is_terminal_;
  std::string gathered_;
};

/// `text` with control characters, line ends too, as "?".
std::string without_controls(std::string_view text);

}  // namespace aloft::cli
