// SPDX-License-Identifier: Apache-2.0
#include "process/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/temporary_directory.h"
#include "process/process_table.h"

namespace aloft {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

Limits soon() {
  return Limits::within(20s);
}

class ProcessTest : public testing::Test {
 protected:
  /// Runs a shell text with its output in a file; returns end and output.
  ProcessEnd run(const std::string& text, ProcessOptions options = {}) {
    const UniqueFd out =
        std::move(open_file(output_path(), O_RDWR | O_CREAT | O_TRUNC, 0600)).value();
    options.command = {"/bin/sh", "-c", text};
    options.stdout_fd = out.get();
    auto process = system_process_runner().start(options);
    EXPECT_TRUE(process) << process.error().message;
    return (*process)->wait(soon()).value();
  }
  std::string output() { return read_file(output_path()).value(); }
  std::string output_path() const { return directory_.path() + "/out"; }
  /// Waits until a started program has written `text` into the output.
  void await_output(const std::string& text) {
    for (const auto end = system_clock().now() + 20s; system_clock().now() < end;) {
      if (output().find(text) != std::string::npos) return;
      std::this_thread::sleep_for(1ms);
    }
    FAIL() << "never wrote " << text;
  }
  std::unique_ptr<Process> start_shell(const std::string& text, ProcessOptions options = {}) {
    out_ = std::move(open_file(output_path(), O_RDWR | O_CREAT | O_TRUNC, 0600)).value();
    options.command = {"/bin/sh", "-c", text};
    options.stdout_fd = out_.get();
    return std::move(system_process_runner().start(options)).value();
  }
  TemporaryDirectory directory_;
  UniqueFd out_;
};

TEST_F(ProcessTest, GivesTheExitCodeOrTheSignal) {
  EXPECT_EQ(run("exit 7").code, 7);
  const ProcessEnd killed = run("kill -9 $$");
  EXPECT_FALSE(killed.code);
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_EQ(shell_code(killed), 137);
}

TEST_F(ProcessTest, RunsInTheDirectoryWithTheEnvironmentThatWereAsked) {
  run("pwd; echo $ONE; echo ${HOME-none}",
      {.command = {}, .environment = {{"ONE=two words"}}, .directory = directory_.path()});
  EXPECT_EQ(output(), directory_.path() + "\ntwo words\nnone\n");
}

TEST_F(ProcessTest, ReadsNothingFromStandardInputUnlessGivenOne) {
  run("cat; echo end");
  EXPECT_EQ(output(), "end\n");
}

TEST_F(ProcessTest, MeasuresMemoryAndProcessorTime) {
  const ProcessEnd end = run("head -c 30000000 /dev/zero | tail -c 30000000 > /dev/null");
  EXPECT_GT(end.peak_memory_bytes, 20'000'000u);
  EXPECT_GT((end.user_time + end.system_time).count(), 0);
}

TEST_F(ProcessTest, SaysWhyAProgramCannotStart) {
  const auto absent = system_process_runner().start({.command = {"/no/such/program"}});
  EXPECT_EQ(errno_of(absent.error()), ENOENT);
  EXPECT_THAT(absent.error().message, HasSubstr("/no/such/program"));
  const auto unfound = system_process_runner().start({.command = {"aloft-no-such-program"}});
  EXPECT_EQ(errno_of(unfound.error()), ENOENT);
  std::ofstream(directory_.path() + "/plain") << "text";
  const auto plain = system_process_runner().start({.command = {directory_.path() + "/plain"}});
  EXPECT_EQ(errno_of(plain.error()), EACCES);
  const auto nowhere =
      system_process_runner().start({.command = {"/bin/true"}, .directory = "/no/such/directory"});
  EXPECT_EQ(errno_of(nowhere.error()), ENOENT);
  EXPECT_THAT(nowhere.error().message, HasSubstr("/no/such/directory"));
}

TEST_F(ProcessTest, SearchesThePathOfTheGivenEnvironment) {
  std::ofstream(directory_.path() + "/tool") << "#!/bin/sh\nexit 5\n";
  ::chmod((directory_.path() + "/tool").c_str(), 0700);
  auto process = system_process_runner().start(
      {.command = {"tool"}, .environment = {{"PATH=/none:" + directory_.path()}}});
  ASSERT_TRUE(process) << process.error().message;
  EXPECT_EQ((*process)->wait(soon())->code, 5);
}

TEST_F(ProcessTest, WaitsNoLongerThanTheLimitsAllow) {
  const auto process = start_shell("sleep 60");
  EXPECT_EQ(process->wait(Limits::within(20ms)).error().code, ErrorCode::deadline_exceeded);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(
      process->wait({.deadline = Clock::time_point::max(), .stop = stop.get_token()}).error().code,
      ErrorCode::cancelled);
  EXPECT_EQ(end_process(*process, 10s)->signal, SIGTERM);
  EXPECT_EQ(process->wait(soon())->signal, SIGTERM) << "the end can be asked for again";
}

TEST_F(ProcessTest, KillsTheWholeGroupAfterTheGrace) {
  const auto process = start_shell("trap '' TERM; sleep 61 & echo $!; echo ready; wait; wait");
  await_output("ready");
  const pid_t child = std::stoi(output());
  EXPECT_EQ(end_process(*process, 30ms)->signal, SIGKILL);
  for (const auto end = system_clock().now() + 20s; system_clock().now() < end;) {
    const auto entry = process_entry(child);
    if (!entry || entry->state == 'Z') return;
    std::this_thread::sleep_for(1ms);
  }
  FAIL() << "the child of a killed process lives on";
}

TEST(ProcessTable, KnowsTheNameThatAProcessGivesItself) {
  ::prctl(PR_SET_NAME, "a (b) c");
  EXPECT_EQ(process_entry(::getpid())->name, "a (b) c");
}

TEST_F(ProcessTest, GivesAProgramTimeToCleanUp) {
  const auto process = start_shell("trap 'echo clean; exit 3' TERM; echo ready; sleep 60 & wait");
  await_output("ready");
  EXPECT_EQ(end_process(*process, 20s)->code, 3);
  EXPECT_THAT(output(), HasSubstr("clean"));
}

TEST_F(ProcessTest, DiesWithItsParentWhenAsked) {
  std::unique_ptr<Process> process;
  std::jthread([&] {
    process = start_shell("sleep 60", {.command = {}, .parent_death_signal = SIGKILL});
  }).join();
  EXPECT_EQ(process->wait(soon())->signal, SIGKILL);
}

TEST_F(ProcessTest, TellsAProcessFromALaterOneWithTheSameId) {
  const auto process = start_shell("sleep 60");
  ProcessIdentity identity = process_identity(process->pid()).value();
  EXPECT_TRUE(is_alive(identity));
  ProcessIdentity earlier = identity;
  earlier.start_ticks -= 1;
  EXPECT_FALSE(is_alive(earlier));
  ProcessIdentity other_boot = identity;
  other_boot.boot_id = "another";
  EXPECT_FALSE(is_alive(other_boot));
  ASSERT_TRUE(end_process(*process, 10s));
  EXPECT_FALSE(is_alive(identity));
}

TEST_F(ProcessTest, KillsASessionWhoseLeaderIsGone) {
  const auto process = start_shell("sleep 62 & sleep 63 & echo ready; wait",
                                   {.command = {}, .group = ProcessOptions::Group::session});
  await_output("ready");
  const ProcessIdentity leader = process_identity(process->pid()).value();
  ASSERT_TRUE(process->signal(SIGKILL));
  ASSERT_TRUE(process->wait(soon()));
  EXPECT_EQ(kill_session(leader).value(), 2);
  EXPECT_EQ(kill_session(leader).value(), 0);
}

TEST_F(ProcessTest, KillsWhatCarriesAMarkWhereverItHasGone) {
  const std::string mark = "ALOFT_TEST_MARK=" + directory_.path();
  // The one runs in a session of its own, the other has a mark that only begins like this one.
  const auto process = start_shell(
      "setsid sleep 65 & ALOFT_TEST_MARK=${ALOFT_TEST_MARK}x sh -c 'echo $$ ready; sleep 66'",
      {.command = {}, .environment = {{"PATH=/usr/bin:/bin", mark}}});
  await_output("ready");
  const pid_t other = std::stoi(output());
  // The shell and the one, which may still be on its way to `sleep`: then only the repetition finds
  // it.
  EXPECT_THAT(kill_marked(mark, process->pid()).value(), AllOf(Ge(1), Le(2)));
  EXPECT_EQ(kill_marked(mark).value(), 0);
  EXPECT_TRUE(process_entry(other));
  EXPECT_THAT(kill_marked(mark + "x").value(), AllOf(Ge(1), Le(2)));
  EXPECT_EQ(kill_marked(mark + "x").value(), 0);
}

TEST_F(ProcessTest, FindsTheMarkOfAProcessThatKeepsBecomingAnother) {
  const std::string mark = "ALOFT_TEST_MARK=" + directory_.path();
  const std::string program = directory_.path() + "/program";
  ASSERT_TRUE(replace_file(program, "#!/bin/sh\necho ready\nexec " + program + "\n", 0700));
  for (int trial = 0; trial < 50; ++trial) {
    const auto process = start_shell("exec " + program, {.command = {}, .environment = {{mark}}});
    await_output("ready\nready");
    EXPECT_EQ(kill_marked(mark, process->pid()).value(), 1) << "trial " << trial;
    ASSERT_TRUE(process->signal(SIGKILL));
    ASSERT_TRUE(process->wait(soon()));
  }
}

TEST_F(ProcessTest, KillsDescendantsThatLeftTheirGroup) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
  const auto process = start_shell("setsid sleep 64 & echo ready; exit 0");
  ASSERT_TRUE(process->wait(soon()));
  EXPECT_EQ(kill_descendants([](pid_t) { return true; }).value(), 0);
  EXPECT_EQ(kill_descendants().value(), 1);
  EXPECT_EQ(kill_descendants().value(), 0);
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

}  // namespace
}  // namespace aloft
