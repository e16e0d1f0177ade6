// SPDX-License-Identifier: Apache-2.0
#include "transfer/work_pool.h"

#include <gtest/gtest.h>

#include <atomic>

namespace aloft::transfer {

namespace {

// Whichever thread comes first: a wait() that misses the end is a test that does not end.
TEST(WorkPoolTest, WaitsForNothingThatAStopDropped) {
  for (int round = 0; round < 500; ++round) {
    std::stop_source stop;
    WorkPool pool(1, stop.get_token());
    std::atomic<bool> submitted = false;
    std::jthread stopper([&] {
      while (!submitted) {
      }
      for (int spin = 0; spin < round % 50 * 20; ++spin) static_cast<void>(submitted.load());
      stop.request_stop();
    });
    pool.submit([] {});
    submitted = true;
    pool.wait();
  }
}

}  // namespace

}  // namespace aloft::transfer
