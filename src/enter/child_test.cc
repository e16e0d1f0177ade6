// SPDX-License-Identifier: Apache-2.0
#include "enter/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/file.h"
#include "base/temporary_directory.h"

namespace aloft::enter {
namespace {

using testing::HasSubstr;

/// run_child() keeps signals blocked, so each case runs it in a process of its own. Returns that
/// process's wait status.
int in_a_process(const std::function<int()>& body,
                 const std::function<void(pid_t)>& meanwhile = {}) {
  const pid_t process = ::fork();
  if (process == 0) {
    // A group of its own within the session: the kernel does not stop members of orphaned groups.
    ::setpgid(0, 0);
    ::alarm(20);
    ::_exit(body());
  }
  if (meanwhile) meanwhile(process);
  int status = 0;
  CHECK(::waitpid(process, &status, 0) == process);
  return status;
}

int code_of(const std::vector<std::string>& command) {
  const int status = in_a_process([&] {
    const auto end = run_child(command);
    return end ? end->exit_code : 99;
  });
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Child, GivesTheCommandsOwnCode) {
  EXPECT_EQ(code_of({"true"}), 0);
  EXPECT_EQ(code_of({"sh", "-c", "exit 3"}), 3);
  EXPECT_EQ(code_of({"sh", "-c", "exit 255"}), 255);
}

TEST(Child, Gives128AndTheSignalThatEndedIt) {
  EXPECT_EQ(code_of({"sh", "-c", "kill -TERM $$"}), 128 + SIGTERM);
  EXPECT_EQ(code_of({"sh", "-c", "kill -KILL $$"}), 128 + SIGKILL);
}

TEST(Child, TellsACommandThatIsAbsentFromOneThatCannotRun) {
  EXPECT_EQ(code_of({"no-such-command-here"}), 127);
  EXPECT_EQ(code_of({"/no/such/command"}), 127);
  EXPECT_EQ(code_of({"/etc/passwd"}), 126);
  EXPECT_EQ(code_of({"/"}), 126);
}

TEST(Child, SaysWhyACommandCannotRun) {
  const int status = in_a_process([] {
    return run_child({"no-such-command-here"})->message == "command not found: no-such-command-here"
               ? 0
               : 1;
  });
  EXPECT_EQ(status, 0);
}

TEST(Child, SaysThatTheInterpreterOfAScriptIsAbsent) {
  const TemporaryDirectory directory;
  const std::string script = directory.path() + "/script";
  ASSERT_TRUE(replace_file(script, "#!/no/such/interpreter\n", 0700));
  const int status = in_a_process([&] {
    const auto end = run_child({script});
    return end->exit_code == 127 && end->message.find("interpreter") != std::string::npos ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
}

/// Runs a command that writes a line to a pipe once it is ready, and calls `meanwhile` then.
int with_ready_command(
    const std::string& script, const std::function<void(pid_t)>& meanwhile,
    const std::function<Result<ChildEnd>(const std::vector<std::string>&)>& runs =
        [](const auto& command) { return run_child(command); }) {
  int ends[2];
  CHECK(::pipe(ends) == 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const std::string ready = "echo >&" + std::to_string(write_end.get()) + "; ";
  return in_a_process(
      [&] {
        const auto end = runs(
            {"sh", "-c",
             script.substr(0, script.find('|')) + ready + script.substr(script.find('|') + 1)});
        return end ? end->exit_code : 99;
      },
      [&](pid_t process) {
        write_end.reset();
        char byte = 0;
        ASSERT_EQ(::read(read_end.get(), &byte, 1), 1);
        meanwhile(process);
      });
}

TEST(Child, PassesSignalsOnToTheCommand) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) {
    const int status =
        with_ready_command("trap 'exit 7' TERM INT HUP USR1 USR2; |while :; do sleep 0.01; done",
                           [&](pid_t process) { ::kill(process, signal); });
    ASSERT_TRUE(WIFEXITED(status)) << signal;
    EXPECT_EQ(WEXITSTATUS(status), 7) << signal;
  }
}

/// Waits until `process`, which has `signal` blocked, took it.
void wait_until_taken(pid_t process, int signal) {
  const std::string path = "/proc/" + std::to_string(process) + "/status";
  for (std::uint64_t pending = 1; pending != 0; ::usleep(1000)) {
    const std::string status = read_file(path).value();
    const std::size_t at = status.find("ShdPnd:") + sizeof "ShdPnd:";
    pending = std::stoull(status.substr(at), nullptr, 16) & (1ull << (signal - 1));
  }
}

TEST(Child, PassesNothingOnWhereItsWholeGroupIsSignalled) {
  const auto in_a_group = [](const std::vector<std::string>& command) {
    ::setpgid(0, 0);
    return run_child(command, Signals::to_its_group);
  };
  const int status = with_ready_command(
      "n=0; trap 'n=1' TERM; trap 'exit $n' WINCH; |while :; do sleep 0.01; done",
      [](pid_t process) {
        ::kill(process, SIGTERM);
        wait_until_taken(process, SIGTERM);
        ::kill(-process, SIGWINCH);
      },
      in_a_group);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the command was to have no SIGTERM";
}

TEST(Child, StopsAndContinuesWithTheCommand) {
  const int status =
      with_ready_command("trap 'exit 5' USR1; |while :; do sleep 0.01; done", [](pid_t process) {
        ::kill(process, SIGTSTP);
        int stopped = 0;
        ASSERT_EQ(::waitpid(process, &stopped, WUNTRACED), process);
        ASSERT_TRUE(WIFSTOPPED(stopped));
        ::kill(process, SIGCONT);
        ::kill(process, SIGUSR1);
      });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST(Child, WaitsThoughItsParentIgnoredTheEndOfChildren) {
  const int status = in_a_process([] {
    ::signal(SIGCHLD, SIG_IGN);
    return run_child({"sh", "-c", "exit 4"})->exit_code;
  });
  EXPECT_EQ(WEXITSTATUS(status), 4);
}

}  // namespace
}  // namespace aloft::enter
