// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/scheduling.h"

#include "emulator/batch/pool_life.h"
#include "emulator/batch/service_fixture_fake.h"

namespace aloft::emulator::batch {
namespace {

using Ids = std::vector<std::string>;

Json depends_on(Json ids, Json ranges = Json::array()) {
  return {{"dependsOn", {{"taskIds", std::move(ids)}, {"taskIdRanges", std::move(ranges)}}}};
}

TEST_F(ServiceTest, RunsTasksInTheirOrderWhereSlotsAreFree) {
  make_pool(2, 2);
  make_job();
  for (const char* id : {"1", "2", "3", "4", "5"}) add(id);
  EXPECT_EQ(running(), (Ids{"1", "2", "3", "4"}));
  EXPECT_EQ(state_of("5"), "active");
  end_task("3", end_with(0));
  EXPECT_EQ(running(), (Ids{"1", "2", "4", "5"}));
  const Json done = task("3");
  EXPECT_EQ(done["state"], "completed");
  EXPECT_EQ(done["previousState"], "running");
  EXPECT_EQ(done["executionInfo"]["result"], "success");
  EXPECT_EQ(done["executionInfo"]["exitCode"], 0);
  EXPECT_TRUE(done["nodeInfo"]["nodeId"].get<std::string>().starts_with("tvmps_"));
  const Json counts = request("GET", "/jobs/j/taskcounts").body["taskCounts"];
  EXPECT_EQ(counts["running"], 4);
  EXPECT_EQ(counts["succeeded"], 1);
}

TEST_F(ServiceTest, RunsTheJobOfHigherPriorityFirst) {
  make_job({{"id", "low"}});
  make_job({{"id", "high"}, {"priority", 10}});
  for (const char* job : {"low", "high"}) {
    request("POST", std::string("/jobs/") + job + "/tasks", {{"id", job}, {"commandLine", "x"}});
  }
  make_pool(1);
  EXPECT_EQ(running(), Ids{"high"});
}

TEST_F(ServiceTest, WaitsForRoomForALargeTaskButNotForOneTooLarge) {
  make_pool(1, 4);
  make_job();
  add("small");
  add("impossible", {{"requiredSlots", 5}});
  add("large", {{"requiredSlots", 4}});
  add("behind");
  EXPECT_EQ(running(), Ids{"small"});
  end_task("small", end_with(0));
  EXPECT_EQ(running(), Ids{"large"});
  end_task("large", end_with(0));
  EXPECT_EQ(running(), Ids{"behind"});
  EXPECT_EQ(state_of("impossible"), "active");
}

TEST_F(ServiceTest, LimitsTheTasksOfAJob) {
  make_pool(1, 4);
  make_job({{"maxParallelTasks", 1}});
  add("1");
  add("2");
  EXPECT_EQ(running(), Ids{"1"});
  request("PATCH", "/jobs/j", {{"maxParallelTasks", 2}});
  EXPECT_EQ(running(), (Ids{"1", "2"}));
}

TEST_F(ServiceTest, HoldsTasksUntilWhatTheyDependOnSucceeds) {
  make_pool(1, 8);
  make_job();
  add("both", depends_on({"a", "b"}));
  add("range", depends_on(Json::array(), {{{"start", 1}, {"end", 3}}}));
  add("a");
  add("b");
  add("1");
  add("02");
  add("3");
  EXPECT_EQ(running(), (Ids{"a", "b", "1", "02", "3"}));
  end_task("a", end_with(0));
  end_task("1", end_with(0));
  end_task("3", end_with(0));
  EXPECT_EQ(state_of("both"), "active");
  end_task("02", end_with(0));
  EXPECT_EQ(running(), (Ids{"b", "range"}));
  end_task("b", end_with(7));
  EXPECT_EQ(state_of("both"), "active") << "failure blocks";
  EXPECT_EQ(add("next", depends_on({"a"})).status, 201);
  EXPECT_EQ(state_of("next"), "running") << "what it depends on is over";
}

TEST_F(ServiceTest, FollowsExitConditions) {
  make_pool(1, 8);
  make_job({{"onTaskFailure", "performexitoptionsjobaction"}});
  const Json satisfy{{"dependencyAction", "satisfy"}, {"jobAction", "none"}};
  add("listed",
      {{"exitConditions",
        {{"exitCodes", {{{"code", 3}, {"exitOptions", satisfy}}}},
         {"exitCodeRanges",
          {{{"start", 10}, {"end", 19}, {"exitOptions", {{"jobAction", "disable"}}}}}}}}});
  add("child", depends_on({"listed"}));
  end_task("listed", end_with(3));
  EXPECT_EQ(state_of("child"), "running");
  add("range", {{"exitConditions",
                 {{"exitCodeRanges",
                   {{{"start", 10}, {"end", 19}, {"exitOptions", {{"jobAction", "disable"}}}}}}}}});
  end_task("child", end_with(0));
  end_task("range", end_with(15));
  EXPECT_EQ(request("GET", "/jobs/j").body["state"], "disabled");
}

TEST_F(ServiceTest, TerminatesTheJobOfATaskThatFailsWhereNothingElseIsSaid) {
  make_pool(1, 8);
  make_job({{"onTaskFailure", "performexitoptionsjobaction"}});
  const Json block{{"dependencyAction", "block"}};
  add("good", {{"exitConditions", {{"exitCodes", {{{"code", 0}, {"exitOptions", block}}}}}}});
  add("kept", {{"exitConditions", {{"default", {{"jobAction", "none"}}}}}});
  end_task("good", end_with(0));
  end_task("kept", end_with(1));
  EXPECT_EQ(request("GET", "/jobs/j").body["state"], "active");
  add("bad");
  end_task("bad", end_with(1));
  EXPECT_EQ(request("GET", "/jobs/j").body["executionInfo"]["terminateReason"], "TaskFailed");
}

TEST_F(ServiceTest, LetsAJobGoOnWhereATaskIsEndedByRequest) {
  make_pool(1);
  make_job({{"onTaskFailure", "performexitoptionsjobaction"}});
  add("runs", {{"exitConditions", {{"default", {{"jobAction", "disable"}}}}}});
  add("waits");
  for (const char* id : {"runs", "waits"}) {
    request("POST", std::string("/jobs/j/tasks/") + id + "/terminate");
  }
  end_task("runs", ended_by_request());
  EXPECT_EQ(state_of("runs"), "completed");
  EXPECT_EQ(state_of("waits"), "completed");
  EXPECT_EQ(request("GET", "/jobs/j").body["state"], "active");
}

TEST_F(ServiceTest, NeedsAJobThatActsOnFailure) {
  make_job();
  const Json disable{{"jobAction", "disable"}};
  for (const Json& conditions :
       {Json{{"default", disable}}, Json{{"preProcessingError", disable}},
        Json{{"fileUploadError", disable}},
        Json{{"exitCodes", {{{"code", 3}, {"exitOptions", disable}}}}},
        Json{{"exitCodeRanges", {{{"start", 3}, {"end", 4}, {"exitOptions", disable}}}}}}) {
    const auto answer = add("t", {{"exitConditions", conditions}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.code(), "InvalidPropertyValue") << conditions;
    EXPECT_EQ(answer.value("PropertyName"), "exitConditions.jobAction");
  }
}

TEST_F(ServiceTest, NeedsAJobThatUsesDependencies) {
  make_job({{"usesTaskDependencies", false}});
  EXPECT_EQ(add("t", depends_on({"a"})).code(), "TaskDependenciesNotSpecifiedOnJob");
  const auto answer =
      add("t", {{"exitConditions", {{"default", {{"dependencyAction", "satisfy"}}}}}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.code(), "InvalidPropertyValue");
  EXPECT_EQ(answer.value("PropertyName"), "exitConditions.dependencyAction");
}

TEST_F(ServiceTest, TriesAgainAsOftenAsAllowed) {
  make_pool(1);
  make_job();
  add("t", {{"constraints", {{"maxTaskRetryCount", 2}}}});
  for (int retry = 1; retry <= 2; ++retry) {
    end_task("t", end_with(1));
    EXPECT_EQ(state_of("t"), "running");
    EXPECT_EQ(task("t")["executionInfo"]["retryCount"], retry);
  }
  end_task("t", end_with(1));
  EXPECT_EQ(state_of("t"), "completed");
  EXPECT_EQ(task("t")["executionInfo"]["result"], "failure");
  EXPECT_EQ(request("POST", "/jobs/j/tasks/t/reactivate").status, 204);
  EXPECT_EQ(task("t")["executionInfo"]["retryCount"], 0);
  end_task("t", end_with(0));
  EXPECT_EQ(request("POST", "/jobs/j/tasks/t/reactivate").code(), "TaskSucceeded");
}

TEST_F(ServiceTest, TriesAgainWhereItsFilesCannotBeUploadedEither) {
  make_pool(1);
  make_job();
  add("t", {{"constraints", {{"maxTaskRetryCount", 1}}}});
  AttemptEnd end = end_with(1);
  end.phase = AttemptEnd::Phase::uploading;
  end.failure->code = "FileUploadAccessDenied";
  end_task("t", end);
  EXPECT_EQ(state_of("t"), "running");
  end.exit_code = 0;
  end_task("t", end);
  EXPECT_EQ(state_of("t"), "completed");
  EXPECT_EQ(task("t")["executionInfo"]["retryCount"], 1);
}

TEST_F(ServiceTest, DoesNotTryAgainWhatReachedItsWallTime) {
  make_pool(1);
  make_job();
  add("t", {{"constraints", {{"maxTaskRetryCount", 1}}}});
  end_task("t", ended_by_request());
  EXPECT_EQ(state_of("t"), "completed");
}

TEST_F(ServiceTest, TerminatesTasks) {
  make_pool(1);
  make_job();
  add("runs");
  add("waits");
  add("child", depends_on({"waits"}));
  EXPECT_EQ(request("POST", "/jobs/j/tasks/waits/terminate").status, 204);
  EXPECT_EQ(task("waits")["executionInfo"]["failureInfo"]["code"], "TaskEnded");
  EXPECT_EQ(request("POST", "/jobs/j/tasks/runs/terminate").status, 204);
  EXPECT_EQ(fleet.stopped.size(), 1u);
  end_task("runs", ended_by_request());
  EXPECT_EQ(state_of("runs"), "completed");
  EXPECT_EQ(request("POST", "/jobs/j/tasks/runs/terminate").code(), "TaskCompleted");
  EXPECT_EQ(state_of("child"), "active");
}

TEST_F(ServiceTest, DeletesTasksWithTheirFiles) {
  make_pool(1);
  make_job();
  add("t");
  EXPECT_EQ(request("DELETE", "/jobs/j/tasks/t").status, 200);
  end_task("t", ended_by_request());
  EXPECT_EQ(request("GET", "/jobs/j/tasks/t").code(), "TaskNotFound");
  EXPECT_EQ(fleet.removed, Ids{"j/t"});
}

TEST_F(ServiceTest, DisablesAndEnablesJobs) {
  make_pool(1, 2);
  make_job();
  add("1");
  EXPECT_EQ(request("POST", "/jobs/j/disable", {{"disableTasks", "requeue"}}).status, 202);
  EXPECT_EQ(request("GET", "/jobs/j").body["state"], "disabling");
  end_task("1", ended_by_request());
  EXPECT_EQ(request("GET", "/jobs/j").body["state"], "disabled");
  EXPECT_EQ(task("1")["executionInfo"]["requeueCount"], 1);
  EXPECT_TRUE(running().empty());
  EXPECT_EQ(request("POST", "/jobs/j/enable").status, 202);
  EXPECT_EQ(running(), Ids{"1"});
}

TEST_F(ServiceTest, TerminatesJobs) {
  make_pool(1);
  make_job();
  add("1");
  add("2");
  EXPECT_EQ(request("POST", "/jobs/j/terminate", {{"terminateReason", "enough"}}).status, 202);
  EXPECT_EQ(request("POST", "/jobs/j/terminate").code(), "JobBeingTerminated");
  end_task("1", ended_by_request());
  const Json job = request("GET", "/jobs/j").body;
  EXPECT_EQ(job["state"], "completed");
  EXPECT_EQ(job["executionInfo"]["terminateReason"], "enough");
  EXPECT_EQ(state_of("2"), "active");
  EXPECT_EQ(add("3").code(), "JobCompleted");
  EXPECT_EQ(request("DELETE", "/jobs/j").status, 202);
  EXPECT_EQ(request("GET", "/jobs/j").code(), "JobNotFound");
  EXPECT_EQ(fleet.removed, Ids{"j"});
}

TEST_F(ServiceTest, EndsAJobWhenAllIsDone) {
  make_pool(1);
  make_job();
  add("1");
  request("PATCH", "/jobs/j", {{"onAllTasksComplete", "terminatejob"}});
  EXPECT_EQ(request("PATCH", "/jobs/j", {{"onAllTasksComplete", "noaction"}}).code(),
            "InvalidPropertyValue");
  end_task("1", end_with(0));
  const Json job = request("GET", "/jobs/j").body;
  EXPECT_EQ(job["state"], "completed");
  EXPECT_EQ(job["executionInfo"]["terminateReason"], "AllTasksCompleted");
}

TEST_F(ServiceTest, EndsAJobWhenItsTimeIsOver) {
  make_job({{"constraints", {{"maxWallClockTime", "PT1M"}}}});
  clock.advance(std::chrono::minutes(2));
  schedule(*account.lock());
  EXPECT_EQ(request("GET", "/jobs/j").body["executionInfo"]["terminateReason"],
            "MaxWallClockTimeExpiry");
}

TEST_F(ServiceTest, ResizesPools) {
  make_pool(1);
  EXPECT_EQ(request("POST", "/pools/p/resize",
                    {{"targetDedicatedNodes", 3}, {"targetLowPriorityNodes", 1}})
                .status,
            202);
  EXPECT_EQ(request("POST", "/pools/p/resize", {{"targetDedicatedNodes", 4}}).code(),
            "PoolBeingResized");
  settle();
  Json pool = request("GET", "/pools/p").body;
  EXPECT_EQ(pool["allocationState"], "steady");
  EXPECT_EQ(pool["currentDedicatedNodes"], 3);
  EXPECT_EQ(pool["currentLowPriorityNodes"], 1);
  EXPECT_EQ(request("GET", "/nodecounts").body["value"][0]["dedicated"]["idle"], 3);
  request("POST", "/pools/p/resize", {{"targetDedicatedNodes", 0}});
  settle();
  EXPECT_EQ(request("GET", "/pools/p/nodes").body["value"].size(), 1u);
  EXPECT_EQ(fleet.closed.size(), 3u);
}

TEST_F(ServiceTest, GrowsAPoolToTheLimitOfAllNodesAndSaysThatThisIsOne) {
  make_pool(250);
  Json body = pool_body("q", std::numeric_limits<std::int32_t>::max());
  body["targetLowPriorityNodes"] = 1;
  ASSERT_EQ(request("POST", "/pools", body).status, 201);
  settle();
  Json pool = request("GET", "/pools/q").body;
  EXPECT_EQ(pool["allocationState"], "steady");
  EXPECT_EQ(pool["currentDedicatedNodes"], 6);
  EXPECT_EQ(pool["targetDedicatedNodes"], std::numeric_limits<std::int32_t>::max());
  ASSERT_EQ(pool["resizeErrors"].size(), 2u);
  EXPECT_EQ(pool["resizeErrors"][0]["code"], "AccountCoreQuotaReached");
  EXPECT_EQ(pool["resizeErrors"][1]["code"], "AccountLowPriorityCoreQuotaReached");
  request("POST", "/pools/q/resize", {{"targetDedicatedNodes", 5}});
  settle();
  pool = request("GET", "/pools/q").body;
  EXPECT_EQ(pool["allocationState"], "steady");
  EXPECT_EQ(pool["resizeErrors"].size(), 1u) << "one leaves only after the other is asked for";
  request("POST", "/pools/q/resize", {{"targetLowPriorityNodes", 1}});
  settle();
  pool = request("GET", "/pools/q").body;
  EXPECT_EQ(pool["currentLowPriorityNodes"], 1);
  EXPECT_FALSE(pool.contains("resizeErrors"));
}

TEST_F(ServiceTest, ShrinksAPoolByRequeueingItsTasks) {
  make_pool(1);
  make_job();
  add("t");
  request("POST", "/pools/p/resize", {{"targetDedicatedNodes", 0}});
  settle();
  EXPECT_EQ(request("GET", "/pools/p").body["allocationState"], "resizing");
  end_task("t", ended_by_request());
  EXPECT_EQ(state_of("t"), "active");
  EXPECT_EQ(task("t")["executionInfo"]["requeueCount"], 1);
  EXPECT_EQ(request("GET", "/pools/p").body["allocationState"], "steady");
}

TEST_F(ServiceTest, StopsAResizeWhileNodesLeave) {
  make_pool(2);
  make_job();
  for (const char* id : {"1", "2"}) add(id);
  request("POST", "/pools/p/resize", {{"targetDedicatedNodes", 1}});
  settle();
  EXPECT_EQ(request("POST", "/pools/p/stopresize").status, 202);
  EXPECT_EQ(request("GET", "/pools/p").body["allocationState"], "stopping");
  const std::uint64_t leaving = fleet.stopped.at(0);
  end_task(fleet.running.at(leaving).attempt.task, ended_by_request());
  const Json pool = request("GET", "/pools/p").body;
  EXPECT_EQ(pool["allocationState"], "steady");
  EXPECT_EQ(pool["targetDedicatedNodes"], 1);
  EXPECT_EQ(pool["currentDedicatedNodes"], 1);
}

TEST_F(ServiceTest, ReplacesANodeThatIsLost) {
  make_pool(1);
  make_job();
  add("t");
  {
    const auto state = account.lock();
    Pool& pool = *state->find_pool("p");
    lose_node(*state, pool, *pool.nodes.begin()->second);
    schedule(*state);
  }
  EXPECT_EQ(state_of("t"), "active");
  settle();
  EXPECT_EQ(running(), Ids{"t"});
  EXPECT_EQ(task("t")["executionInfo"]["requeueCount"], 1);
}

TEST_F(ServiceTest, KeepsANodeWhoseStartTaskFailsFromRunningTasks) {
  start_task_exit_code = 1;
  Json body = pool_body("p", 1);
  body["startTask"] = {{"commandLine", "x"}, {"maxTaskRetryCount", 1}, {"waitForSuccess", true}};
  request("POST", "/pools", body);
  settle();
  Json node = request("GET", "/pools/p/nodes").body["value"][0];
  EXPECT_EQ(node["state"], "starttaskfailed");
  EXPECT_EQ(node["startTaskInfo"]["retryCount"], 1);
  EXPECT_EQ(node["startTaskInfo"]["exitCode"], 1);
  start_task_exit_code = 0;
  EXPECT_EQ(request("POST", "/pools/p/nodes/" + node["id"].get<std::string>() + "/reboot").status,
            202);
  settle();
  EXPECT_EQ(request("GET", "/pools/p/nodes").body["value"][0]["state"], "idle");
}

TEST_F(ServiceTest, FinishesAStartTaskThatThePoolHasNoLonger) {
  Json body = pool_body("p", 1);
  body["startTask"] = {{"commandLine", "x"}, {"maxTaskRetryCount", 1}, {"waitForSuccess", true}};
  request("POST", "/pools", body);
  clock.advance(std::chrono::seconds(1));
  schedule(*account.lock());
  ASSERT_EQ(fleet.opened.size(), 1u);
  EXPECT_EQ(request("POST", "/pools/p/updateproperties", {{"metadata", Json::array()}}).status,
            204);
  account.on_opened(fleet.opened[0].first, {}, end_with(1));
  ASSERT_EQ(fleet.opened.size(), 2u) << "it is the start task that the node began with";
  EXPECT_EQ(fleet.opened[1].second->command_line, "x");
  account.on_opened(fleet.opened[1].first, {}, end_with(1));
  const Json node = request("GET", "/pools/p/nodes").body["value"][0];
  EXPECT_EQ(node["state"], "starttaskfailed");
  EXPECT_EQ(node["startTaskInfo"]["retryCount"], 1);
}

TEST_F(ServiceTest, ShowsANodeWhoseMachineCannotBeStarted) {
  fleet.refuses = true;
  make_pool(1);
  const Json node = request("GET", "/pools/p/nodes").body["value"][0];
  EXPECT_EQ(node["state"], "unusable");
  EXPECT_EQ(node["errors"][0]["message"], "no machine");
  EXPECT_EQ(request("GET", "/pools/p").body["allocationState"], "steady");
}

TEST_F(ServiceTest, ForgetsTheTroubleOfANodeThatWorksAgain) {
  fleet.refuses = true;
  make_pool(1);
  fleet.refuses = false;
  {
    const auto state = account.lock();
    restart_node(*state, *state->find_pool("p")->nodes.begin()->second, false, NodeOption::requeue);
  }
  settle();
  const Json node = request("GET", "/pools/p/nodes").body["value"][0];
  EXPECT_EQ(node["state"], "idle");
  EXPECT_FALSE(node.contains("errors"));
}

TEST_F(ServiceTest, DisablesNodes) {
  make_pool(1);
  make_job();
  const std::string node = request("GET", "/pools/p/nodes").body["value"][0]["id"];
  EXPECT_EQ(request("POST", "/pools/p/nodes/" + node + "/disablescheduling").status, 200);
  add("t");
  EXPECT_EQ(state_of("t"), "active");
  EXPECT_EQ(request("POST", "/pools/p/nodes/" + node + "/disablescheduling").code(),
            "NodeAlreadyInTargetSchedulingState");
  EXPECT_EQ(request("POST", "/pools/p/nodes/" + node + "/enablescheduling").status, 200);
  EXPECT_EQ(state_of("t"), "running");
}

TEST_F(ServiceTest, DeletesPoolsWhenTheirTasksAreOut) {
  make_pool(1);
  make_job();
  add("t");
  EXPECT_EQ(request("DELETE", "/pools/p").status, 202);
  EXPECT_EQ(request("GET", "/pools/p").body["state"], "deleting");
  EXPECT_EQ(request("DELETE", "/pools/p").code(), "PoolBeingDeleted");
  end_task("t", ended_by_request());
  EXPECT_EQ(request("GET", "/pools/p").code(), "PoolNotFound");
  EXPECT_EQ(state_of("t"), "active");
}

}  // namespace
}  // namespace aloft::emulator::batch
