// SPDX-License-Identifier: Apache-2.0
// The scheduler with a shell script in the place of the supervisor: it keeps to the same rules
// (lock, start record, exit record) with an outcome that the test writes into a file.
#include "executor/local/scheduler.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "base/temporary_directory.h"

namespace aloft::executor {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using workload::Dependency;

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() {
    options_.capacity = {.cpus = 2, .memory_bytes = 1 << 30};
    options_.idle_max = 0ms;
    // Notes that it began, then leaves the record that stands in "record", if any.
    supervisor("echo \"$(basename $1)\" >> " + path("order") + "\n" + "test -e " + path("record") +
               " && cp " + path("record") + " $1/exit.json\n");
    record({.exit_class = ExitClass::succeeded, .code = 0});
  }
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  void supervisor(const std::string& text) {
    const std::string script = path("supervisor");
    std::ofstream(script) << "#!/bin/sh\n" << text;
    ::chmod(script.c_str(), 0700);
    options_.supervisor = {script};
  }
  void record(const ExitRecord& made) {
    std::ofstream(path("record"), std::ios::trunc) << to_json(made);
  }
  workload::JobId submit(const workload::Job& job) {
    return store_.submit({.job = job, .script = "#!/bin/sh\n"}).value();
  }
  static workload::Job array(const std::string& text) {
    workload::Job job;
    job.array = workload::parse_array_spec(text).value();
    return job;
  }
  void run() {
    auto lock = std::move(home_.try_lock_scheduler()).value();
    ASSERT_TRUE(lock);
    const auto ran = Scheduler(home_, std::move(*lock), options_).run([] {});
    ASSERT_TRUE(ran) << ran.error().message;
  }
  std::string order() { return read_file(path("order")).value_or(""); }
  ExitClass exit_class(const workload::TaskName& name) {
    const auto task = store_.task(name).value();
    EXPECT_TRUE(task.record);
    return task.record ? task.record->exit_class : ExitClass::lost;
  }
  TemporaryDirectory directory_;
  JobHome home_ = JobHome::open(directory_.path() + "/home").value();
  JobStore store_ = std::move(home_.open_store(sqlite::Sync::full)).value();
  SchedulerOptions options_;
};

TEST_F(SchedulerTest, RunsAllTasksAndEnds) {
  submit(array("1-5%1"));
  run();
  EXPECT_EQ(order(), "1.1\n2.1\n3.1\n4.1\n5.1\n");
  EXPECT_EQ(store_.unfinished_task_count().value(), 0u);
  EXPECT_TRUE(home_.try_lock_scheduler().value()) << "the lock is free again";
}

TEST_F(SchedulerTest, EndsWhatDependsOnAFailure) {
  record({.exit_class = ExitClass::failed, .code = 3});
  submit({});
  workload::Job dependent;
  dependent.dependencies.terms = {{.kind = Dependency::Kind::after_ok, .on = {.job = 1}}};
  submit(dependent);
  run();
  EXPECT_EQ(exit_class({.job = 1}), ExitClass::failed);
  EXPECT_EQ(exit_class({.job = 2}), ExitClass::dependency_not_satisfied);
  EXPECT_EQ(order(), "1.1\n");
}

TEST_F(SchedulerTest, TakesOverWhatEndedWhileNobodyLooked) {
  submit({});
  ASSERT_TRUE(store_.mark_running(1, 1, std::chrono::system_clock::now()));
  const TaskDirectory task = home_.task_directory(1, 1);
  ASSERT_TRUE(task.create({.name = {.job = 1}, .number = 1}));
  ASSERT_TRUE(task.write_exit({.exit_class = ExitClass::succeeded}));
  run();
  EXPECT_EQ(exit_class({.job = 1}), ExitClass::succeeded);
  EXPECT_EQ(order(), "") << "it is not run again";
}

TEST_F(SchedulerTest, DoesNotRunAgainWhatThePowerCutTookFromTheDatabase) {
  submit({});
  const TaskDirectory task = home_.task_directory(1, 1);
  ASSERT_TRUE(task.create({.name = {.job = 1}, .number = 1}));
  ASSERT_TRUE(task.write_exit({.exit_class = ExitClass::failed, .code = 9}));
  run();
  EXPECT_EQ(store_.task({.job = 1})->record->code, 9);
  EXPECT_EQ(order(), "");
}

TEST_F(SchedulerTest, CallsATaskLostWhoseSupervisorVanished) {
  submit({});
  ASSERT_TRUE(store_.mark_running(1, 1, std::chrono::system_clock::now()));
  const TaskDirectory task = home_.task_directory(1, 1);
  ASSERT_TRUE(task.create({.name = {.job = 1}, .number = 1}));
  ASSERT_TRUE(task.write_start({.supervisor = {.pid = 1, .start_ticks = 1, .boot_id = "earlier"}}));
  run();
  EXPECT_EQ(exit_class({.job = 1}), ExitClass::lost);
  EXPECT_EQ(task.exit().value()->exit_class, ExitClass::lost);
  EXPECT_EQ(order(), "");
}

TEST_F(SchedulerTest, RepeatsALostTaskOnlyWhereTheJobAllowsIt) {
  workload::Job job;
  job.requeue = true;
  submit(job);
  ASSERT_TRUE(store_.mark_running(1, 1, std::chrono::system_clock::now()));
  const TaskDirectory task = home_.task_directory(1, 1);
  ASSERT_TRUE(task.create({.name = {.job = 1}, .number = 1}));
  ASSERT_TRUE(task.write_start({.supervisor = {.pid = 1, .start_ticks = 1, .boot_id = "earlier"}}));
  run();
  EXPECT_EQ(exit_class({.job = 1}), ExitClass::succeeded);
  EXPECT_EQ(store_.task({.job = 1})->attempt, 2u);
  EXPECT_EQ(order(), "1.2\n");
}

TEST_F(SchedulerTest, StartsASupervisorAgainThatNeverBegan) {
  submit({});
  ASSERT_TRUE(store_.mark_running(1, 1, std::chrono::system_clock::now()));
  run();
  EXPECT_EQ(order(), "1.1\n");
}

TEST_F(SchedulerTest, GivesUpOnSupervisorsThatDoNotBegin) {
  submit({});
  std::filesystem::remove(path("record"));
  run();
  EXPECT_EQ(order(), "1.1\n1.1\n1.1\n");
  EXPECT_EQ(exit_class({.job = 1}), ExitClass::start_failed);
  submit({});
  options_.supervisor = {"/no/such/supervisor"};
  run();
  EXPECT_THAT(store_.task({.job = 2})->record->message, HasSubstr("/no/such/supervisor"));
}

TEST_F(SchedulerTest, CancelsWhatWaits) {
  submit(array("1-3"));
  ASSERT_TRUE(store_.request_cancel({.job = 1, .index = 2}));
  run();
  EXPECT_EQ(exit_class({.job = 1, .index = 1}), ExitClass::succeeded);
  EXPECT_EQ(exit_class({.job = 1, .index = 2}), ExitClass::cancelled);
}

TEST_F(SchedulerTest, GivesEachTaskTheScriptAsItWasSubmitted) {
  submit({});
  run();
  EXPECT_EQ(read_file(home_.script_file(1)).value(), "#!/bin/sh\n");
}

TEST_F(SchedulerTest, RunsATaskThatFitsNowhereAlone) {
  workload::Job large;
  large.resources.cpus_per_task = 64;
  submit(large);
  submit({});
  run();
  EXPECT_EQ(order(), "1.1\n2.1\n");
}

}  // namespace
}  // namespace aloft::executor
