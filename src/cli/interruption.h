// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

#include "base/file.h"
#include "base/limits.h"

namespace aloft::cli {

/// While it lives, Ctrl-C (SIGINT), SIGTERM and SIGHUP ask the command to stop instead of ending
/// the process, so that it can clean up; a second one ends it at once. A signal that the process
/// was started to ignore (nohup, a background job) stays ignored. A closed pipe shows as an error
/// (EPIPE) instead of a signal. Made on the main thread before others exist, once at a time.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  Limits limits() const { return {.stop = stop_.get_token()}; }
  /// 128 + the signal that came; 0 if none did.
  int exit_code() const;

 private:
  void watch();

  std::stop_source stop_;
  std::atomic<int> signal_ = 0;
  UniqueFd signals_;
  UniqueFd end_;
  std::thread watcher_;
};

struct Context;

/// Reports what ends a command (see command.h); where that is a signal, its code is the exit code.
void report(Context& context, const Error& error, const Interruption& interruption);

/// Reports what failed of one of several places, and sees that the exit code tells of it. False
/// where a signal ends the command.
bool report_and_go_on(Context& context, const Error& error, const Interruption& interruption);

}  // namespace aloft::cli
