// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

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

/// Shows progress on standard error while it lives, a few times a second, if that is a terminal;
/// else it does nothing.
class ProgressBar {
 public:
  /// `progress` outlives it. With `quiet` it does nothing.
  ProgressBar(const transfer::Progress& progress, bool quiet);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  /// Removes the line.
  ~ProgressBar();

 private:
  void run(std::stop_token stop);

  const transfer::Progress& progress_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace aloft::cli
