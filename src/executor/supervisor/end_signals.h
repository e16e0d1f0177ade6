// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <thread>

#include "base/file.h"
#include "base/result.h"

// The signals that ask for the end of a task: SIGTERM, SIGINT, SIGHUP.
namespace aloft::executor {

/// From here on they wait until somebody reads them. Call it while there is one thread.
void hold_end_signals();

/// Holds them and makes them readable from a descriptor, which does not block.
Result<UniqueFd> catch_end_signals();

/// Requests a stop as soon as a held signal waits, and leaves it there for who reads it. If the
/// system has no descriptors left, nothing is watched.
class EndSignalWatch {
 public:
  EndSignalWatch();
  ~EndSignalWatch();
  std::stop_token token() const { return told_.get_token(); }

 private:
  void run();

  std::stop_source told_;
  UniqueFd signals_, end_;
  std::jthread thread_;
};

}  // namespace aloft::executor
