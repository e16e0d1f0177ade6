// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/node_task.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/seeded_random.h"
#include "base/temporary_directory.h"
#include "executor/azure_batch/home.h"
#include "executor/supervisor/end_signals.h"
#include "executor/task_directory.h"
#include "object/faulty_store.h"
#include "object/memory_account.h"

namespace aloft::executor {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr workload::JobId kJob = 7;

/// Its launcher notes how it is called, and runs what it shall run.
constexpr const char* kLauncher =
    "#!/bin/sh\n"
    "echo \"$@ in $ALOFT_LOCAL_DIR\" >> ${0%/*}/calls\n"
    "test \"$1\" = run || exit 0\n"
    "shift 5; exec \"$@\"\n";

class NodeTaskTest : public testing::Test {
 protected:
  NodeTaskTest() {
    EXPECT_TRUE(account_->create_container("box", {}));
    record_.id = kJob;
    record_.job.name = "align";
    record_.job.directory = "az://acc/box/run";
    record_.job.output = workload::OutputPattern::literal("out");
    record_.job.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/home/me"}, {"KEPT", "kept"}};
    record_.pool = "small";
    record_.accounts = {{.name = "other", .endpoint = "https://other.example"}};
    write(temporary_.path() + "/aloft", kLauncher);
    options_.home = "az://acc/box";
    options_.home_endpoint = "http://127.0.0.1:1/acc";
    options_.job = kJob;
    options_.number = kJob;
    options_.directory = temporary_.path() + "/wd";
    ::mkdir(options_.directory.c_str(), 0700);
    options_.node = "tvm-1";
    options_.environment = [](const char* name) -> const char* {
      return std::string_view(name) == "AZURE_POD_IDENTITY_AUTHORITY_HOST" ? "http://127.0.0.1:2"
                                                                           : nullptr;
    };
    options_.launcher = temporary_.path() + "/aloft";
    options_.commit_interval = 10ms;
    options_.home_pause = 1ms;
    options_.open_accounts = [this](const EnvironmentLookup&) -> AccountOpener {
      return [this](std::string_view) -> Result<std::shared_ptr<ObjectAccount>> { return opened_; };
    };
  }
  /// The task reaches the home with troubles, but its output without.
  void disturb_home(const FaultOptions& faults, Random& random) {
    opened_ = std::make_shared<FaultyAccount>(account_, faults, random, system_clock());
    options_.open_accounts = [this, is_home = true](const EnvironmentLookup&) mutable {
      const auto opened = std::exchange(is_home, false) ? opened_ : account_;
      return
          [opened](std::string_view) -> Result<std::shared_ptr<ObjectAccount>> { return opened; };
    };
  }
  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0700);
  }
  void submit(const std::string& script) { ASSERT_TRUE(home_.create_job(record_, script, {})); }
  int run() {
    const auto code = run_node_task(options_);
    EXPECT_TRUE(code) << code.error().message;
    return code.value_or(-1);
  }
  ExitRecord exit_record() {
    const auto record = home_.exit(kJob, options_.number, {});
    EXPECT_TRUE(record && *record) << "no exit record";
    return record && *record ? **record : ExitRecord{};
  }
  std::string output() {
    std::string blob(1000, '\0');
    const auto read = account_->container("box")->read(
        {.key = "run/out", .range = {0, blob.size()}}, std::as_writable_bytes(std::span(blob)), {});
    if (!read) return "(none)";
    blob.resize(read->size_bytes);
    return blob;
  }
  std::string own_file(const std::string& name) {
    return read_file(options_.directory + "/" + name).value_or("(none)");
  }

  TemporaryDirectory temporary_;
  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>("acc");
  std::shared_ptr<ObjectAccount> opened_ = account_;  ///< As the task sees it.
  BatchHome home_{account_->container("box")};
  JobRecord record_;
  NodeTaskOptions options_;
};

