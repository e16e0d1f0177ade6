// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/node_faults.h"

#include <gtest/gtest.h>

namespace aloft::emulator::faults {
namespace {

TEST(NodeFaults, StrikesWhatMatchesInTheOrderOfTheRules) {
  NodeFaults faults({{.pool = "p*", .task = "1?", .event = NodeEvent::reboot},
                     {.job = "j", .event = NodeEvent::preempt}},
                    1);
  EXPECT_EQ(faults.choose("p1", "j", "12")->event, NodeEvent::reboot);
  EXPECT_EQ(faults.choose("p1", "j", "2")->event, NodeEvent::preempt);
  EXPECT_EQ(faults.choose("q", "j", "12")->event, NodeEvent::preempt);
  EXPECT_FALSE(faults.choose("q", "k", "12").has_value());
  EXPECT_FALSE(NodeFaults().choose("p", "j", "t").has_value());
}

TEST(NodeFaults, StrikesAgainForWhatDidNotComeAbout) {
  NodeFaults faults({{.frequency = {.after = 1, .count = 1}}}, 1);
  EXPECT_FALSE(faults.choose("p", "j", "1").has_value());
  const auto fault = faults.choose("p", "j", "2");
  ASSERT_TRUE(fault.has_value());
  EXPECT_FALSE(faults.choose("p", "j", "3").has_value());
  faults.take_back(*fault);
  EXPECT_TRUE(faults.choose("p", "j", "4").has_value());
}

}  // namespace
}  // namespace aloft::emulator::faults
