// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aloft {

/// Why a task ended, as those who decide about it need to know.
enum class ExitClass {
  succeeded,                 ///< Its command ended with code 0.
  failed,                    ///< Its command ended with another code or by a signal.
  timed_out,                 ///< It was ended at its wall time.
  cancelled,                 ///< It was ended, or never started, because somebody asked for it.
  start_failed,              ///< Its command could not be started, or its output not be opened.
  lost,                      ///< Whoever ran it vanished without a record.
  dependency_not_satisfied,  ///< It could never start: what it waits for ended otherwise.
};

std::string_view name_of(ExitClass exit_class);
Result<ExitClass> parse_exit_class(std::string_view name);

/// The whole truth about one ended attempt of a task; written once, never changed. It holds no
/// secrets.
struct ExitRecord {
  using Time = std::chrono::system_clock::time_point;
  ExitClass exit_class = ExitClass::failed;
  /// As a shell would give it: the command's own, 128 + signal, 126 not executable, 127 not found;
  /// none if no command was tried.
  std::optional<int> code{};
  std::optional<int> signal{};  ///< That ended the command.
  std::string message{};        ///< For people; empty after success.
  std::optional<Time> started{};
  Time ended{};
  std::uint64_t peak_memory_bytes = 0;  ///< Largest resident set of one process.
  std::chrono::microseconds user_time{0};
  std::chrono::microseconds system_time{0};
  std::string node{};  ///< Host that ran it.
};

/// One JSON object, versioned; from_json fails with corrupt on anything else.
std::string to_json(const ExitRecord& record);
Result<ExitRecord> exit_record_from_json(std::string_view text);

/// "2026-11-21T03:04:05.678Z".
std::string format_time(ExitRecord::Time time);
/// The same with any number of digits behind the second, also none; what is finer than
/// milliseconds is dropped.
Result<ExitRecord::Time> parse_time(std::string_view text);

}  // namespace aloft
