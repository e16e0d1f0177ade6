// SPDX-License-Identifier: Apache-2.0
#include "executor/local/capacity.h"

#include <gtest/gtest.h>

namespace aloft::executor {
namespace {

TEST(Capacity, KnowsThisMachine) {
  const Capacity machine = machine_capacity();
  EXPECT_GE(machine.cpus, 1u);
  EXPECT_GE(machine.memory_bytes, 64u << 20);
}

TEST(Capacity, GivesAnExclusiveTaskEverything) {
  const Capacity whole{.cpus = 8, .memory_bytes = 100};
  EXPECT_EQ(needed_by({.tasks = 2, .cpus_per_task = 3}, whole).cpus, 6u);
  EXPECT_EQ(needed_by({.exclusive = true}, whole).cpus, 8u);
  EXPECT_EQ(needed_by({.tasks = 2, .memory_per_cpu_bytes = 5}, whole).memory_bytes, 10u);
}

TEST(Slots, CountWhatIsTaken) {
  Slots slots({.cpus = 4, .memory_bytes = 100});
  slots.take({.cpus = 3, .memory_bytes = 10});
  EXPECT_FALSE(slots.fits({.cpus = 2}));
  EXPECT_TRUE(slots.fits({.cpus = 1, .memory_bytes = 90}));
  EXPECT_FALSE(slots.fits({.cpus = 1, .memory_bytes = 91}));
  slots.take({.cpus = 3});  // Adopted from a time with more processors.
  slots.give_back({.cpus = 3, .memory_bytes = 10});
  EXPECT_TRUE(slots.fits({.cpus = 1}));
  EXPECT_FALSE(slots.fits({.cpus = 2}));
}

}  // namespace
}  // namespace aloft::executor
