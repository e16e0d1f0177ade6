// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/batch_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/fake_clock.h"
#include "base/seeded_random.h"
#include "base/temporary_directory.h"
#include "executor/azure_batch/mapping.h"
#include "executor/azure_batch/service/testing/fake_batch.h"
#include "object/faulty_store.h"
#include "object/memory_account.h"

namespace aloft::executor {
namespace {

using batch::testing::Asked;
using batch::testing::FakeBatch;
using batch::testing::Trouble;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using workload::JobId;
using workload::TaskName;
using Json = nlohmann::json;
using Kind = workload::Dependency::Kind;

class BatchExecutorTest : public ::testing::Test {
 protected:
  BatchExecutorTest() : account_(std::make_shared<MemoryAccount>("lab")) {
    CHECK(account_->create_container("demo", {}).has_value());
    write_bundle("bundle");
    CHECK(open_batch("")
              .value()
              ->create_pool({.id = "p",
                             .vm_size = "Standard_D2s_v3",
                             .nodes = {.dedicated = 1},
                             .slots_per_node = 2},
                            Limits::within(std::chrono::hours(1)))
              .has_value());
    service_.state().lock()->nodes["p"] =
        Json::parse(R"([{"id": "n1", "state": "idle", "runningTaskSlotsCount": 0}])");
  }

  void write_bundle(const std::string& bytes) {
    std::ofstream(directory_.path() + "/bundle") << bytes;
  }
  Result<std::shared_ptr<batch::BatchClient>> open_batch(std::string_view) {
    return std::make_shared<batch::BatchClient>(
        service_.account(), std::make_shared<http::Client>(),
        batch::BatchClientOptions{.clock = &clock_, .random = &random_});
  }
  BatchExecutor executor(std::shared_ptr<ObjectStore> home = nullptr, std::stop_token stop = {}) {
    return BatchExecutor({.home = home ? home : account_->container("demo"),
                          .pool = "p",
                          .bundle = {.digest = "d1", .path = directory_.path() + "/bundle"},
                          .open_batch = [this](std::string_view name) { return open_batch(name); },
                          .open_account = [this](std::string_view) { return account_; },
                          .place_of = [](std::string_view name) -> Result<AccountPlace> {
                            return AccountPlace{.name = std::string(name),
                                                .endpoint = "http://127.0.0.1:1/lab"};
                          },
                          .stop = stop,
                          .submission_age_max = submission_age_max_});
  }
  static Submission submission(const std::string& array = "",
                               std::vector<workload::Dependency> terms = {}) {
    workload::Job job{.name = "align",
                      .directory = "az://lab/demo/project",
                      .output = workload::OutputPattern::literal("out")};
    if (!array.empty()) job.array = workload::parse_array_spec(array).value();
    job.dependencies.terms = std::move(terms);
    return {.job = job, .script = "#!/bin/sh\n"};
  }
  JobId submit(const Submission& what) {
    const auto id = executor().submit(what);
    CHECK(id.has_value());
    return *id;
  }
  TaskStatus status(const TaskName& name) {
    const auto states = executor().poll(std::span(&name, 1));
    CHECK(states.has_value());
    return states->front();
  }
  /// The reason of a waiting task.
  std::string why(const TaskName& name) {
    const auto job = executor().status(name.job);
    for (const TaskStatus& task : job->tasks) {
      if (task.name == name) return task.reason;
    }
    check_failed("the job has the task", __FILE__, __LINE__);
  }
  std::string batch_job() { return batch_job_id("az://lab/demo", "p"); }
  Json task(std::uint64_t number) {
    return service_.state().lock()->jobs.at(batch_job()).tasks.at(std::to_string(number));
  }
  std::size_t tasks_in_batch() {
    const auto state = service_.state().lock();
    const auto found = state->jobs.find(batch_job());
    return found == state->jobs.end() ? 0 : found->second.tasks.size();
  }
  void set(std::uint64_t number, const std::string& changes) {
    service_.set_task(batch_job(), std::to_string(number), Json::parse(changes));
  }
  void end(JobId job, std::uint64_t number, ExitClass exit_class = ExitClass::succeeded) {
    ASSERT_TRUE(home_.write_exit(job, number, {.exit_class = exit_class, .code = 0}, {}));
    set(number, R"({"state": "completed", "executionInfo": {"exitCode": 0}})");
  }