TEST_F(NodeTaskTest, RunsATaskAndKeepsItsRecords) {
  submit("#!/bin/sh\necho \"$SLURM_JOB_ID $SLURM_JOB_PARTITION $KEPT\"\nexit 3\n");
  EXPECT_EQ(run(), 3);
  const ExitRecord record = exit_record();
  EXPECT_EQ(record.exit_class, ExitClass::failed);
  EXPECT_EQ(record.code, 3);
  EXPECT_EQ(record.node, "tvm-1");
  EXPECT_EQ(home_.start(kJob, kJob, {}).value()->node, "tvm-1");
  EXPECT_EQ(output(), "7 small kept\n");
}

TEST_F(NodeTaskTest, RunsTheElementOfItsNumber) {
  record_.job.array = workload::ArraySpec{.indices = {4, 6}};
  options_.number = kJob + 1;
  submit("#!/bin/sh\necho $SLURM_ARRAY_JOB_ID $SLURM_ARRAY_TASK_ID $SLURM_JOB_ID\n");
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(output(), "7 6 8\n");
}

TEST_F(NodeTaskTest, GivesTheTaskTheAccountsOfItsNode) {
  submit(
      "#!/bin/sh\necho $HOME $XDG_CONFIG_HOME $AZURE_POD_IDENTITY_AUTHORITY_HOST\n"
      "stat -c %a $XDG_CONFIG_HOME/aloft/accounts.toml\n"
      "cat $XDG_CONFIG_HOME/aloft/accounts.toml\n");
  EXPECT_EQ(run(), 0);
  const std::string own = options_.directory + "/.aloft";
  EXPECT_EQ(output(), options_.directory + " " + own + "/config http://127.0.0.1:2\n600\n" +
                          "[account.acc]\nendpoint = \"http://127.0.0.1:1/acc\"\n"
                          "credential = \"managed-identity\"\n"
                          "[account.other]\nendpoint = \"https://other.example\"\n"
                          "credential = \"managed-identity\"\n");
}

TEST_F(NodeTaskTest, NamesTheIdentityOfANodeThatHasSeveral) {
  options_.client_id = "c1";
  submit("#!/bin/sh\ngrep -c '^client_id = \"c1\"$' $XDG_CONFIG_HOME/aloft/accounts.toml\n");
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(output(), "2\n");
}

TEST_F(NodeTaskTest, LeavesTheAccountsOfAConfiguredNodeAlone) {
  options_.home_endpoint = "";
  record_.accounts = {};
  options_.environment = [](const char* name) -> const char* {
    return std::string_view(name) == "HOME" ? "/home/node" : nullptr;
  };
  submit("#!/bin/sh\necho $HOME $XDG_CONFIG_HOME\n");
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(output(), "/home/node\n");
}

TEST_F(NodeTaskTest, EndsTheDaemonThatServedTheTask) {
  submit("#!/bin/sh\n");
  EXPECT_EQ(run(), 0);
  EXPECT_THAT(read_file(temporary_.path() + "/calls").value(),
              HasSubstr("\ndaemon --stop in " + options_.directory + "/.aloft/local\n"));
}

TEST_F(NodeTaskTest, NeverRunsATaskAgainThatHasEnded) {
  submit("#!/bin/sh\necho ran >> $HOME/runs\nexit 4\n");
  EXPECT_EQ(run(), 4);
  EXPECT_EQ(run(), 4);
  EXPECT_EQ(own_file("runs"), "ran\n");
}

TEST_F(NodeTaskTest, RepeatsATaskWhoseNodeWasLost) {
  submit("#!/bin/sh\necho restart $SLURM_RESTART_COUNT\n");
  ASSERT_TRUE(home_.write_start(kJob, kJob, {.attempt = 1, .node = "tvm-0"}, {}));
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(output(), "restart 1\n");
  EXPECT_EQ(home_.start(kJob, kJob, {}).value()->attempt, 2u);
}

