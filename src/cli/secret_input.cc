// SPDX-License-Identifier: Apache-2.0
#include "cli/secret_input.h"

#include <termios.h>
#include <unistd.h>

#include "base/file.h"

namespace aloft::cli {
namespace {

constexpr std::size_t kBytesMax = 64u << 10;

/// What Ctrl-C types where it makes no signal.
constexpr char kInterrupt = '\x03';

/// While it lives, the terminal on standard input does not show what is typed. Ctrl-C is typed,
/// too: its signal would end the process and leave the terminal like this.
class HiddenTyping {
 public:
  HiddenTyping() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    hidden_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
  }
  HiddenTyping(const HiddenTyping&) = delete;
  HiddenTyping& operator=(const HiddenTyping&) = delete;
  ~HiddenTyping() {
    if (hidden_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  bool hidden_ = false;
};

Result<std::string> ask_terminal(const std::string& what) {
  TRY(write_all(STDERR_FILENO, what + ": ", "the terminal"));
  const HiddenTyping hidden;
  std::string line;
  for (char byte = 0; line.size() < kBytesMax && ::read(STDIN_FILENO, &byte, 1) == 1;) {
    if (byte == '\n') break;
    if (byte == kInterrupt)
      return fail(ErrorCode::cancelled, "asking for a secret was interrupted");
    line += byte;
  }
  TRY(write_all(STDERR_FILENO, "\n", "the terminal"));
  return line;
}

}  // namespace

Result<std::string> read_secret(const std::string& file, const std::string& what) {
  const bool is_input = file.empty() || file == "-";
  std::string secret = TRY(is_input && ::isatty(STDIN_FILENO) == 1
                               ? ask_terminal(what)
                               : read_file(is_input ? "/dev/stdin" : file, kBytesMax));
  secret.erase(secret.find_last_not_of(" \t\r\n") + 1);
  if (!secret.empty()) return secret;
  return fail(ErrorCode::invalid_argument,
              what + " is empty: write it to standard input or name its file by --secret-file");
}

}  // namespace aloft::cli
