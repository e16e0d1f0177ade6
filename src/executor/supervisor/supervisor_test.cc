// SPDX-License-Identifier: Apache-2.0
#include "executor/supervisor/supervisor.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/temporary_directory.h"
#include "executor/supervisor/end_signals.h"
#include "object/memory_account.h"

namespace aloft::executor {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    spec_.job.name = "test";
    spec_.job.directory = temporary_.path();
    spec_.job.output = workload::OutputPattern::from_text("logs/{array_job}.out").value();
    spec_.job.environment = {{"PATH", "/usr/bin:/bin"}};
    spec_.script = temporary_.path() + "/slurm_script";
    options_.task_directory = directory_.path();
    options_.launcher = temporary_.path() + "/launcher";
    options_.open_accounts = [this](const EnvironmentLookup&) -> AccountOpener {
      return
          [this](std::string_view) -> Result<std::shared_ptr<ObjectAccount>> { return account_; };
    };
  }
  static void write_script(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0700);
  }
  ExitRecord run(const std::string& text) {
    write_script(spec_.script, text);
    EXPECT_TRUE(directory_.create(spec_));
    const auto done = supervise(options_);
    EXPECT_TRUE(done) << done.error().message;
    const auto record = directory_.exit();
    EXPECT_TRUE(record && *record);
    return record && *record ? **record : ExitRecord{};
  }
  std::string output(const std::string& name = "logs/5.out") {
    return read_file(temporary_.path() + "/" + name).value_or("(none)");
  }
  /// One that the supervisor did not take would end the next test's task.
  static bool take_end_signal() {
    const auto signals = catch_end_signals();
    signalfd_siginfo waiting{};
    return ::read(signals->get(), &waiting, sizeof waiting) == ssize_t{sizeof waiting};
  }
  TemporaryDirectory temporary_;
  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>("account");
  TaskDirectory directory_{temporary_.path() + "/task"};
  TaskSpec spec_{.job_id = 5, .name = {.job = 5}, .number = 5};
  SupervisorOptions options_;
};

TEST_F(SupervisorTest, RunsAScriptAndRecordsItsSuccess) {
  spec_.job.arguments = {"one", "two words"};
  const ExitRecord record = run("#!/bin/sh\necho \"$1|$2|$SLURM_JOB_ID|$(pwd)\"; echo bad >&2\n");
  EXPECT_EQ(record.exit_class, ExitClass::succeeded);
  EXPECT_EQ(record.code, 0);
  EXPECT_GT(record.peak_memory_bytes, 0u);
  EXPECT_EQ(output(), "one|two words|5|" + temporary_.path() + "\nbad\n");
}

TEST_F(SupervisorTest, RecordsCodeAndSignalOfAFailure) {
  EXPECT_EQ(run("#!/bin/sh\nexit 7\n").code, 7);
  spec_.attempt = 2;
  directory_ = TaskDirectory(temporary_.path() + "/task2");
  options_.task_directory = directory_.path();
  const ExitRecord killed = run("#!/bin/sh\nkill -9 $$\n");
  EXPECT_EQ(killed.exit_class, ExitClass::failed);
  EXPECT_EQ(killed.code, 137);
  EXPECT_EQ(killed.signal, SIGKILL);
}

class OutputInAContainer : public SupervisorTest {
 protected:
  OutputInAContainer() {
    EXPECT_TRUE(account_->create_container("box", {}));
    spec_.job.output = workload::OutputPattern::literal("az://account/box/out");
    options_.open_accounts = [this](const EnvironmentLookup&) -> AccountOpener {
      return [this](std::string_view) -> Result<std::shared_ptr<ObjectAccount>> {
        if (failures_-- > 0) return fail(failure_);
        return account_;
      };
    };
  }
  int failures_ = 0;
  Error failure_{.code = ErrorCode::unavailable, .message = "not for the moment"};
};

TEST_F(OutputInAContainer, IsWaitedFor) {
  failures_ = 3;
  options_.storage_pause = 1ms;
  EXPECT_EQ(run("#!/bin/sh\n").exit_class, ExitClass::succeeded);
}

TEST_F(OutputInAContainer, IsNotWaitedForWhereThisMachinesFilesFail) {
  failures_ = 1000;
  failure_.os_errno = EIO;
  options_.storage_pause = 1min;
  EXPECT_EQ(run("#!/bin/sh\n").exit_class, ExitClass::start_failed);
}

TEST_F(OutputInAContainer, IsNotWaitedForAnyLongerIfTheTaskIsToEnd) {
  hold_end_signals();
  failures_ = 1000;
  options_.storage_pause = 1min;
  ::kill(::getpid(), SIGTERM);
  const ExitRecord record = run("#!/bin/sh\ntouch ran\n");
  EXPECT_EQ(record.exit_class, ExitClass::cancelled);
  EXPECT_THAT(record.message, HasSubstr("not for the moment"));
  EXPECT_TRUE(take_end_signal());
}

TEST_F(SupervisorTest, SplitsErrorsAndAppendsWhenAsked) {
  spec_.job.error = workload::OutputPattern::literal("err");
  spec_.job.open_mode = workload::OpenMode::append;
  std::ofstream(temporary_.path() + "/err") << "before\n";
  run("#!/bin/sh\necho out; echo err >&2\n");
  EXPECT_EQ(output(), "out\n");
  EXPECT_EQ(output("err"), "before\nerr\n");
}

TEST_F(SupervisorTest, NeverBeginsAnAttemptTwice) {
  ASSERT_EQ(run("#!/bin/sh\necho ran >> runs\n").code, 0);
  ASSERT_TRUE(supervise(options_));
  EXPECT_EQ(output("runs"), "ran\n");
  // As after a kill between the start and the exit record.
  TaskDirectory begun(temporary_.path() + "/begun");
  ASSERT_TRUE(begun.create(spec_));
  ASSERT_TRUE(begun.write_start({}));
  options_.task_directory = begun.path();
  ASSERT_TRUE(supervise(options_));
  EXPECT_EQ(output("runs"), "ran\n");
  EXPECT_EQ(begun.exit().value(), std::nullopt);
}

