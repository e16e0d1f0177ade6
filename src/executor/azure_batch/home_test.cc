// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/home.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <thread>

#include "base/fake_clock.h"
#include "base/seeded_random.h"
#include "base/temporary_directory.h"
#include "object/faulty_store.h"
#include "object/memory_account.h"
#include "object/retrying_store.h"

namespace aloft::executor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;
using workload::TaskName;

JobRecord job_of(workload::JobId id, std::vector<std::uint32_t> indices = {}) {
  JobRecord record{.id = id};
  record.job.name = "align";
  record.job.directory = "az://acc/box/run";
  if (!indices.empty()) record.job.array = workload::ArraySpec{.indices = std::move(indices)};
  record.submitted = parse_time("2026-11-21T03:04:05.678Z").value();
  record.pool = "small";
  record.batch_account = "acc";
  record.batch_endpoint = "https://acc.westeurope.batch.azure.com";
  record.batch_job = "aloft-12345678-small";
  record.bundle = "abc";
  record.accounts = {{.name = "acc", .endpoint = "https://acc.blob.core.windows.net"}};
  return record;
}

ExitRecord ended(ExitClass exit_class, std::string message = {}) {
  return {.exit_class = exit_class,
          .code = 3,
          .message = std::move(message),
          .ended = parse_time("2026-11-21T05:00:00.000Z").value()};
}

class BatchHomeTest : public testing::Test {
 protected:
  std::shared_ptr<ObjectStore> store_ = make_memory_store();
  BatchHome home_{store_};
};

TEST(JobRecord, SurvivesItsJson) {
  const JobRecord record = job_of(7, {2, 4});
  const auto read = job_record_from_json(to_json(record));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), to_json(record));
  EXPECT_EQ(read->job, record.job);
  EXPECT_EQ(read->accounts, record.accounts);
  EXPECT_EQ(job_record_from_json("{}").error().code, ErrorCode::corrupt);
  EXPECT_EQ(job_record_from_json(R"({"version": 2})").error().code, ErrorCode::unsupported);
}

TEST(JobRecord, NumbersItsTasksByPosition) {
  const JobRecord array = job_of(10, {3, 5, 9});
  EXPECT_EQ(array.number_of({.job = 10, .index = 5}), 11u);
  EXPECT_EQ(array.task_of(12), (TaskName{.job = 10, .index = 9}));
  EXPECT_EQ(array.number_of({.job = 10, .index = 4}).error().code, ErrorCode::not_found);
  EXPECT_EQ(array.number_of({.job = 10}).error().code, ErrorCode::not_found);
  EXPECT_FALSE(array.task_of(13));
  EXPECT_FALSE(array.task_of(9));
  EXPECT_EQ(job_of(4).number_of({.job = 4}), 4u);
  EXPECT_EQ(job_of(4).task_of(4), TaskName{.job = 4});
}

TEST_F(BatchHomeTest, GivesConsecutiveNumbers) {
  EXPECT_EQ(home_.take_numbers(3, {}), 1u);
  EXPECT_EQ(home_.take_numbers(1, {}), 4u);
  EXPECT_EQ(BatchHome(store_).take_numbers(1, {}), 5u);
}

TEST_F(BatchHomeTest, NeverGivesANumberTwice) {
  constexpr int kTakers = 4, kTurns = 25;
  std::vector<std::vector<std::uint64_t>> taken(kTakers);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : taken) {
      threads.emplace_back([&] {
        for (int i = 0; i < kTurns; ++i) mine.push_back(home_.take_numbers(2, {}).value());
      });
    }
  }
  std::set<std::uint64_t> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  EXPECT_THAT(all, SizeIs(kTakers * kTurns));
  EXPECT_EQ(home_.take_numbers(1, {}), 2u * kTakers * kTurns + 1);
}

TEST_F(BatchHomeTest, KeepsNumbersApartThoughAnswersAreLost) {
  FakeClock clock;
  SeededRandom random(5);
  auto faulty =
      std::make_shared<FaultyStore>(store_, FaultOptions{.fails_after = 0.3}, random, clock);
  BatchHome home(
      std::make_shared<RetryingStore>(faulty, RetryOptions{.attempts_max = 20}, clock, random));
  for (std::uint64_t i = 0; i < 30; ++i) EXPECT_EQ(home.take_numbers(1, {}), i + 1);
}