  std::chrono::hours submission_age_max_{24};
  TemporaryDirectory directory_;
  FakeClock clock_;
  SeededRandom random_{1};
  std::shared_ptr<MemoryAccount> account_;
  BatchHome home_{account_->container("demo")};
  FakeBatch service_;  // Ends first: its thread may use the home.
};

TEST_F(BatchExecutorTest, GivesEveryElementToBatch) {
  EXPECT_EQ(submit(submission("0-249")), 1u);
  EXPECT_EQ(submit(submission()), 251u);
  EXPECT_EQ(tasks_in_batch(), 251u);
  EXPECT_THAT(home_.open_submissions({}).value(), IsEmpty());
  const JobRecord record = home_.job(1, {}).value();
  EXPECT_EQ(record.pool, "p");
  EXPECT_EQ(record.batch_account, "lab");
  EXPECT_EQ(record.bundle, "d1");
  EXPECT_THAT(record.accounts,
              ElementsAre(AccountPlace{.name = "lab", .endpoint = "http://127.0.0.1:1/lab"}));
  EXPECT_EQ(home_.script(1, {}), "#!/bin/sh\n");
  EXPECT_EQ(task(7)["resourceFiles"][0]["httpUrl"],
            "http://127.0.0.1:1/lab/demo/.aloft/bundles/d1.tar.gz");
  EXPECT_THAT(task(7)["commandLine"].get<std::string>(), HasSubstr("--client-id \"c1\""));
}

TEST_F(BatchExecutorTest, TellsTheNodeOfEveryAccountOfTheJob) {
  Submission what = submission();
  what.job.output = workload::OutputPattern::literal("/aloft/az/results/box/out");
  what.job.error = workload::OutputPattern::literal("az://errors/box/err");
  const JobRecord record = home_.job(submit(what), {}).value();
  std::vector<std::string> names;
  for (const AccountPlace& place : record.accounts) names.push_back(place.name);
  EXPECT_THAT(names, ElementsAre("errors", "lab", "results"));
}

TEST_F(BatchExecutorTest, HoldsDependentsBack) {
  submit(submission("1-3"));
  submit(submission("", {{.kind = Kind::after_ok, .on = {.job = 1}}}));
  EXPECT_EQ(task(4)["dependsOn"], Json::parse(R"({"taskIdRanges": [{"start": 1, "end": 3}]})"));
}

TEST_F(BatchExecutorTest, RefusesBeforeAnythingIsDone) {
  BatchExecutor elsewhere = executor();
  const auto unknown = elsewhere.submit(submission("", {{.on = {.job = 99}}}));
  EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
  EXPECT_EQ(tasks_in_batch(), 0u);
  EXPECT_EQ(submit(submission()), 1u) << "no number was taken";
}

TEST_F(BatchExecutorTest, ValidatesAgainstThePool) {
  EXPECT_THAT(executor().validate(submission().job).value(), IsEmpty());
  workload::Job job = submission().job;
  job.resources.cpus_per_task = 3;
  EXPECT_THAT(executor().validate(job).value(), SizeIs(1));
  JobRecord other{.id = home_.take_numbers(1, {}).value(), .pool = "q", .batch_job = "other"};
  ASSERT_TRUE(home_.create_job(other, "", {}));
  job = submission("", {{.on = {.job = other.id}}}).job;
  const auto found = executor().validate(job);
  ASSERT_THAT(found.value(), SizeIs(1));
  EXPECT_THAT(found->front().message, HasSubstr("runs on pool q"));
  service_.state().lock()->pools.clear();
  EXPECT_EQ(executor().validate(job).error().code, ErrorCode::not_found);
}

TEST_F(BatchExecutorTest, ShowsTasksAsTheyAre) {
  submit(submission("1-4"));
  set(2, R"({"state": "running", "executionInfo": {"startTime": "2026-11-21T03:04:05Z"}})");
  set(3, R"({"state": "running"})");
  ASSERT_TRUE(home_.write_start(1, 3, {.attempt = 2, .node = "n1"}, {}));
  end(1, 4);
  const auto job = executor().status(1);
  ASSERT_TRUE(job) << job.error().message;
  ASSERT_THAT(job->tasks, SizeIs(4));
  EXPECT_EQ(job->tasks[0].phase, TaskPhase::waiting);
  EXPECT_EQ(job->tasks[0].reason, "waits for its turn");
  EXPECT_EQ(job->tasks[1].phase, TaskPhase::running);
  EXPECT_TRUE(job->tasks[1].started);
  EXPECT_EQ(job->tasks[2].attempt, 2u);
  EXPECT_EQ(job->tasks[3].phase, TaskPhase::ended);
  const auto jobs = executor().list().value();
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(jobs[0].waiting, 1u);
  EXPECT_EQ(jobs[0].running, 2u);
  EXPECT_EQ(jobs[0].succeeded, 1u);
}

TEST_F(BatchExecutorTest, ShowsATaskThatLostItsNodeAsWaiting) {
  submit(submission());
  ASSERT_TRUE(home_.write_start(1, 1, {.attempt = 1, .node = "n1"}, {}));
  set(1, R"({"state": "active", "executionInfo": {"requeueCount": 1}})");
  EXPECT_EQ(status({.job = 1}).phase, TaskPhase::waiting);
}

TEST_F(BatchExecutorTest, FindsOutWhatEndedWithoutARecord) {
  submit(submission("1-12"));
  const char* killed = R"({"state": "completed", "executionInfo": {
                          "exitCode": 137, "startTime": "2026-11-21T03:04:05Z"}})";
  ASSERT_TRUE(home_.write_start(1, 1, {.node = "n1"}, {}));
  set(1, killed);
  set(4, killed);
  set(2, R"({"state": "completed", "executionInfo": {"failureInfo": {"category": "usererror",
            "code": "BlobAccessDenied", "message": "one of the blobs is not accessible"}}})");
  service_.state().lock()->jobs.at(batch_job()).tasks.erase("3");
  EXPECT_EQ(executor().list()->front().waiting, 8u);
  EXPECT_EQ(home_.exit(1, 1, {}).value()->exit_class, ExitClass::lost);
  const ExitRecord second = home_.exit(1, 2, {}).value().value();
  EXPECT_EQ(second.exit_class, ExitClass::start_failed);
  EXPECT_THAT(second.message, HasSubstr("one of the blobs is not accessible"));
  EXPECT_THAT(home_.exit(1, 3, {}).value()->message, HasSubstr("deleted"));
  EXPECT_EQ(home_.exit(1, 4, {}).value()->exit_class, ExitClass::start_failed);
}

