// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace aloft {

enum class LogLevel { debug, info, warning, error };

/// Where this process writes its log: standard error, or a file that is appended to. Called once by
/// main before other threads exist; without it, warnings and errors go to standard error.
struct LogOptions {
  LogLevel level = LogLevel::warning;
  std::string file{};
};
void set_up_log(const LogOptions& options);

void write_log(LogLevel level, std::string_view message);
bool log_enabled(LogLevel level);

/// One line of the log: log(LogLevel::info, "mounted {} at {}", uri, directory). Never secrets.
template <class... Arguments>
void log(LogLevel level, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (log_enabled(level))
    write_log(level, fmt::format(text, std::forward<Arguments>(arguments)...));
}

}  // namespace aloft