TEST_F(SupervisorTest, SaysWhyAScriptCannotStart) {
  const ExitRecord record = run("#!/no/such/interpreter\n");
  EXPECT_EQ(record.exit_class, ExitClass::start_failed);
  EXPECT_EQ(record.code, 127);
  EXPECT_THAT(record.message, HasSubstr("interpreter"));
  EXPECT_THAT(output(), HasSubstr("cannot execute"));
}

TEST_F(SupervisorTest, SaysWhichOutputCannotBeWritten) {
  spec_.job.output = workload::OutputPattern::literal("/proc/none/out");
  const ExitRecord record = run("#!/bin/sh\ntouch ran\n");
  EXPECT_EQ(record.exit_class, ExitClass::start_failed);
  EXPECT_EQ(record.code, std::nullopt);
  EXPECT_THAT(record.message, HasSubstr("/proc/none/out"));
  EXPECT_EQ(output("ran"), "(none)");
}

TEST_F(SupervisorTest, EndsATaskAtItsWallTimeWithGrace) {
  spec_.job.resources.wall_time = 1s;
  const ExitRecord record = run("#!/bin/sh\ntrap 'echo clean; exit 0' TERM\nsleep 60 & wait\n");
  EXPECT_EQ(record.exit_class, ExitClass::timed_out);
  EXPECT_EQ(record.code, 0);
  EXPECT_THAT(record.message, HasSubstr("wall time of 1 s"));
  EXPECT_EQ(output(), "clean\n");
}

TEST_F(SupervisorTest, KillsATaskThatIgnoresItsCancellation) {
  spec_.job.grace = 0s;
  hold_end_signals();  // Every thread must have them blocked but for the signalfd.
  std::jthread canceller([this] {
    while (output().find("ready") == std::string::npos) std::this_thread::sleep_for(1ms);
    ::kill(::getpid(), SIGTERM);
  });
  const ExitRecord record = run("#!/bin/sh\ntrap '' TERM\necho ready\nsleep 60\n");
  EXPECT_EQ(record.exit_class, ExitClass::cancelled);
  EXPECT_EQ(record.signal, SIGKILL);
}

/// Its commands have ended, and this process was told to end, before anybody can look.
class EndedAtOnce : public ProcessRunner {
 public:
  Result<std::unique_ptr<Process>> start(const ProcessOptions& options) override {
    auto process = TRY(system_process_runner().start(options));
    ::kill(::getpid(), SIGTERM);
    pollfd end{.fd = process->end_fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&end, 1, 30'000), 1);
    return process;
  }
};

TEST_F(SupervisorTest, TakesAFailureForACancellationIfItWasToldToEndMeanwhile) {
  hold_end_signals();
  EndedAtOnce runner;
  options_.runner = &runner;
  const ExitRecord record = run("#!/bin/sh\nkill -TERM $$\n");
  EXPECT_EQ(record.exit_class, ExitClass::cancelled);
  EXPECT_EQ(record.signal, SIGTERM);
  EXPECT_EQ(record.message, "cancelled");
}

TEST_F(SupervisorTest, TakesASuccessForOneAlsoIfItWasToldToEndMeanwhile) {
  hold_end_signals();
  EndedAtOnce runner;
  options_.runner = &runner;
  EXPECT_EQ(run("#!/bin/sh\nexit 0\n").exit_class, ExitClass::succeeded);
  EXPECT_TRUE(take_end_signal());
}

TEST_F(SupervisorTest, EndsWhatAScriptLeavesBehind) {
  run("#!/bin/sh\nsetsid sh -c 'echo $$ > pid; exec sleep 65' &\nwhile ! test -s pid; do sleep "
      "0.01; done\n");
  EXPECT_FALSE(process_entry(std::stoi(output("pid"))));
}

TEST_F(SupervisorTest, RunsAJobOfAContainerThroughTheLauncher) {
  ASSERT_TRUE(account_->create_container("box", {}));
  spec_.job.directory = "az://account/box/run";
  spec_.job.account_environment = {{"XDG_CONFIG_HOME", "/config"}};
  options_.commit_interval = 10ms;
  write_script(options_.launcher,
               "#!/bin/sh\necho \"$XDG_CONFIG_HOME $1 $2 $3 $4 $5\"; shift 5; exec \"$@\"\n");
  spec_.job.arguments = {"argument"};
  const ExitRecord record = run("#!/bin/sh\necho $1 $SLURM_SUBMIT_DIR\n");
  EXPECT_EQ(record.exit_class, ExitClass::succeeded) << record.message;
  std::string blob(200, '\0');
  const auto read =
      account_->container("box")->read({.key = "run/logs/5.out", .range = {0, blob.size()}},
                                       std::as_writable_bytes(std::span(blob)), {});
  ASSERT_TRUE(read) << read.error().message;
  blob.resize(read->size_bytes);
  EXPECT_EQ(blob,
            "/config run --group-signals --chdir az://account/box/run --\nargument "
            "/aloft/az/account/box/run\n");
}

TEST_F(SupervisorTest, DoesNotStartWhereTheContainerIsMissing) {
  spec_.job.directory = "az://account/absent";
  const ExitRecord record = run("#!/bin/sh\ntouch ran\n");
  EXPECT_EQ(record.exit_class, ExitClass::start_failed);
  EXPECT_THAT(record.message, HasSubstr("az://account/absent"));
}

}  // namespace
}  // namespace aloft::executor