TEST_F(BatchExecutorTest, ListsNoTasksOfOtherJobsForOneArray) {
  submit(submission("1-200"));
  EXPECT_EQ(status({.job = 1, .index = 7}).phase, TaskPhase::waiting);
  EXPECT_EQ(service_.count_asked("GET", "/jobs/{}/tasks"), 0u);
  EXPECT_EQ(service_.count_asked("GET", "/jobs/{}/tasks/{}"), 200u);
}

TEST_F(BatchExecutorTest, BelievesARecordThatComesJustInTime) {
  submit(submission());
  set(1, R"({"state": "completed", "executionInfo": {"exitCode": 0}})");
  // The node's record arrives between the look at the records and the one at Batch.
  service_.settings().lock()->trouble = [this](const Asked& asked, std::size_t) {
    if (asked.is("GET", "/jobs/{}/tasks/{}")) {
      static_cast<void>(home_.write_exit(1, 1, {.exit_class = ExitClass::succeeded}, {}));
    }
    return Trouble::none;
  };
  EXPECT_EQ(status({.job = 1}).record->exit_class, ExitClass::succeeded);
}

TEST_F(BatchExecutorTest, DoesNotTakeTasksForLostThatAreJustBeingAdded) {
  submit(submission());
  JobRecord next = home_.job(1, {}).value();
  next.id = home_.take_numbers(1, {}).value();
  // Another submitter comes while the first job is looked at.
  service_.settings().lock()->trouble = [this, next](const Asked& asked, std::size_t) {
    if (asked.is("GET", "/jobs/{}/tasks/{}")) {
      static_cast<void>(home_.create_job(next, "", {}));
    }
    return Trouble::none;
  };
  const std::vector<TaskName> both{{.job = 1}, {.job = next.id}};
  const auto states = executor().poll(both);
  ASSERT_TRUE(states) << states.error().message;
  EXPECT_EQ(states->at(1).phase, TaskPhase::waiting);
}

TEST_F(BatchExecutorTest, AsksBatchNothingOfEndedJobs) {
  submit(submission());
  end(1, 1);
  const std::size_t before = service_.state().lock()->asked.size();
  ASSERT_TRUE(executor().status(1));
  EXPECT_EQ(service_.state().lock()->asked.size(), before);
}

