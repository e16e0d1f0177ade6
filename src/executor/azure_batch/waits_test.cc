// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/waits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "object/memory_account.h"

namespace aloft::executor {
namespace {

using batch::IdRange;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using workload::Dependency;
using Kind = workload::Dependency::Kind;

class WaitsTest : public testing::Test {
 protected:
  /// Job 1 is an array of 10 to 14, job 6 is single, job 7 runs on another pool.
  WaitsTest() {
    add(1, "10-14", "here");
    add(6, "", "here");
    add(7, "", "elsewhere");
  }
  void add(workload::JobId id, const std::string& array, const std::string& batch_job) {
    JobRecord record{.id = id, .job = job(array), .pool = "p", .batch_job = batch_job};
    CHECK(home_.create_job(record, "script", {}).has_value());
  }
  static workload::Job job(const std::string& array = "") {
    workload::Job job{.name = "name"};
    if (!array.empty()) job.array = workload::parse_array_spec(array).value();
    return job;
  }
  Result<Waits> plan(std::vector<Dependency> terms, const std::string& array = "") {
    workload::Job waiting = job(array);
    waiting.dependencies.terms = std::move(terms);
    return plan_waits(home_, 100, waiting, "here", {});
  }
  void end(workload::JobId job, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t number = first; number <= last; ++number) {
      ASSERT_TRUE(home_.write_exit(job, number, {.exit_class = ExitClass::failed}, {}));
    }
  }

  BatchHome home_{make_memory_store()};
};

TEST_F(WaitsTest, NameWholeJobsByTheirNumbers) {
  const auto waits = plan(
      {{.kind = Kind::after_ok, .on = {.job = 1}}, {.kind = Kind::after_any, .on = {.job = 6}}});
  ASSERT_TRUE(waits) << waits.error().message;
  EXPECT_THAT(waits->all, ElementsAre(IdRange{1, 6})) << "which touch";
}

TEST_F(WaitsTest, NameOneElement) {
  EXPECT_THAT(plan({{.kind = Kind::after_not_ok, .on = {.job = 1, .index = 12}}})->all,
              ElementsAre(IdRange{3, 3}));
}

TEST_F(WaitsTest, PairElements) {
  const auto waits = plan({{.kind = Kind::after_corresponding, .on = {.job = 1}}}, "11-12");
  EXPECT_THAT(waits->all, IsEmpty());
  ASSERT_THAT(waits->corresponding, SizeIs(1));
  EXPECT_EQ(waits->corresponding[0].first, 1u);
  EXPECT_THAT(plan({{.kind = Kind::after_corresponding, .on = {.job = 1}}})->all,
              ElementsAre(IdRange{1, 5}))
      << "without an array there is nothing to pair";
}

TEST_F(WaitsTest, LeaveOutWhatHasEnded) {
  end(1, 1, 4);
  EXPECT_THAT(plan({{.on = {.job = 1}}})->all, ElementsAre(IdRange{1, 5}));
  end(1, 5, 5);
  EXPECT_THAT(plan({{.on = {.job = 1}}})->all, IsEmpty());
}

TEST_F(WaitsTest, StayOnOnePool) {
  const auto waits = plan({{.on = {.job = 7}}});
  EXPECT_EQ(waits.error().code, ErrorCode::unsupported);
  EXPECT_THAT(waits.error().message, HasSubstr("job 7, which runs on pool p"));
  end(7, 7, 7);
  EXPECT_THAT(plan({{.on = {.job = 7}}})->all, IsEmpty());
}

TEST_F(WaitsTest, RefuseWhatDoesNotExist) {
  EXPECT_EQ(plan({{.on = {.job = 50}}}).error().code, ErrorCode::not_found);
  EXPECT_EQ(plan({{.on = {.job = 1, .index = 99}}}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(plan({{.kind = Kind::after_corresponding, .on = {.job = 1}}}, "99").error().code,
            ErrorCode::invalid_argument);
}

TEST_F(WaitsTest, HoldBackForEarlierNamesakes) {
  end(7, 7, 7);
  add(8, "", "here");
  add(200, "", "here");
  EXPECT_THAT(plan({{.kind = Kind::singleton}})->all, ElementsAre(IdRange{1, 6}, IdRange{8, 8}));
}

}  // namespace
}  // namespace aloft::executor
