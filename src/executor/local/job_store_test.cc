// SPDX-License-Identifier: Apache-2.0
#include "executor/local/job_store.h"

#include <gmock/gmock.h>

#include "base/temporary_directory.h"

namespace aloft::executor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using workload::Dependency;

class JobStoreTest : public testing::Test {
 protected:
  workload::JobId submit(const std::string& array = "") {
    return store_.submit({.job = job(array), .script = std::string("#!/bin/sh\n\0x", 12)}).value();
  }
  static workload::Job job(const std::string& array = "") {
    workload::Job made;
    made.name = "name";
    if (!array.empty()) made.array = workload::parse_array_spec(array).value();
    return made;
  }
  TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/jobs.db";
  JobStore store_ = std::move(JobStore::open(path_, sqlite::Sync::full)).value();
};

TEST_F(JobStoreTest, NumbersTasksConsecutively) {
  EXPECT_EQ(submit(), 1u);
  EXPECT_EQ(submit("3-5"), 2u);
  EXPECT_EQ(submit(), 5u);
  const StoredJob array = store_.job(2).value();
  ASSERT_EQ(array.tasks.size(), 3u);
  EXPECT_EQ(to_text(array.tasks[2].name), "2_5");
  EXPECT_EQ(array.tasks[2].number, 4u);
  EXPECT_EQ(store_.script(2).value().size(), 12u) << "bytes are kept, whatever they are";
}

TEST_F(JobStoreTest, KeepsNothingOfAJobThatIsRefused) {
  workload::Job dependent = job();
  dependent.dependencies.terms = {{.kind = Dependency::Kind::after_ok, .on = {.job = 9}}};
  const auto refused = store_.submit({.job = dependent});
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
  EXPECT_THAT(refused.error().message, HasSubstr("job 9"));
  EXPECT_EQ(store_.last_job().value(), 0u);
  EXPECT_EQ(submit(), 1u);
}

TEST_F(JobStoreTest, KnowsHowFarTasksAre) {
  submit("1-2");
  ASSERT_TRUE(store_.mark_running(1, 1, parse_time("2026-01-02T03:04:05.000Z").value()));
  ASSERT_TRUE(store_.mark_ended(2, {.exit_class = ExitClass::succeeded}));
  ASSERT_TRUE(store_.mark_ended(2, {.exit_class = ExitClass::failed})) << "the first end stays";
  const auto jobs = store_.list().value();
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(jobs[0].running, 1u);
  EXPECT_EQ(jobs[0].succeeded, 1u);
  EXPECT_EQ(store_.task({.job = 1, .index = 2})->record->exit_class, ExitClass::succeeded);
  EXPECT_EQ(store_.unfinished_task_count().value(), 1u);
  EXPECT_THAT(store_.unfinished_jobs().value(), ElementsAre(1));
}

TEST_F(JobStoreTest, RemembersWhatShallBeCancelled) {
  submit("1-3");
  submit();
  ASSERT_TRUE(store_.mark_ended(1, {.exit_class = ExitClass::succeeded}));
  EXPECT_EQ(store_.request_cancel({.job = 1}).value(), 2u);
  EXPECT_EQ(store_.request_cancel({.job = 1, .index = 1}).value(), 0u);
  EXPECT_EQ(store_.cancel_requests()->size(), 2u);
  EXPECT_EQ(store_.request_cancel({.job = 77}).error().code, ErrorCode::not_found);
  EXPECT_EQ(store_.request_cancel({.job = 1, .index = 9}).error().code, ErrorCode::not_found);
  EXPECT_EQ(store_.task({.job = 1}).error().code, ErrorCode::not_found) << "an array is no task";
}

TEST_F(JobStoreTest, SeesWhatOthersCommit) {
  JobStore other = std::move(JobStore::open(path_, sqlite::Sync::normal)).value();
  const auto before = other.data_version().value();
  submit();
  EXPECT_NE(other.data_version().value(), before);
  EXPECT_EQ(other.last_job().value(), 1u);
}

TEST_F(JobStoreTest, RefusesADatabaseOfTheFuture) {
  sqlite::Database database = sqlite::Database::open(path_, sqlite::Sync::full).value();
  ASSERT_TRUE(database.run("PRAGMA user_version=99"));
  EXPECT_EQ(JobStore::open(path_, sqlite::Sync::full).error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace aloft::executor
