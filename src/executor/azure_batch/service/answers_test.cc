// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/service/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aloft::batch {
namespace {

using ::testing::ElementsAre;

TEST(Answers, ReadsAPool) {
  const Pool pool = parse_pool(R"({
    "odata.metadata": "https://a.r.batch.azure.com/$metadata#pools/@Element",
    "id": "p", "url": "https://a.r.batch.azure.com/pools/p", "eTag": "0x8D4",
    "lastModified": "2025-11-22T18:55:25.2608598Z", "creationTime": "2025-11-22T18:55:24.2632496Z",
    "state": "active", "stateTransitionTime": "2025-11-22T18:55:24.2632496Z",
    "allocationState": "resizing", "vmSize": "Standard_D4d_v5",
    "currentDedicatedNodes": 1, "currentLowPriorityNodes": 2,
    "targetDedicatedNodes": 3, "targetLowPriorityNodes": 4, "taskSlotsPerNode": 8,
    "startTask": {"commandLine": "true"},
    "metadata": [{"name": "aloft-cores", "value": "4"}],
    "identity": {"type": "UserAssigned", "userAssignedIdentities": [
      {"resourceId": "/subscriptions/s/i", "clientId": "c", "principalId": "p"}]},
    "resizeErrors": [{"code": "AllocationTimedout", "message": "no capacity",
                      "values": [{"name": "a", "value": "b"}]}]})")
                        .value();
  EXPECT_EQ(pool.id, "p");
  EXPECT_EQ(pool.state, Pool::State::active);
  EXPECT_EQ(pool.allocation, Pool::Allocation::resizing);
  EXPECT_EQ(pool.current, (NodeCounts{.dedicated = 1, .spot = 2}));
  EXPECT_EQ(pool.target, (NodeCounts{.dedicated = 3, .spot = 4}));
  EXPECT_EQ(pool.slots_per_node, 8u);
  EXPECT_TRUE(pool.has_start_task);
  EXPECT_EQ(pool.labels.at("aloft-cores"), "4");
  EXPECT_THAT(pool.identities,
              ElementsAre(Identity{.resource_id = "/subscriptions/s/i", .client_id = "c"}));
  ASSERT_EQ(pool.resize_errors.size(), 1u);
  EXPECT_EQ(pool.resize_errors[0].message, "no capacity");
}

TEST(Answers, ReadsATaskInEachState) {
  const auto page = parse_tasks(R"({"value": [
    {"id": "1", "state": "active", "executionInfo": {"retryCount": 0, "requeueCount": 2}},
    {"id": "2", "state": "running", "displayName": "b", "nodeInfo": {"nodeId": "n"},
     "executionInfo": {"startTime": "2025-11-22T18:55:25Z", "retryCount": 0, "requeueCount": 0}},
    {"id": "3", "state": "completed", "executionInfo": {
       "startTime": "2025-11-22T18:55:25.1Z", "endTime": "2025-11-22T18:55:26.2345678Z",
       "exitCode": 3, "result": "failure", "retryCount": 0, "requeueCount": 0,
       "failureInfo": {"category": "usererror", "code": "FailureExitCode", "message": "exit"}}}],
    "odata.nextLink": "http://host/jobs/j/tasks?x"})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->next_link, "http://host/jobs/j/tasks?x");
  ASSERT_EQ(page->entries.size(), 3u);
  EXPECT_EQ(page->entries[0].state, Task::State::active);
  EXPECT_EQ(page->entries[0].requeues, 2u);
  EXPECT_EQ(page->entries[1].state, Task::State::running);
  EXPECT_EQ(page->entries[1].node, "n");
  EXPECT_TRUE(page->entries[1].started);
  EXPECT_EQ(page->entries[2].state, Task::State::completed);
  EXPECT_EQ(page->entries[2].exit_code, 3);
  EXPECT_EQ(page->entries[2].failure->code, "FailureExitCode");
}

TEST(Answers, ReadsNodesJobsAndCounts) {
  const auto nodes = parse_nodes(R"({"value": [
    {"id": "n1", "state": "idle", "isDedicated": false, "runningTaskSlotsCount": 3},
    {"id": "n2", "state": "starttaskfailed", "startTaskInfo": {
       "state": "completed", "failureInfo": {"category": "usererror", "message": "no /dev/fuse"}}}
    ]})");
  ASSERT_TRUE(nodes);
  EXPECT_TRUE(nodes->entries[0].spot);
  EXPECT_EQ(nodes->entries[0].running_slots, 3u);
  EXPECT_EQ(nodes->entries[1].start_task_failure, "no /dev/fuse");
  EXPECT_EQ(parse_job(R"({"id": "j", "state": "disabled", "poolInfo": {"poolId": "p"}})")->state,
            "disabled");
  EXPECT_EQ(parse_task_counts(R"({"taskCounts": {"active": 1, "running": 2, "completed": 3,
                                  "succeeded": 3, "failed": 0}, "taskSlotCounts": {}})")
                ->running,
            2u);
}

TEST(Answers, ReadsWhatBecameOfEachTask) {
  const auto added = parse_added(R"({"value": [
    {"taskId": "1", "status": "success", "eTag": "0x1"},
    {"taskId": "2", "status": "clienterror", "error": {
       "code": "InvalidPropertyValue", "message": {"lang": "en-US", "value": "bad\nRequestId:1"},
       "values": [{"key": "PropertyName", "value": "requiredSlots"}]}},
    {"taskId": "3", "status": "servererror", "error": {"code": "InternalError"}}]})");
  ASSERT_TRUE(added);
  EXPECT_EQ((*added)[0].status, Added::Status::success);
  EXPECT_EQ((*added)[1].message, "bad (PropertyName=requiredSlots)");
  EXPECT_EQ((*added)[2].status, Added::Status::server_error);
}

TEST(Answers, RefusesWhatMakesNoSense) {
  for (const char* text : {"", "[]", "{}", R"({"id": 1})", R"({"value": 7})", "<html>"}) {
    EXPECT_EQ(parse_pool(text).error().code, ErrorCode::corrupt) << text;
    EXPECT_EQ(parse_tasks(text).error().code, ErrorCode::corrupt) << text;
    EXPECT_EQ(parse_added(text).error().code, ErrorCode::corrupt) << text;
    EXPECT_EQ(parse_fault(text).code, "") << text;
  }
}

}  // namespace
}  // namespace aloft::batch