TEST_F(BatchExecutorTest, AsksNoOtherAccountOfTheSameName) {
  submit(submission());
  JobRecord record = home_.job(1, {}).value();
  record.id = home_.take_numbers(1, {}).value();
  record.batch_endpoint = "https://lab.westeurope.batch.azure.com";
  ASSERT_TRUE(home_.create_job(record, "", {}));
  ASSERT_TRUE(home_.end_submission(record.id, {}));
  for (const auto& refused : {executor().status(record.id).error(), executor().list().error(),
                              executor().cancel({.job = record.id}).error()}) {
    EXPECT_EQ(refused.code, ErrorCode::invalid_argument);
    EXPECT_THAT(refused.message, HasSubstr(record.batch_endpoint));
    EXPECT_THAT(refused.message, HasSubstr("but http://127.0.0.1:"));
  }
  EXPECT_THAT(home_.exits(record.id, {}).value(), IsEmpty());
}

TEST_F(BatchExecutorTest, KnowsAnEmulatorOnAnotherPort) {
  JobRecord record{.id = home_.take_numbers(1, {}).value(),
                   .batch_account = "lab",
                   .batch_endpoint = "http://127.0.0.1:1",
                   .batch_job = batch_job()};
  ASSERT_TRUE(home_.create_job(record, "", {}));
  ASSERT_TRUE(home_.end_submission(record.id, {}));
  EXPECT_TRUE(executor().status(record.id));
}

TEST_F(BatchExecutorTest, SaysThatAJobIsUnknown) {
  EXPECT_EQ(executor().status(5).error().code, ErrorCode::not_found);
  EXPECT_EQ(executor().cancel({.job = 5}).error().code, ErrorCode::not_found);
}

TEST_F(BatchExecutorTest, CancelsWhatHasNotEnded) {
  submit(submission("1-4"));
  end(1, 1);
  set(2, R"({"state": "running"})");
  ASSERT_TRUE(home_.write_start(1, 2, {.node = "n1"}, {}));
  EXPECT_EQ(executor().cancel({.job = 1}), 3u);
  EXPECT_TRUE(home_.cancel_requested({.job = 1, .index = 4}, {}).value());
  EXPECT_EQ(task(2)["state"], "completed");
  EXPECT_EQ(task(4)["state"], "completed");
  EXPECT_EQ(home_.exit(1, 3, {}).value()->exit_class, ExitClass::cancelled);
  EXPECT_FALSE(home_.exit(1, 2, {}).value()) << "its node is to say how it ended";
  EXPECT_EQ(status({.job = 1, .index = 2}).record->exit_class, ExitClass::cancelled)
      << "but did not";
  EXPECT_EQ(executor().cancel({.job = 1}), 0u);
}

TEST_F(BatchExecutorTest, CancelsOneElement) {
  submit(submission("1-3"));
  EXPECT_EQ(executor().cancel({.job = 1, .index = 2}), 1u);
  EXPECT_EQ(status({.job = 1, .index = 2}).phase, TaskPhase::ended);
  EXPECT_EQ(status({.job = 1, .index = 3}).phase, TaskPhase::waiting);
}

TEST_F(BatchExecutorTest, ShowsThatAnElementIsBeingCancelled) {
  submit(submission("1-2"));
  ASSERT_TRUE(home_.request_cancel({.job = 1, .index = 2}, {}));
  EXPECT_FALSE(status({.job = 1, .index = 1}).cancel_requested);
  EXPECT_TRUE(status({.job = 1, .index = 2}).cancel_requested);
}

TEST_F(BatchExecutorTest, ReadsOutputFromItsContainer) {
  submit(submission());
  std::array<std::byte, 3> buffer{};
  EXPECT_EQ(executor().read_log({.job = 1}, LogStream::output, 0, buffer), 0u);
  const std::string text = "hello";
  ASSERT_TRUE(account_->container("demo")->put(
      {.key = "project/out", .content = std::as_bytes(std::span(text)), .metadata = {}}, {}));
  EXPECT_EQ(executor().read_log({.job = 1}, LogStream::output, 3, buffer), 2u);
  EXPECT_EQ(std::to_integer<char>(buffer[0]), 'l');
  EXPECT_EQ(executor().read_log({.job = 1}, LogStream::output, 5, buffer), 0u);
  EXPECT_EQ(executor().read_log({.job = 1}, LogStream::error, 0, buffer).error().code,
            ErrorCode::not_found);
}

