// SPDX-License-Identifier: Apache-2.0
#include "executor/task_directory.h"

#include <gtest/gtest.h>

#include "base/temporary_directory.h"

namespace aloft::executor {
namespace {

class TaskDirectoryTest : public testing::Test {
 protected:
  TemporaryDirectory temporary_;
  TaskDirectory directory_{temporary_.path() + "/7.1"};
  TaskSpec spec_{.job_id = 5,
                 .name = {.job = 5, .index = 3},
                 .number = 7,
                 .attempt = 2,
                 .script = "/s",
                 .wake = "/w",
                 .job = {.name = "n"}};
};

TEST_F(TaskDirectoryTest, GivesBackWhatATaskIs) {
  ASSERT_TRUE(directory_.create(spec_));
  ASSERT_TRUE(directory_.create(spec_)) << "once more after a crash";
  const TaskSpec read = directory_.spec().value();
  EXPECT_EQ(read.name, spec_.name);
  EXPECT_EQ(read.number, 7u);
  EXPECT_EQ(read.attempt, 2u);
  EXPECT_EQ(read.job, spec_.job);
}

TEST_F(TaskDirectoryTest, KeepsTheFirstRecordOnly) {
  ASSERT_TRUE(directory_.create(spec_));
  EXPECT_EQ(directory_.exit().value(), std::nullopt);
  ASSERT_TRUE(directory_.write_exit({.exit_class = ExitClass::succeeded}));
  EXPECT_EQ(directory_.write_exit({.exit_class = ExitClass::failed}).error().code,
            ErrorCode::already_exists);
  EXPECT_EQ(directory_.exit().value()->exit_class, ExitClass::succeeded);
  const StartRecord start{.supervisor = {.pid = 4, .start_ticks = 5, .boot_id = "b"}};
  ASSERT_TRUE(directory_.write_start(start));
  EXPECT_FALSE(directory_.write_start(start));
  EXPECT_EQ(directory_.start().value()->supervisor, start.supervisor);
}

TEST_F(TaskDirectoryTest, HasOneHolderOfItsLock) {
  ASSERT_TRUE(directory_.create(spec_));
  {
    const auto held = std::move(directory_.try_lock()).value();
    EXPECT_TRUE(held);
    EXPECT_FALSE(directory_.try_lock().value());
  }
  EXPECT_TRUE(directory_.try_lock().value());
}

}  // namespace
}  // namespace aloft::executor
