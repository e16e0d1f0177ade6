// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/service/add_tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "base/seeded_random.h"
#include "executor/azure_batch/service/testing/fake_batch.h"

namespace aloft::batch {
namespace {

using testing::Asked;
using testing::FakeBatch;
using ::testing::HasSubstr;
using testing::Trouble;

class AddTasksTest : public ::testing::Test {
 protected:
  AddTasksTest() { CHECK(client_.have_job({.id = "j", .pool = "p"}, limits_).has_value()); }

  TaskSource tasks(std::size_t count, std::string_view name = "job") const {
    return {.count = count, .make = [=](std::size_t position) {
              return NewTask{.id = std::to_string(position + 1),
                             .display_name = fmt::format("{}_{}", name, position),
                             .command_line = std::string(100, 'x')};
            }};
  }
  Result<void> add(const TaskSource& source) {
    return add_all_tasks(client_, "j", source, limits_, {.clock = &clock_});
  }
  std::size_t added() { return service_.state().lock()->jobs.at("j").tasks.size(); }
  std::size_t requests() { return service_.count_asked("POST", "/jobs/{}/addtaskcollection"); }

  const Limits limits_ = Limits::within(std::chrono::hours(24));
  FakeClock clock_;
  SeededRandom random_{1};
  FakeBatch service_;
  /// Trouble by the dice strikes one request many times now and then.
  BatchClient client_{service_.account(),
                      std::make_shared<http::Client>(),
                      {.retry = {.attempts_max = 40}, .clock = &clock_, .random = &random_}};
};

TEST_F(AddTasksTest, AddsHundredsInARequest) {
  ASSERT_TRUE(add(tasks(1234)));
  EXPECT_EQ(added(), 1234u);
  EXPECT_EQ(requests(), 13u);
}

TEST_F(AddTasksTest, AddsNothingOfNothing) {
  ASSERT_TRUE(add(tasks(0)));
  EXPECT_EQ(requests(), 0u);
}

TEST_F(AddTasksTest, HalvesWhatIsTooLarge) {
  service_.settings().lock()->body_bytes_max = 20'000;
  ASSERT_TRUE(add(tasks(500)));
  EXPECT_EQ(added(), 500u);
}

TEST_F(AddTasksTest, SaysThatOneTaskAloneIsTooLarge) {
  service_.settings().lock()->body_bytes_max = 300;
  const auto result = add(tasks(150));
  EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(result.error().message, HasSubstr("one task alone is too large"));
}

TEST_F(AddTasksTest, RepeatsWhatTheServiceFailedWith) {
  Guarded<std::map<std::string, int>> tries;
  service_.settings().lock()->refuse_task = [&](const nlohmann::json& task) {
    auto counts = tries.lock();
    return task["id"].get<std::string>().ends_with("7") && ++(*counts)[task["id"]] < 3
               ? "servererror"
               : "";
  };
  ASSERT_TRUE(add(tasks(250)));
  EXPECT_EQ(added(), 250u);
  EXPECT_GT(clock_.slept(), std::chrono::milliseconds(0));
}

TEST_F(AddTasksTest, GivesUpOnATaskThatKeepsFailing) {
  service_.settings().lock()->refuse_task = [](const nlohmann::json& task) {
    return task["id"] == "42" ? "servererror" : "";
  };
  EXPECT_THAT(add(tasks(100)).error().message, HasSubstr("at task 42"));
}

TEST_F(AddTasksTest, SaysWhichTaskIsRefused) {
  service_.settings().lock()->refuse_task = [](const nlohmann::json& task) {
    return task["id"] == "42" ? "clienterror" : "";
  };
  EXPECT_THAT(add(tasks(100)).error().message, HasSubstr("at task 42"));
}

TEST_F(AddTasksTest, FinishesWhatWasBegun) {
  ASSERT_TRUE(add(tasks(150)));
  ASSERT_TRUE(add(tasks(350)));
  EXPECT_EQ(added(), 350u);
}

TEST_F(AddTasksTest, DoesNotTakeAnothersTasksForItsOwn) {
  ASSERT_TRUE(add(tasks(10, "old")));
  const auto result = add(tasks(20, "new"));
  EXPECT_EQ(result.error().code, ErrorCode::already_exists);
  EXPECT_THAT(result.error().message, HasSubstr("made anew"));
}

TEST_F(AddTasksTest, LosesAndDoublesNothingUnderTrouble) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    Guarded<std::mt19937> engine(seed);
    service_.settings().lock()->trouble = [&](const Asked&, std::size_t) {
      const auto throw_of_dice = (*engine.lock())() % 12;
      return throw_of_dice < 4 ? static_cast<Trouble>(throw_of_dice + 1) : Trouble::none;
    };
    const std::size_t count = 700 * seed;
    const auto result = add(tasks(count));
    EXPECT_TRUE(result) << "seed " << seed << ": " << result.error().message;
    EXPECT_EQ(added(), count) << "seed " << seed;
  }
}

TEST_F(AddTasksTest, EndsWhenAskedTo) {
  std::stop_source stop;
  // A copy: the service may still be answering when the call has ended.
  service_.settings().lock()->trouble = [stop](const Asked&, std::size_t number) mutable {
    if (number > 3) stop.request_stop();
    return Trouble::none;
  };
  const auto result = add_all_tasks(client_, "j", tasks(5000),
                                    Limits::within(std::chrono::hours(1), stop.get_token()));
  EXPECT_EQ(result.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace aloft::batch