TEST_F(BatchHomeTest, FailsWhereTheContainerIsMissing) {
  BatchHome home(MemoryAccount("acc").container("absent"));
  const auto taken = home.take_numbers(1, {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::not_found);
}

TEST_F(BatchHomeTest, KeepsAJobWithItsScript) {
  ASSERT_TRUE(home_.create_job(job_of(7), "#!/bin/sh\n", {}));
  const auto job = home_.job(7, {});
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(to_json(*job), to_json(job_of(7)));
  EXPECT_EQ(home_.script(7, {}), "#!/bin/sh\n");
  EXPECT_EQ(home_.create_job(job_of(7), "other", {}).error().code, ErrorCode::already_exists);
  EXPECT_EQ(home_.script(7, {}), "#!/bin/sh\n");
  EXPECT_EQ(home_.job(8, {}).error().code, ErrorCode::not_found);
}

TEST_F(BatchHomeTest, KnowsWhichSubmissionsAreOpen) {
  ASSERT_TRUE(home_.create_job(job_of(7), "", {}));
  ASSERT_TRUE(home_.create_job(job_of(8), "", {}));
  EXPECT_THAT(home_.open_submissions({}).value(), ElementsAre(7, 8));
  ASSERT_TRUE(home_.end_submission(7, {}));
  ASSERT_TRUE(home_.end_submission(7, {}));  // As two do who completed it together.
  EXPECT_THAT(home_.open_submissions({}).value(), ElementsAre(8));
}

TEST_F(BatchHomeTest, ListsJobsThatExist) {
  EXPECT_THAT(home_.jobs({}).value(), IsEmpty());
  ASSERT_TRUE(home_.take_numbers(500, {}));
  for (workload::JobId id = 1; id <= 70; ++id) ASSERT_TRUE(home_.create_job(job_of(id), "", {}));
  JobRecord large = job_of(71);
  large.job.comment = std::string(100'000, 'x');
  ASSERT_TRUE(home_.create_job(large, "", {}));
  // Its submitter died before the job existed.
  const Metadata none;
  ASSERT_TRUE(
      store_->put({.key = ".aloft/jobs/000000000072/script", .content = {}, .metadata = none}, {}));
  const auto jobs = home_.jobs({});
  ASSERT_TRUE(jobs) << jobs.error().message;
  ASSERT_THAT(*jobs, SizeIs(71));
  EXPECT_EQ(jobs->front().id, 1u);
  EXPECT_EQ(jobs->back().job.comment.size(), 100'000u);
}

TEST_F(BatchHomeTest, CancelsAJobOrOneElement) {
  ASSERT_TRUE(home_.request_cancel({.job = 5, .index = 2}, {}));
  EXPECT_EQ(home_.cancel_requested({.job = 5, .index = 2}, {}), true);
  EXPECT_EQ(home_.cancel_requested({.job = 5, .index = 3}, {}), false);
  EXPECT_TRUE(home_.cancel_requests(5, {})->cover({.job = 5, .index = 2}));
  EXPECT_FALSE(home_.cancel_requests(5, {})->cover({.job = 5, .index = 3}));
  ASSERT_TRUE(home_.request_cancel({.job = 5}, {}));
  EXPECT_EQ(home_.cancel_requested({.job = 5, .index = 3}, {}), true);
  EXPECT_TRUE(home_.cancel_requests(5, {})->cover({.job = 5, .index = 3}));
  EXPECT_EQ(home_.cancel_requested({.job = 6}, {}), false);
  EXPECT_FALSE(home_.cancel_requests(6, {})->cover({.job = 6}));
}

TEST_F(BatchHomeTest, KeepsTheFirstExitOfATask) {
  EXPECT_EQ(home_.exit(5, 6, {}).value(), std::nullopt);
  ASSERT_TRUE(home_.write_exit(5, 6, ended(ExitClass::failed), {}));
  const auto again = home_.write_exit(5, 6, ended(ExitClass::cancelled), {});
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
  const auto kept = home_.exit(5, 6, {}).value();
  ASSERT_TRUE(kept);
  EXPECT_EQ(to_json(*kept), to_json(ended(ExitClass::failed)));
}

TEST_F(BatchHomeTest, KeepsTheLatestStartOfATask) {
  EXPECT_EQ(home_.start(5, 6, {}).value(), std::nullopt);
  ASSERT_TRUE(home_.write_start(5, 6, {.attempt = 1, .node = "tvm-1"}, {}));
  ASSERT_TRUE(home_.write_start(5, 6, {.attempt = 2, .node = "tvm-2"}, {}));
  const auto start = home_.start(5, 6, {}).value();
  ASSERT_TRUE(start);
  EXPECT_EQ(start->attempt, 2u);
  EXPECT_EQ(start->node, "tvm-2");
}

TEST_F(BatchHomeTest, ShowsAllTasksByListings) {
  ASSERT_TRUE(home_.write_start(5, 5, {.attempt = 1}, {}));
  ASSERT_TRUE(home_.write_start(5, 6, {.attempt = 3}, {}));
  ASSERT_TRUE(home_.write_exit(5, 5, ended(ExitClass::succeeded), {}));
  const std::string talkative = "ä\x01" + std::string(5000, 'x');
  ASSERT_TRUE(home_.write_exit(5, 7, ended(ExitClass::start_failed, talkative), {}));
  ASSERT_TRUE(home_.write_exit(51, 51, ended(ExitClass::failed), {}));
  const auto records = home_.task_records(5, {});
  ASSERT_TRUE(records) << records.error().message;
  EXPECT_THAT(records->starts, ElementsAre(Key(5), Key(6)));
  EXPECT_EQ(records->starts.at(6).attempt, 3u);
  EXPECT_THAT(records->exits, ElementsAre(Key(5), Key(7)));
  EXPECT_EQ(records->exits.at(7).exit_class, ExitClass::start_failed);
  EXPECT_EQ(records->exits.at(7).message, talkative.substr(0, 1000) + "…");
  EXPECT_EQ(home_.exit(5, 7, {}).value()->message, talkative);
}

TEST_F(BatchHomeTest, SaysWhichRecordMakesNoSense) {
  const Metadata none;
  ASSERT_TRUE(store_->put(
      {.key = ".aloft/jobs/000000000005/exit/000000000006", .content = {}, .metadata = none}, {}));
  EXPECT_THAT(home_.exits(5, {}).error().message, HasSubstr("000000000005/exit/000000000006"));
  EXPECT_EQ(home_.exit(5, 6, {}).error().code, ErrorCode::corrupt);
}

TEST_F(BatchHomeTest, DropsWhatADeadSubmitterLeftLongAgo) {
  const Metadata none;
  const std::vector<std::string> left{".aloft/jobs/submitting/000000000005",
                                      ".aloft/jobs/000000000005/script"};
  for (const auto& key : left) {
    ASSERT_TRUE(store_->put({.key = key, .content = {}, .metadata = none}, {}));
  }
  ASSERT_TRUE(home_.drop_submission(5, std::chrono::hours(1), {}));
  for (const auto& key : left) EXPECT_TRUE(store_->head(key, {})) << "it may be alive";
  ASSERT_TRUE(home_.drop_submission(5, std::chrono::hours(0), {}));
  for (const auto& key : left) EXPECT_FALSE(store_->head(key, {})) << key;
  EXPECT_TRUE(home_.drop_submission(5, std::chrono::hours(0), {})) << "somebody else was faster";
}

TEST_F(BatchHomeTest, UploadsABundleOnce) {
  TemporaryDirectory temporary;
  const Bundle bundle{.digest = "abc", .path = temporary.path() + "/bundle"};
  EXPECT_EQ(home_.keep_bundle(bundle, {}).error().code, ErrorCode::not_found);
  std::ofstream(bundle.path) << "bytes";
  ASSERT_TRUE(home_.keep_bundle(bundle, {}));
  const auto first = store_->head(BatchHome::bundle_key("abc"), {});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size_bytes, 5u);
  ASSERT_TRUE(home_.keep_bundle(bundle, {}));
  EXPECT_EQ(store_->head(BatchHome::bundle_key("abc"), {})->etag, first->etag);
}

}  // namespace
}  // namespace aloft::executor