TEST_F(BatchExecutorTest, ExplainsWaits) {
  submit(submission("1-2"));
  submit(submission("", {{.kind = Kind::after_ok, .on = {.job = 1}}}));
  EXPECT_EQ(why({.job = 3}), "waits for success of 1");
  EXPECT_EQ(why({.job = 1, .index = 1}), "waits for its turn");
  set(1, R"({"state": "preparing"})");
  EXPECT_THAT(why({.job = 1, .index = 1}), HasSubstr("fetches"));
  set(1, R"({"state": "running"})");
  EXPECT_EQ(why({.job = 1, .index = 1}), "");
}

TEST_F(BatchExecutorTest, ListsTasksOfManyNamesakesOnce) {
  for (int i = 0; i < 3; ++i) submit(submission("1-100"));
  const JobId last = submit(submission("", {{.kind = Kind::singleton}}));
  EXPECT_THAT(why({.job = last}), HasSubstr("waits for"));
  EXPECT_EQ(service_.count_asked("GET", "/jobs/{}/tasks"), 1u);
  EXPECT_LE(service_.count_asked("GET", "/jobs/{}/tasks/{}"), 200u);
}

TEST_F(BatchExecutorTest, ExplainsWhatThePoolLacks) {
  submit(submission());
  const auto because = [this] { return why({.job = 1}); };
  auto nodes = [this](const char* list) {
    service_.state().lock()->nodes["p"] = Json::parse(list);
  };
  nodes(R"([{"id": "n1", "state": "running", "runningTaskSlotsCount": 2}])");
  EXPECT_EQ(because(), "waits for 1 free slot on a node of pool p (tasks: 0 running, 1 waiting)");
  nodes(R"([{"id": "n1", "state": "starttaskfailed", "startTaskInfo": {
            "failureInfo": {"message": "no /dev/fuse"}}}])");
  EXPECT_THAT(because(), HasSubstr("no /dev/fuse"));
  nodes(R"([{"id": "n1", "state": "starting"}])");
  EXPECT_THAT(because(), HasSubstr("not ready yet (the first is starting)"));
  nodes("[]");
  service_.set_pool("p", {{"allocationState", "resizing"}, {"currentDedicatedNodes", 0}});
  EXPECT_EQ(because(), "pool p is being resized: 0 of 1 nodes are there");
  service_.set_pool("p", Json::parse(R"({"allocationState": "steady", "resizeErrors": [
                                   {"code": "AllocationFailed", "message": "no capacity"}]})"));
  EXPECT_THAT(because(), HasSubstr("no capacity (AllocationFailed)"));
  service_.set_pool("p", Json::parse(R"({"resizeErrors": null})"));
  EXPECT_THAT(because(), HasSubstr("aloft pool resize p"));
  service_.state().lock()->jobs.at(batch_job()).json["state"] = "disabled";
  EXPECT_THAT(because(), HasSubstr("is disabled"));
  service_.set_pool("p", {{"vmSize", "Standard_D1_v2"}, {"taskSlotsPerNode", 0}});
  EXPECT_THAT(because(), HasSubstr("slots"));
  service_.set_pool("p", {{"state", "deleting"}});
  EXPECT_EQ(because(), "pool p is being deleted");
  service_.state().lock()->pools.clear();
  EXPECT_THAT(because(), HasSubstr("pool p does not exist"));
}

/// After a submitter died: the job is whole or was never there.
class DeadSubmitterTest : public BatchExecutorTest {
 protected:
  static Submission array_of(std::size_t elements) {
    return submission(fmt::format("1-{}", elements));
  }
  /// Job 1 of one task exists, but not with Batch.
  void die_before_adding() {
    std::stop_source stop;
    service_.settings().lock()->trouble = [=](const Asked& asked, std::size_t) mutable {
      if (!asked.is("POST", "/jobs/{}/addtaskcollection")) return Trouble::none;
      stop.request_stop();
      return Trouble::lost_request;
    };
    const auto id = executor(nullptr, stop.get_token()).submit(array_of(1));
    EXPECT_THAT(id.error().message, HasSubstr("job 1 is kept"));
    EXPECT_EQ(id.error().code, ErrorCode::unavailable) << "it was not refused";
    service_.settings().lock()->trouble = nullptr;
  }
  void expect_whole_or_nothing(std::size_t elements, const std::string& when) {
    const auto jobs = executor().list();
    ASSERT_TRUE(jobs) << when << ": " << jobs.error().message;
    std::size_t tasks = 0;
    for (const JobSummary& job : *jobs) tasks += job.waiting;
    EXPECT_EQ(tasks, jobs->size() * elements) << when;
    EXPECT_EQ(tasks_in_batch(), tasks) << when;
    const auto open = home_.open_submissions({}).value();
    for (const JobId id : open) {
      EXPECT_FALSE(home_.job(id, {})) << when << ": job " << id;
    }
  }
};

