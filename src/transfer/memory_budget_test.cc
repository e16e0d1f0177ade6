// SPDX-License-Identifier: Apache-2.0
#include "transfer/memory_budget.h"

#include <gtest/gtest.h>

#include <optional>

namespace aloft::transfer {

namespace {

TEST(MemoryBudgetTest, HoldsNoMoreThanItsSizeWhateverTheSizesOfBuffers) {
  MemoryBudget budget(40, 10);
  {
    std::vector<MemoryBudget::Buffer> parts;
    for (int i = 0; i < 4; ++i) parts.push_back(budget.acquire(10, {}).value());
    EXPECT_EQ(budget.held_bytes(), 40u);
  }
  EXPECT_EQ(budget.held_bytes(), 40u) << "kept for the next user";
  const auto other = budget.acquire(25, {});
  ASSERT_TRUE(other);
  EXPECT_EQ(budget.held_bytes(), 35u);
  const auto part = budget.acquire(10, {});
  ASSERT_TRUE(part);
  EXPECT_EQ(budget.held_bytes(), 35u) << "the one that was kept";
}

}  // namespace

}  // namespace aloft::transfer
