// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

#include "base/file.h"
#include "cli/command.h"
#include "executor/environment_export.h"

namespace aloft::cli {

namespace {

constexpr std::size_t kGatherBytes = 64 << 10;

[[noreturn]] void end_after(const Error& error) {
  if (error.os_errno == EPIPE) {
    ::signal(SIGPIPE, SIG_DFL);
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
    ::raise(SIGPIPE);
  }
  ::_exit(report(error));
}

// A name in a container or on disk may be bytes that are no UTF-8.
std::string text_of(const nlohmann::json& document, int indent) {
  return document.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Of UTF-8; a byte that begins none is one.
std::string_view first_character(std::string_view text) {
  for (const std::size_t size_bytes : {1, 2, 3, 4}) {
    if (executor::is_utf8(text.substr(0, size_bytes))) return text.substr(0, size_bytes);
  }
  return text.substr(0, 1);
}

/// Control characters of ASCII, and U+0080 to U+009F: some terminals obey those too, as sequences
/// of UTF-8 or as single bytes.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first < 0x20 || (first >= 0x7f && first <= 0x9f);
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

}  // namespace

Output::Output() : is_terminal_(::isatty(STDOUT_FILENO) == 1) {}

void Output::line(std::string_view text) {
  gathered_ += text;
  gathered_ += '\n';
  if (is_terminal_ || gathered_.size() >= kGatherBytes) flush();
}

void Output::bytes(std::span<const std::byte> content) {
  flush();
  const auto written = write_all(STDOUT_FILENO, content, "standard output");
  if (!written) end_after(written.error());
}

void Output::json(const nlohmann::json& document) {
  line(text_of(document, 2));
}

void Output::json_line(const nlohmann::json& document) {
  line(text_of(document, -1));
}

void Output::flush() {
  const std::string text = std::exchange(gathered_, {});
  const auto written = write_all(STDOUT_FILENO, text, "standard output");
  if (!written) end_after(written.error());
}

std::string Output::name(std::string_view text) const {
  return is_terminal_ ? without_controls(text) : std::string(text);
}

std::string without_controls(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::string_view character; !text.empty(); text.remove_prefix(character.size())) {
    character = first_character(text);
    if (is_control(character)) {
      clean += '?';
    } else {
      clean += character;
    }
  }
  return clean;
}

}  // namespace aloft::cli