TEST_F(NodeTaskTest, RepeatsATaskInTheDirectoryOfItsFirstAttempt) {
  submit("#!/bin/sh\necho restart $SLURM_RESTART_COUNT\n");
  TaskDirectory first(options_.directory + "/.aloft/task.1");
  ASSERT_TRUE(make_private_directory(options_.directory + "/.aloft"));
  ASSERT_TRUE(first.create({.job_id = kJob, .name = {.job = kJob}, .job = record_.job}));
  ASSERT_TRUE(first.write_start({}));
  ASSERT_TRUE(home_.write_start(kJob, kJob, {.attempt = 1}, {}));
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(output(), "restart 1\n");
}

TEST_F(NodeTaskTest, DoesNotRepeatATaskThatForbidsIt) {
  record_.job.requeue = false;
  submit("#!/bin/sh\ntouch $HOME/ran\n");
  ASSERT_TRUE(home_.write_start(kJob, kJob, {.attempt = 1, .node = "tvm-0"}, {}));
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(exit_record().exit_class, ExitClass::lost);
  EXPECT_THAT(exit_record().message, HasSubstr("tvm-0"));
  EXPECT_EQ(own_file("ran"), "(none)");
}

TEST_F(NodeTaskTest, GivesUpATaskThatIsLostAgainAndAgain) {
  submit("#!/bin/sh\n");
  ASSERT_TRUE(home_.write_start(kJob, kJob, {.attempt = 10, .node = "tvm-0"}, {}));
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(exit_record().exit_class, ExitClass::lost);
}

TEST_F(NodeTaskTest, DoesNotStartACancelledTask) {
  submit("#!/bin/sh\ntouch $HOME/ran\n");
  ASSERT_TRUE(home_.request_cancel({.job = kJob}, {}));
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(exit_record().exit_class, ExitClass::cancelled);
  EXPECT_EQ(own_file("ran"), "(none)");
}

TEST_F(NodeTaskTest, DoesNotStartATaskWhoseDependencyCannotHold) {
  JobRecord parent = record_;
  parent.id = 3;
  ASSERT_TRUE(home_.create_job(parent, "", {}));
  ASSERT_TRUE(home_.write_exit(3, 3, {.exit_class = ExitClass::failed, .code = 1}, {}));
  record_.job.dependencies.terms = {{.on = {.job = 3}}};
  submit("#!/bin/sh\ntouch $HOME/ran\n");
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(exit_record().exit_class, ExitClass::dependency_not_satisfied);
  EXPECT_THAT(exit_record().message, HasSubstr("success of 3"));
  EXPECT_EQ(own_file("ran"), "(none)");
}

TEST_F(NodeTaskTest, SaysWhyATaskCannotStart) {
  record_.job.directory = "az://acc/absent";
  submit("#!/bin/sh\n");
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(exit_record().exit_class, ExitClass::start_failed);
  EXPECT_THAT(exit_record().message, HasSubstr("az://acc/absent"));
}

TEST_F(NodeTaskTest, RecordsWhatKeptItFromPreparingTheTask) {
  submit("#!/bin/sh\n");
  ASSERT_TRUE(account_->container("box")->remove(".aloft/jobs/000000000007/script", {}, {}));
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(exit_record().exit_class, ExitClass::start_failed);
  EXPECT_THAT(exit_record().message, HasSubstr("script"));
}

TEST_F(NodeTaskTest, FailsWithoutAJob) {
  const auto code = run_node_task(options_);
  ASSERT_FALSE(code);
  EXPECT_EQ(code.error().code, ErrorCode::not_found);
  EXPECT_THAT(code.error().message, HasSubstr("no job 7"));
}

TEST_F(NodeTaskTest, WaitsForAHomeThatIsNotThereForTheMoment) {
  submit("#!/bin/sh\n");
  SeededRandom random(3);
  disturb_home({.fails_before = 0.5, .throttles = 0.2}, random);
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(exit_record().exit_class, ExitClass::succeeded);
}

/// Makes everything happen that has a chance of a half, or nothing.
class Switch final : public Random {
 public:
  void turn_on() { on_ = true; }
  void fill(std::span<std::byte> bytes) override {
    std::ranges::fill(bytes, on_ ? std::byte{1} : std::byte{0xff});
  }

