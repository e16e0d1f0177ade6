// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "cli/command.h"

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
  if (!is_terminal_) return std::string(text);
  std::string clean = without_controls(text);
  std::ranges::replace(clean, '\n', '?');
  return clean;
}

std::string without_controls(std::string_view text) {
  std::string clean(text);
  for (char& c : clean) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7f) c = '?';
  }
  return clean;
}

}  // namespace aloft::cli
