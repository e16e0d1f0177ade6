// SPDX-License-Identifier: Apache-2.0
#include "base/guarded.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace aloft {
namespace {

TEST(Guarded, ThreadsTakeTurns) {
  Guarded<int> sum;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&sum] {
        for (int k = 0; k < 1000; ++k) ++*sum.lock();
      });
    }
  }
  EXPECT_EQ(*sum.lock(), 4000);
}

}  // namespace
}  // namespace aloft
