// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "cli/command.h"
#include "transfer/progress.h"

namespace aloft::cli {

/// What one line of progress says.
struct ProgressState {
  std::uint64_t files_done = 0;
  std::uint64_t files_found = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_found = 0;
  bool all_found = false;
  double bytes_per_second = 0;  ///< 0: not known yet.
};

/// One line of at most `columns` characters; where they are few, the less important parts go.
std::string render_progress(const ProgressState& state, std::size_t columns);

/// "[=====     ]", `columns` characters.
std::string render_bar(double fraction, std::size_t columns);

/// Of the terminal behind a descriptor; 80 if that is none.
std::size_t terminal_columns(int fd);

/// "0:42", "12:03", "1:02:03".
std::string format_duration(std::chrono::seconds time);

/// {"event": "progress", …}: what the line says, in numbers; seconds_left only where it is known.
nlohmann::json to_json(const ProgressState& state);

/// Shows progress while it lives: with --json as an event a second on standard output, else a few
/// times a second on standard error if that is a terminal. With `quiet` it does nothing.
class ProgressBar {
 public:
  /// `progress` outlives it.
  ProgressBar(const transfer::Progress& progress, const Context& context, bool quiet);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  /// Removes the line. No event comes behind it.
  ~ProgressBar();

 private:
  void run(std::stop_token stop);
  void show(const ProgressState& state) const;

  const transfer::Progress& progress_;
  const bool events_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace aloft::cli