TEST_F(DeadSubmitterTest, IsNotPunishedForABatchJobThatWentAway) {
  die_before_adding();
  service_.state().lock()->jobs.clear();
  EXPECT_EQ(why({.job = 1, .index = 1}), "waits for its turn");
  EXPECT_EQ(tasks_in_batch(), 1u);
}

TEST_F(DeadSubmitterTest, LeavesNothingToDoForACancelledJob) {
  die_before_adding();
  const Json pool = service_.state().lock()->pools.at("p");
  service_.state().lock()->pools.clear();
  EXPECT_EQ(executor().cancel({.job = 1}), 1u);
  service_.state().lock()->pools["p"] = pool;
  EXPECT_EQ(status({.job = 1, .index = 1}).record->exit_class, ExitClass::cancelled);
  EXPECT_THAT(home_.open_submissions({}).value(), IsEmpty());
  EXPECT_EQ(tasks_in_batch(), 0u);
}

TEST_F(DeadSubmitterTest, LeavesNothingHalfAtAnyRequest) {
  bool submitted = false;
  for (const bool done : {false, true}) {
    submitted = false;
    for (std::size_t allowed = 0; !submitted && allowed < 30; ++allowed) {
      std::stop_source stop;
      const std::size_t before = service_.state().lock()->asked.size();
      service_.settings().lock()->trouble = [=](const Asked&, std::size_t number) mutable {
        if (number < before + allowed) return Trouble::none;
        stop.request_stop();
        return done ? Trouble::lost_answer : Trouble::lost_request;
      };
      submitted = executor(nullptr, stop.get_token()).submit(array_of(150)).has_value();
      service_.settings().lock()->trouble = nullptr;
      expect_whole_or_nothing(150, fmt::format("after {} requests", allowed));
    }
    EXPECT_TRUE(submitted);
  }
}

TEST_F(DeadSubmitterTest, LeavesNothingHalfThoughTheHomeFails) {
  std::size_t succeeded = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SeededRandom random(seed);
    const auto faulty = std::make_shared<FaultyStore>(
        account_->container("demo"), FaultOptions{.fails_before = 0.06, .fails_after = 0.06},
        random, clock_);
    if (executor(faulty).submit(array_of(3))) ++succeeded;
    expect_whole_or_nothing(3, fmt::format("seed {}", seed));
  }
  EXPECT_GT(succeeded, 0u);
  EXPECT_LT(succeeded, 60u);
}

TEST_F(DeadSubmitterTest, LeavesNothingForEver) {
  const Metadata none;
  ASSERT_TRUE(account_->container("demo")->put(
      {.key = ".aloft/jobs/submitting/000000000009", .content = {}, .metadata = none}, {}));
  ASSERT_TRUE(executor().list());
  EXPECT_THAT(home_.open_submissions({}).value(), ElementsAre(9u));
  submission_age_max_ = std::chrono::hours(0);
  ASSERT_TRUE(executor().list());
  EXPECT_THAT(home_.open_submissions({}).value(), IsEmpty());
}

TEST_F(DeadSubmitterTest, IsNotPunishedForAPoolThatWentAway) {
  die_before_adding();
  const Json pool = service_.state().lock()->pools.at("p");
  service_.state().lock()->pools.clear();
  EXPECT_THAT(status({.job = 1, .index = 1}).phase, TaskPhase::waiting);
  EXPECT_THAT(why({.job = 1, .index = 1}), HasSubstr("submission is not complete"));
  service_.state().lock()->pools["p"] = pool;
  EXPECT_EQ(why({.job = 1, .index = 1}), "waits for its turn");
  EXPECT_EQ(tasks_in_batch(), 1u);
}

}  // namespace
}  // namespace aloft::executor