 private:
  std::atomic<bool> on_ = false;
};

/// Runs a task that is told to end as soon as it says that it runs.
class EndedNodeTask : public NodeTaskTest {
 protected:
  int end_while_running(const std::function<void()>& before_end = [] {}) {
    hold_end_signals();
    submit("#!/bin/sh\ntrap 'exit 9' TERM\necho ready\nsleep 60 & wait\n");
    std::jthread ender([this, &before_end] {
      while (output() != "ready\n") std::this_thread::sleep_for(1ms);
      before_end();
      ::kill(::getpid(), SIGTERM);
    });
    return run();
  }
  /// The one that nobody has taken away; waits for it.
  static void take_signal() {
    sigset_t waiting;
    ::sigemptyset(&waiting);
    ::sigaddset(&waiting, SIGTERM);
    int number = 0;
    EXPECT_EQ(::sigwait(&waiting, &number), 0);
  }
};

TEST_F(EndedNodeTask, IsCancelledIfTheHomeSaysSo) {
  EXPECT_EQ(end_while_running([this] { ASSERT_TRUE(home_.request_cancel({.job = kJob}, {})); }), 9);
  EXPECT_EQ(exit_record().exit_class, ExitClass::cancelled);
}

TEST_F(EndedNodeTask, WaitsForItsNextAttemptIfItsNodeIsTakenAway) {
  EXPECT_EQ(end_while_running(), 125);
  EXPECT_EQ(home_.exit(kJob, kJob, {}).value(), std::nullopt);
}

TEST_F(EndedNodeTask, WaitsForItsNextAttemptIfTheHomeCannotSay) {
  Switch faults;
  disturb_home({.fails_before = 0.5}, faults);
  EXPECT_EQ(end_while_running([&faults] { faults.turn_on(); }), 125);
  EXPECT_EQ(home_.exit(kJob, kJob, {}).value(), std::nullopt);
}

TEST_F(EndedNodeTask, DoesNotWaitForItsHomeAnyLonger) {
  hold_end_signals();
  submit("#!/bin/sh\ntouch $HOME/ran\n");
  Switch faults;
  faults.turn_on();
  disturb_home({.fails_before = 0.5}, faults);
  options_.home_pause = 1min;
  ::kill(::getpid(), SIGTERM);
  const auto code = run_node_task(options_);
  ASSERT_FALSE(code);
  EXPECT_EQ(code.error().code, ErrorCode::cancelled);
  EXPECT_EQ(own_file("ran"), "(none)");
  take_signal();
}

/// Once a file is there, three requests fail, and with each this process is told to end.
class EndAndFaults final : public Random {
 public:
  explicit EndAndFaults(std::string path) : path_(std::move(path)) {}
  void fill(std::span<std::byte> bytes) override {
    const bool fails = ::access(path_.c_str(), F_OK) == 0 && failures_++ < 3;
    if (fails) ::kill(::getpid(), SIGTERM);
    std::ranges::fill(bytes, fails ? std::byte{1} : std::byte{0xff});
  }

 private:
  const std::string path_;
  int failures_ = 0;
};

TEST_F(EndedNodeTask, DoesNotGiveUpTheRecordOfWhatItHasDone) {
  hold_end_signals();
  const std::string done = temporary_.path() + "/done";
  submit("#!/bin/sh\ntouch " + done + "\n");
  EndAndFaults faults(done);
  disturb_home({.fails_before = 0.5}, faults);
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(exit_record().exit_class, ExitClass::succeeded);
  take_signal();
}

TEST_F(EndedNodeTask, IsLostWithItsNodeIfItMustNotBeRepeated) {
  record_.job.requeue = false;
  EXPECT_EQ(end_while_running(), 9);
  EXPECT_EQ(exit_record().exit_class, ExitClass::lost);
  EXPECT_THAT(exit_record().message, AllOf(HasSubstr("taken away"), Not(HasSubstr("cancel"))));
}

}  // namespace
}  // namespace aloft::executor
