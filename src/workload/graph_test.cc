// SPDX-License-Identifier: Apache-2.0
#include "workload/graph.h"

#include <gmock/gmock.h>

namespace aloft::workload {
namespace {

using namespace std::chrono_literals;
using Kind = Dependency::Kind;
using Need = Dependencies::Need;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GraphTest : public testing::Test {
 protected:
  Result<void> add(JobId id, const std::string& array = "", std::vector<Dependency> terms = {},
                   Need need = Need::all, const std::string& name = "job") {
    Job job;
    job.name = name;
    if (!array.empty()) job.array = parse_array_spec(array).value();
    job.dependencies = {.need = need, .terms = std::move(terms)};
    return graph_.add(id, job);
  }
  static Dependency on(Kind kind, const std::string& text) {
    return {.kind = kind, .on = parse_task_name(text).value()};
  }
  static TaskName task(const std::string& text) { return parse_task_name(text).value(); }
  std::vector<std::string> runnable(std::size_t count_max = 100) {
    std::vector<std::string> names;
    for (const TaskName& name : graph_.runnable(now_, count_max)) names.push_back(to_text(name));
    return names;
  }
  std::vector<std::string> settle() {
    std::vector<std::string> names;
    for (const auto& entry : graph_.settle(now_)) names.push_back(to_text(entry.task));
    return names;
  }
  void run(const std::string& text, ExitClass exit_class) {
    graph_.start(task(text), now_);
    graph_.end(task(text), exit_class);
  }
  Graph graph_;
  Graph::Time now_{1000h};
};

TEST_F(GraphTest, OffersTasksInOrderOfJobAndIndex) {
  ASSERT_TRUE(add(1, "2-3") && add(3));
  EXPECT_THAT(runnable(), ElementsAre("1_2", "1_3", "3"));
  EXPECT_THAT(runnable(2), ElementsAre("1_2", "1_3"));
}

TEST_F(GraphTest, RunsNoMoreElementsThanAnArrayAllows) {
  ASSERT_TRUE(add(1, "1-4%2"));
  EXPECT_THAT(runnable(), ElementsAre("1_1", "1_2"));
  graph_.start(task("1_1"), now_);
  graph_.start(task("1_2"), now_);
  EXPECT_THAT(runnable(), IsEmpty());
  EXPECT_THAT(graph_.why(task("1_3"), now_), HasSubstr("at most 2"));
  graph_.end(task("1_1"), ExitClass::failed);
  EXPECT_THAT(runnable(), ElementsAre("1_3"));
}

TEST_F(GraphTest, ReleasesAfterOkOnlyWhenTheWholeArraySucceeded) {
  ASSERT_TRUE(add(1, "1-2") && add(3, "", {on(Kind::after_ok, "1")}));
  run("1_1", ExitClass::succeeded);
  EXPECT_THAT(runnable(), ElementsAre("1_2"));
  EXPECT_EQ(graph_.why(task("3"), now_), "waits for success of 1");
  run("1_2", ExitClass::succeeded);
  EXPECT_THAT(runnable(), ElementsAre("3"));
  EXPECT_EQ(graph_.why(task("3"), now_), "");
}

TEST_F(GraphTest, EndsWhatCanNeverRunInsteadOfWaitingForEver) {
  ASSERT_TRUE(add(1, "1-2") && add(3, "", {on(Kind::after_ok, "1")}) &&
              add(4, "", {on(Kind::after_ok, "3")}) && add(5, "", {on(Kind::after_any, "4")}) &&
              add(6, "", {on(Kind::after_not_ok, "3")}));
  run("1_1", ExitClass::timed_out);
  const auto ended = graph_.settle(now_);
  ASSERT_EQ(ended.size(), 2u);
  EXPECT_EQ(to_text(ended[0].task), "3");
  EXPECT_THAT(ended[0].reason, HasSubstr("success of 1"));
  EXPECT_EQ(to_text(ended[1].task), "4");
  EXPECT_THAT(runnable(), ElementsAre("1_2", "5", "6"));
}

TEST_F(GraphTest, EndsAfterNotOkWhenAllWentWell) {
  ASSERT_TRUE(add(1) && add(2, "", {on(Kind::after_not_ok, "1")}));
  run("1", ExitClass::succeeded);
  EXPECT_THAT(settle(), ElementsAre("2"));
}

TEST_F(GraphTest, TakesACancelledJobAsOneThatDidNotSucceed) {
  ASSERT_TRUE(add(1) && add(2, "", {on(Kind::after_not_ok, "1")}) &&
              add(3, "", {on(Kind::after_ok, "1")}));
  graph_.end(task("1"), ExitClass::cancelled);
  EXPECT_THAT(settle(), ElementsAre("3"));
  EXPECT_THAT(runnable(), ElementsAre("2"));
}

TEST_F(GraphTest, WaitsForOneElementWhereOneIsNamed) {
  ASSERT_TRUE(add(1, "1-2") && add(3, "", {on(Kind::after_ok, "1_2")}));
  run("1_1", ExitClass::failed);
  EXPECT_THAT(settle(), IsEmpty());
  run("1_2", ExitClass::succeeded);
  EXPECT_THAT(runnable(), ElementsAre("3"));
}

TEST_F(GraphTest, PairsElementsOfCorrespondingArrays) {
  ASSERT_TRUE(add(1, "1-3") && add(4, "1-3", {on(Kind::after_corresponding, "1")}));
  run("1_2", ExitClass::succeeded);
  run("1_3", ExitClass::failed);
  EXPECT_THAT(runnable(), ElementsAre("1_1", "4_2"));
  EXPECT_THAT(settle(), ElementsAre("4_3"));
}

TEST_F(GraphTest, NeedsOneConditionWhereAnyIsEnough) {
  ASSERT_TRUE(add(1) && add(2) &&
              add(3, "", {on(Kind::after_ok, "1"), on(Kind::after_ok, "2")}, Need::any));
  run("1", ExitClass::failed);
  EXPECT_THAT(settle(), IsEmpty());
  run("2", ExitClass::succeeded);
  EXPECT_THAT(runnable(), ElementsAre("3"));
}

TEST_F(GraphTest, CountsDelaysFromTheStart) {
  Dependency delayed = on(Kind::after, "1");
  delayed.delay = 2min;
  ASSERT_TRUE(add(1) && add(2, "", {delayed}) && add(3, "", {on(Kind::after, "1")}));
  EXPECT_EQ(graph_.next_change(now_), std::nullopt);
  graph_.start(task("1"), now_);
  EXPECT_THAT(runnable(), ElementsAre("3"));
  EXPECT_EQ(graph_.next_change(now_), now_ + 2min);
  now_ += 2min;
  EXPECT_THAT(runnable(), ElementsAre("2", "3"));
  EXPECT_EQ(graph_.next_change(now_), std::nullopt);
}

TEST_F(GraphTest, RunsOneSingletonOfANameAtATime) {
  const Dependency alone{.kind = Kind::singleton};
  ASSERT_TRUE(add(1, "", {alone}, Need::all, "a") && add(2, "", {alone}, Need::all, "a") &&
              add(3, "", {alone}, Need::all, "b"));
  EXPECT_THAT(runnable(), ElementsAre("1", "3"));
  run("1", ExitClass::failed);
  EXPECT_THAT(runnable(), ElementsAre("2", "3"));
}

TEST_F(GraphTest, OffersALostTaskAgainWhenToldSo) {
  ASSERT_TRUE(add(1) && add(2, "", {on(Kind::after_any, "1")}));
  graph_.start(task("1"), now_);
  EXPECT_THAT(runnable(), IsEmpty());
  graph_.retry(task("1"));
  EXPECT_THAT(runnable(), ElementsAre("1"));
  EXPECT_EQ(graph_.unfinished_count(), 2u);
}

TEST_F(GraphTest, RefusesDependenciesOnWhatDoesNotExist) {
  ASSERT_TRUE(add(1, "1-2"));
  EXPECT_EQ(add(3, "", {on(Kind::after_ok, "9")}).error().code, ErrorCode::not_found);
  EXPECT_EQ(add(3, "", {on(Kind::after_ok, "1_9")}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(add(3, "1-3", {on(Kind::after_corresponding, "1")}).error().code,
            ErrorCode::invalid_argument);
  EXPECT_FALSE(graph_.contains(3));
}

}  // namespace
}  // namespace aloft::workload
