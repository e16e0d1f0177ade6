// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/dependency_check.h"

#include <gmock/gmock.h>

#include "object/memory_account.h"

namespace aloft::executor {
namespace {

using testing::HasSubstr;
using workload::Dependency;
using workload::TaskName;
using Kind = Dependency::Kind;

class DependencyCheckTest : public testing::Test {
 protected:
  /// A job, or an array of these indices, with the ends of its tasks by position; `none` has no
  /// record.
  void make_job(workload::JobId id, std::vector<std::uint32_t> indices,
                std::vector<std::optional<ExitClass>> ends) {
    JobRecord record{.id = id};
    if (!indices.empty()) record.job.array = workload::ArraySpec{.indices = std::move(indices)};
    ASSERT_TRUE(home_.create_job(record, "", {}));
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (!ends[i]) continue;
      ASSERT_TRUE(home_.write_exit(id, id + i, {.exit_class = *ends[i]}, {}));
    }
  }
  /// Why element `index` (0: it is no array) of job 100 may not run; empty if it may.
  std::string unmet(std::vector<Dependency> terms, std::uint32_t index = 0,
                    workload::Dependencies::Need need = workload::Dependencies::Need::all) {
    JobRecord record{.id = 100};
    record.job.dependencies = {.need = need, .terms = std::move(terms)};
    TaskName task{.job = 100};
    if (index > 0) {
      record.job.array = workload::ArraySpec{.indices = {1, 2, 3}};
      task.index = index;
    }
    const auto reason = unmet_dependency(home_, record, task, {});
    EXPECT_TRUE(reason) << reason.error().message;
    return reason ? reason->value_or("") : "error";
  }
  static Dependency term(Kind kind, TaskName on) { return {.kind = kind, .on = on}; }

  BatchHome home_{make_memory_store()};
};

constexpr auto kGood = ExitClass::succeeded;
constexpr auto kBad = ExitClass::failed;

TEST_F(DependencyCheckTest, LetsATaskRunThatWaitsForNothing) {
  EXPECT_EQ(unmet({}), "");
}

TEST_F(DependencyCheckTest, DecidesByAllTasksOfAJob) {
  make_job(1, {1, 2}, {kGood, kGood});
  make_job(3, {1, 2}, {kGood, kBad});
  EXPECT_EQ(unmet({term(Kind::after_ok, {.job = 1})}), "");
  EXPECT_THAT(unmet({term(Kind::after_ok, {.job = 3})}), HasSubstr("success of 3"));
  EXPECT_EQ(unmet({term(Kind::after_not_ok, {.job = 3})}), "");
  EXPECT_THAT(unmet({term(Kind::after_not_ok, {.job = 1})}), HasSubstr("failure of 1"));
  EXPECT_EQ(unmet({term(Kind::after_any, {.job = 3})}), "");
}

TEST_F(DependencyCheckTest, TakesWhatEndedWithoutRecordAsLost) {
  make_job(1, {}, {std::nullopt});
  make_job(2, {1, 2}, {kGood, std::nullopt});
  EXPECT_THAT(unmet({term(Kind::after_ok, {.job = 1})}), HasSubstr("success of 1"));
  EXPECT_EQ(unmet({term(Kind::after_any, {.job = 1})}), "");
  EXPECT_EQ(unmet({term(Kind::after_not_ok, {.job = 2})}), "");
}

TEST_F(DependencyCheckTest, LooksAtOneElementWhereOneIsNamed) {
  make_job(1, {3, 7}, {kBad, kGood});
  EXPECT_EQ(unmet({term(Kind::after_ok, {.job = 1, .index = 7})}), "");
  EXPECT_NE(unmet({term(Kind::after_ok, {.job = 1, .index = 3})}), "");
}

TEST_F(DependencyCheckTest, LooksAtTheElementOfTheSameIndex) {
  make_job(1, {1, 2, 3}, {kGood, kBad, std::nullopt});
  EXPECT_EQ(unmet({term(Kind::after_corresponding, {.job = 1})}, 1), "");
  EXPECT_NE(unmet({term(Kind::after_corresponding, {.job = 1})}, 2), "");
  // Without elements of our own the whole job counts.
  EXPECT_NE(unmet({term(Kind::after_corresponding, {.job = 1})}), "");
}

TEST_F(DependencyCheckTest, MixesTermsOfOneAndOfSeveralJobs) {
  make_job(1, {1, 2}, {kGood, kBad});
  make_job(3, {}, {kGood});
  const auto first = term(Kind::after_ok, {.job = 1, .index = 1});
  const auto second = term(Kind::after_not_ok, {.job = 1, .index = 2});
  const auto other = term(Kind::after_not_ok, {.job = 3});
  EXPECT_EQ(unmet({first, second}), "");
  EXPECT_THAT(unmet({first, second, other}), HasSubstr("failure of 3"));
  EXPECT_EQ(unmet({first, other}, 0, workload::Dependencies::Need::any), "");
  EXPECT_NE(unmet({other}, 0, workload::Dependencies::Need::any), "");
}

TEST_F(DependencyCheckTest, LeavesToBatchWhatOnlyBatchJudges) {
  make_job(1, {}, {kBad});
  EXPECT_EQ(unmet({{.kind = Kind::singleton}, term(Kind::after, {.job = 2})}), "");
  const auto unmet_one = term(Kind::after_ok, {.job = 1});
  EXPECT_NE(unmet({{.kind = Kind::singleton}, unmet_one}), "");
  EXPECT_EQ(unmet({{.kind = Kind::singleton}, unmet_one}, 0, workload::Dependencies::Need::any),
            "");
}

TEST_F(DependencyCheckTest, FailsForAJobThatIsNotThere) {
  JobRecord record{.id = 100};
  record.job.dependencies.terms = {term(Kind::after_ok, {.job = 9})};
  const auto reason = unmet_dependency(home_, record, {.job = 100}, {});
  ASSERT_FALSE(reason);
  EXPECT_THAT(reason.error().message, HasSubstr("no job 9"));
}

}  // namespace
}  // namespace aloft::executor
