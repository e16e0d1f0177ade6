// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node_mishaps.h"

#include "emulator/batch/rows.h"
#include "emulator/batch/service_fixture_fake.h"

namespace aloft::emulator::batch {
namespace {

using namespace std::chrono_literals;

class NodeMishapsTest : public ServiceTest {
 protected:
  /// One node runs the task "t", and is to be struck once, after 500 ms.
  void run_task_on_node_with(faults::NodeEvent event) {
    node_faults = faults::NodeFaults(
        {{.task = "t", .frequency = {.count = 1}, .event = event, .delay = 500ms}}, 1);
    make_pool(1);
    make_job();
    add("t");
  }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    schedule(*account.lock());
  }
  std::vector<std::string> nodes_in_state(const std::string& state) {
    std::vector<std::string> ids;
    const Json nodes = request("GET", "/pools/p/nodes").body["value"];
    for (const Json& node : nodes) {
      if (node["state"] == state) ids.push_back(node["id"]);
    }
    return ids;
  }
};

TEST_F(NodeMishapsTest, ReplacesANodeThatIsPreemptedOrBreaks) {
  for (const auto& [event, seen_as] : {std::pair(faults::NodeEvent::preempt, "preempted"),
                                       std::pair(faults::NodeEvent::lose, "unusable")}) {
    run_task_on_node_with(event);
    const auto before = nodes_in_state("running");
    pass(499ms);
    EXPECT_EQ(state_of("t"), "running") << seen_as;
    EXPECT_TRUE(next_due(*account.lock()).has_value()) << "or nobody would look in time";
    pass(2ms);
    EXPECT_EQ(state_of("t"), "active") << seen_as;
    EXPECT_EQ(task("t")["executionInfo"]["requeueCount"], 1);
    EXPECT_EQ(nodes_in_state(seen_as), before);
    EXPECT_EQ(request("GET", "/pools/p").body["allocationState"], "resizing");
    settle();
    EXPECT_EQ(state_of("t"), "running") << "it is struck but once";
    EXPECT_EQ(request("GET", "/pools/p").body["allocationState"], "steady");
    EXPECT_NE(nodes_in_state("running"), before);
    EXPECT_EQ(request("GET", "/pools/p/nodes").body["value"].size(), 1u);
    end_task("t", end_with(0));
    request("DELETE", "/jobs/j");
    request("DELETE", "/pools/p");
    settle();
  }
}

TEST_F(NodeMishapsTest, RebootsANodeWithTheTasksThatRunThere) {
  run_task_on_node_with(faults::NodeEvent::reboot);
  const auto before = nodes_in_state("running");
  pass(501ms);
  EXPECT_EQ(state_of("t"), "active");
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(fleet.closed.front(), before.front());
  settle();
  EXPECT_EQ(nodes_in_state("running"), before);
  EXPECT_EQ(task("t")["executionInfo"]["requeueCount"], 1);
}

TEST_F(NodeMishapsTest, SparesANodeWhoseTaskEndedBefore) {
  run_task_on_node_with(faults::NodeEvent::lose);
  end_task("t", end_with(0));
  pass(1s);
  EXPECT_EQ(nodes_in_state("idle").size(), 1u);
  request("DELETE", "/jobs/j/tasks/t");
  add("t");
  pass(1s);
  EXPECT_EQ(nodes_in_state("unusable").size(), 1u) << "the first time did not count";
}

TEST_F(NodeMishapsTest, DoesNotReviveTasksThatWereToEnd) {
  run_task_on_node_with(faults::NodeEvent::lose);
  EXPECT_EQ(request("POST", "/jobs/j/tasks/t/terminate").status, 204);
  pass(501ms);
  EXPECT_EQ(state_of("t"), "completed");
  EXPECT_EQ(task("t")["executionInfo"]["failureInfo"]["code"], "TaskEnded");
}

TEST_F(NodeMishapsTest, LetsAPoolGoWhoseNodeIsLost) {
  run_task_on_node_with(faults::NodeEvent::lose);
  pass(501ms);
  EXPECT_EQ(request("DELETE", "/pools/p").status, 202);
  settle();
  EXPECT_EQ(request("GET", "/pools/p").code(), "PoolNotFound");
}

TEST_F(NodeMishapsTest, DoesNotKeepANodeThatIsLost) {
  run_task_on_node_with(faults::NodeEvent::lose);
  pass(501ms);
  const auto state = account.lock();
  EXPECT_TRUE(decode_pool(encode_pool(*state->find_pool("p"))).value()->nodes.empty());
}

}  // namespace
}  // namespace aloft::emulator::batch
