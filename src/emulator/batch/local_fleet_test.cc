// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/local_fleet.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <filesystem>
#include <map>

#include "base/guarded.h"
#include "base/temporary_directory.h"

namespace aloft::emulator::batch {
namespace {

/// Remembers what the fleet tells.
class Told final : public FleetEvents {
 public:
  struct Events {
    std::vector<std::pair<std::string, std::optional<int>>> opened;
    std::map<std::uint64_t, AttemptEnd> ended;
  };
  void on_opened(const std::string& node, const Result<void>& opened,
                 const std::optional<AttemptEnd>& start_task) override {
    EXPECT_TRUE(opened.has_value());
    events_.lock()->opened.emplace_back(node, start_task ? start_task->exit_code : std::nullopt);
    changed_.notify_all();
  }
  void on_ended(std::uint64_t run, AttemptEnd end) override {
    events_.lock()->ended.emplace(run, std::move(end));
    changed_.notify_all();
  }
  void wait_for_opened(std::size_t count) {
    auto events = events_.lock();
    changed_.wait(events.mutex_lock(), [&] { return events->opened.size() >= count; });
  }
  AttemptEnd wait_for_end(std::uint64_t run) {
    auto events = events_.lock();
    changed_.wait(events.mutex_lock(), [&] { return events->ended.contains(run); });
    return events->ended[run];
  }
  Guarded<Events>& events() { return events_; }

 private:
  Guarded<Events> events_;
  std::condition_variable changed_;
};

/// While it lives no thread can be started: each would get a stack larger than the address space.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    EXPECT_EQ(::pthread_getattr_default_np(&before_), 0);
    pthread_attr_t huge = {};
    EXPECT_EQ(::pthread_attr_init(&huge), 0);
    EXPECT_EQ(::pthread_attr_setstacksize(&huge, std::size_t{1} << 60), 0);
    EXPECT_EQ(::pthread_setattr_default_np(&huge), 0);
    ::pthread_attr_destroy(&huge);
  }
  ~NoMoreThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  pthread_attr_t before_ = {};
};

class LocalFleetTest : public ::testing::Test {
 protected:
  LocalFleetTest() { fleet_.tell(told_); }

  static Attempt attempt(const std::string& task, const std::string& command) {
    return {.job = "j", .task = task, .command_line = "/bin/sh -c '" + command + "'"};
  }
  std::string directory(const std::string& node) const { return directory_.path() + "/" + node; }

  TemporaryDirectory directory_;
  NoLedger ledger_;
  Told told_;
  LocalFleet fleet_{{.directory = directory_.path()}, ledger_};
};

TEST_F(LocalFleetTest, RunsTheStartTaskBeforeANodeIsOpen) {
  ASSERT_TRUE(
      fleet_.open({.pool = "p", .node = "n"}, Attempt{.command_line = "/bin/sh -c 'exit 7'"})
          .has_value());
  told_.wait_for_opened(1);
  EXPECT_EQ(told_.events().lock()->opened[0].second, 7);
}

TEST_F(LocalFleetTest, RunsAttemptsOfANodeSideBySide) {
  ASSERT_TRUE(fleet_.open({.pool = "p", .node = "n"}, {}).has_value());
  // Each waits for the other's mark.
  const std::string meet = "touch ../../here-$0; while [ ! -e ../../here-$1 ]; do sleep 0.01; done";
  fleet_.start("n", 1, {.job = "j", .task = "a", .command_line = "/bin/sh -c '" + meet + "' a b"},
               0);
  fleet_.start("n", 2, {.job = "j", .task = "b", .command_line = "/bin/sh -c '" + meet + "' b a"},
               0);
  EXPECT_EQ(told_.wait_for_end(1).exit_code, 0);
  EXPECT_EQ(told_.wait_for_end(2).exit_code, 0);
  EXPECT_TRUE(fleet_.find("n")->task_files("j", "a").find("stdout.txt").has_value());
}

TEST_F(LocalFleetTest, StopsAttempts) {
  ASSERT_TRUE(fleet_.open({.pool = "p", .node = "n"}, {}).has_value());
  fleet_.start("n", 1, attempt("t", "sleep 600"), 0);
  fleet_.stop(1);
  EXPECT_EQ(told_.wait_for_end(1).failure->code, "TaskEnded");
}

TEST_F(LocalFleetTest, TellsNothingOfAClosedNodeAndOpensItAnew) {
  ASSERT_TRUE(fleet_.open({.pool = "p", .node = "n"}, {}).has_value());
  told_.wait_for_opened(1);
  fleet_.start("n", 1, attempt("t", "sleep 600"), 0);
  fleet_.close("n", true);
  EXPECT_EQ(fleet_.find("n"), nullptr);
  ASSERT_TRUE(fleet_.open({.pool = "p", .node = "n"}, {}).has_value());
  told_.wait_for_opened(2);
  EXPECT_TRUE(told_.events().lock()->ended.empty());
  EXPECT_FALSE(fleet_.find("n")->task_files("j", "t").find("stdout.txt").has_value());
  fleet_.close("n", true);
  fleet_.shut_down();
  EXPECT_FALSE(std::filesystem::exists(directory("n")));
}

TEST_F(LocalFleetTest, FailsToOpenANodeWithoutAThread) {
  {
    const NoMoreThreads none;
    const auto opened = fleet_.open({.pool = "p", .node = "n"}, {});
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().message.find("'n'"), std::string::npos) << opened.error().message;
  }
  EXPECT_EQ(fleet_.find("n"), nullptr);
  EXPECT_TRUE(fleet_.open({.pool = "p", .node = "n"}, {}).has_value());
  told_.wait_for_opened(1);
}

TEST_F(LocalFleetTest, EndsAnAttemptWithoutAThreadAsAFailureOfTheServer) {
  ASSERT_TRUE(fleet_.open({.pool = "p", .node = "n"}, {}).has_value());
  told_.wait_for_opened(1);
  {
    const NoMoreThreads none;
    fleet_.start("n", 1, attempt("t", "true"), 0);
    const AttemptEnd end = told_.wait_for_end(1);
    EXPECT_EQ(end.failure->category, FailureInfo::Category::server);
    EXPECT_FALSE(end.exit_code.has_value());
  }
  fleet_.start("n", 2, attempt("t", "true"), 0);
  EXPECT_EQ(told_.wait_for_end(2).exit_code, 0);
}

TEST_F(LocalFleetTest, EndsWhatForgottenNodesLeftRunning) {
  for (const char* node : {"forgotten", "other"}) {
    std::filesystem::create_directories(directory(node));
  }
  const auto left = system_process_runner()
                        .start({.command = {"/bin/sleep", "600"},
                                .environment = {{"AZ_BATCH_NODE_ROOT_DIR=" + directory("other")}}})
                        .value();
  ASSERT_TRUE(fleet_.end_leftovers().has_value());
  const auto end = left->wait(Limits::within(std::chrono::seconds(20)));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->signal, SIGKILL);
}

TEST_F(LocalFleetTest, RemovesFilesOfTasks) {
  ASSERT_TRUE(fleet_.open({.pool = "p", .node = "n"}, {}).has_value());
  fleet_.start("n", 1, attempt("t", "true"), 0);
  told_.wait_for_end(1);
  fleet_.remove_task("n", "j", "t");
  fleet_.start("n", 2, attempt("u", "ls ../../t"), 0);
  EXPECT_NE(told_.wait_for_end(2).exit_code, 0);
}

}  // namespace
}  // namespace aloft::emulator::batch
