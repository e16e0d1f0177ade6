// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/node.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/fake_clock.h"
#include "base/temporary_directory.h"
#include "emulator/batch/node/internal/failure.h"
#include "emulator/batch/node/internal/fake_storage.h"
#include "process/process_table.h"

namespace aloft::emulator::batch {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using Phase = AttemptEnd::Phase;
using Category = FailureInfo::Category;

void await(const std::function<bool()>& condition) {
  for (const auto end = system_clock().now() + 20s; system_clock().now() < end;) {
    if (condition()) return;
    std::this_thread::sleep_for(1ms);
  }
  FAIL() << "it never came about";
}

class NodeTest : public testing::Test {
 protected:
  NodeOptions options() {
    return {.root = directory_.path() + "/node",
            .name = "tvm-1",
            .pool = "p",
            .account_name = "acc",
            .account_url = "http://127.0.0.1:1/",
            .environment = {{"TOKEN_HOST", "http://127.0.0.1:2/x"}},
            .storage_token = [] { return Result<std::string>("good"); },
            .auto_storage_url = storage_.account_url(),
            .grace = 20s,
            .clock = &clock_};
  }
  static Attempt shell(const std::string& text) {
    return {.job = "j", .task = "t", .command_line = "/bin/sh -c '" + text + "'"};
  }
  AttemptEnd run(const Attempt& attempt) { return node_->run(attempt, {}); }

  std::string task_path(const std::string& name) const {
    return directory_.path() + "/node/workitems/j/job-1/t/" + name;
  }
  std::string task_file(const std::string& name) const {
    return read_file(task_path(name)).value_or("(none)");
  }
  /// Of a process whose id the task wrote into a file.
  pid_t pid_in(const std::string& name) const { return std::atoi(task_file(name).c_str()); }
  bool runs(const std::string& name) const {
    const auto entry = process_entry(pid_in(name));
    return entry && entry->state != 'Z';
  }
  void await_file(const std::string& name) {
    await([&] { return task_file(name).ends_with('\n'); });
  }

  static void expect_failure(const AttemptEnd& end, const std::string& code, Phase phase) {
    ASSERT_TRUE(end.failure);
    EXPECT_EQ(end.failure->code, code);
    EXPECT_EQ(end.phase, phase);
    for (const auto& [name, value] : end.failure->details)
      EXPECT_THAT(value, Not(HasSubstr("sig=")));
  }

  TemporaryDirectory directory_;
  FakeStorage storage_;
  FakeClock clock_;
  std::unique_ptr<Node> node_ = Node::open(options()).value();
};

TEST_F(NodeTest, RunsACommandInADirectoryOfItsOwn) {
  const AttemptEnd end = run(shell("pwd; echo oh >&2; touch made"));
  EXPECT_FALSE(end.failure);
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.phase, Phase::running);
  EXPECT_LE(end.started, end.ended);
  EXPECT_EQ(task_file("stdout.txt"), directory_.path() + "/node/workitems/j/job-1/t/wd\n");
  EXPECT_EQ(task_file("stderr.txt"), "oh\n");
  EXPECT_TRUE(std::filesystem::exists(task_path("wd/made")));
  std::vector<std::string> names;
  const auto entries = node_->task_files("j", "t").list(true).value();
  for (const FileEntry& entry : entries) {
    names.push_back(entry.name);
  }
  EXPECT_THAT(names, ElementsAre("stderr.txt", "stdout.txt", "wd", "wd/made"));
  EXPECT_TRUE(node_->files().find("workitems/j/job-1/t/wd/made"));
}

TEST_F(NodeTest, SetsTheDocumentedVariablesAndNothingOfItsOwn) {
  Attempt attempt = shell("env | grep -v -e ^PWD= -e ^_= | sort");
  attempt.environment = {
      {"MINE", "a b"}, {"AZ_BATCH_TASK_ID", "forged"}, {"PATH", "/usr/bin:/bin"}};
  ::setenv("ALOFT_TEST_LEAK", "1", 1);
  EXPECT_FALSE(run(attempt).failure);
  const std::string root = directory_.path() + "/node";
  const std::string task = root + "/workitems/j/job-1/t";
  EXPECT_EQ(task_file("stdout.txt"),
            "AZ_BATCH_ACCOUNT_NAME=acc\nAZ_BATCH_ACCOUNT_URL=http://127.0.0.1:1/\n"
            "AZ_BATCH_JOB_ID=j\nAZ_BATCH_NODE_ID=tvm-1\nAZ_BATCH_NODE_IS_DEDICATED=true\n"
            "AZ_BATCH_NODE_MOUNTS_DIR=" +
                root + "/fsmounts\nAZ_BATCH_NODE_ROOT_DIR=" + root + "\nAZ_BATCH_NODE_SHARED_DIR=" +
                root + "/shared\nAZ_BATCH_NODE_STARTUP_DIR=" + root +
                "/startup\nAZ_BATCH_POOL_ID=p\nAZ_BATCH_TASK_DIR=" + task +
                "\nAZ_BATCH_TASK_ID=t\nAZ_BATCH_TASK_WORKING_DIR=" + task + "/wd\nHOME=" + task +
                "/wd\nMINE=a b\nPATH=/usr/bin:/bin\nTOKEN_HOST=http://127.0.0.1:2/x\n");
}

TEST_F(NodeTest, RunsTheStartTaskWhereAllTasksFindIt) {
  const AttemptEnd end = run({.command_line = "/bin/sh -c 'env; echo $$ > tool'"});
  EXPECT_FALSE(end.failure);
  EXPECT_TRUE(node_->files().find("startup/wd/tool"));
  EXPECT_TRUE(node_->task_files("", "").find("stdout.txt"));
  const auto output = read_file(directory_.path() + "/node/startup/stdout.txt").value();
  EXPECT_THAT(output, Not(HasSubstr("AZ_BATCH_TASK_ID")));
  EXPECT_FALSE(run(shell("test -s $AZ_BATCH_NODE_STARTUP_DIR/wd/tool")).failure);
}

TEST_F(NodeTest, TellsHowTheCommandFailed) {
  const AttemptEnd by_code = run(shell("exit 7"));
  EXPECT_EQ(by_code.exit_code, 7);
  expect_failure(by_code, "FailureExitCode", Phase::running);
  EXPECT_EQ(by_code.failure->category, Category::user);
  EXPECT_THAT(by_code.failure->details, Contains(Pair("ExitCode", "7")));
  EXPECT_EQ(run(shell("kill -9 $$")).exit_code, 137);
}

TEST_F(NodeTest, TellsWhyACommandCannotStart) {
  const auto failure_of = [&](const std::string& line) {
    const AttemptEnd end = run({.job = "j", .task = "t", .command_line = line});
    EXPECT_FALSE(end.exit_code);
    EXPECT_EQ(end.phase, Phase::preparing);
    return end.failure ? end.failure->code : "";
  };
  EXPECT_EQ(failure_of("no-such-program --help"), "CommandProgramNotFound");
  EXPECT_EQ(failure_of("/no/such/program"), "CommandProgramNotFound");
  EXPECT_EQ(failure_of("./not-there"), "CommandProgramNotFound");
  EXPECT_EQ(failure_of("/etc/passwd"), "CommandLaunchFailed");
  EXPECT_EQ(failure_of("echo 'open"), "CommandLaunchFailed");
  EXPECT_EQ(failure_of(""), "CommandLaunchFailed");
}

TEST_F(NodeTest, StartsARetryWithAnEmptyDirectoryUnlessToldOtherwise) {
  EXPECT_FALSE(run(shell("echo 1 > a")).failure);
  Attempt again = shell("cat a");
  again.keep_directory = true;
  EXPECT_FALSE(run(again).failure);
  EXPECT_TRUE(run(shell("cat a")).failure);
}

TEST_F(NodeTest, RefusesIdsThatAreNoNames) {
  for (const auto& [job, task] : {std::pair{"..", "t"}, {"j", ".."}, {"a/b", "t"}, {"j", ""}}) {
    const AttemptEnd end = run({.job = job, .task = task, .command_line = "true"});
    expect_failure(end, "ResourceDirectoryCreateFailed", Phase::preparing);
    EXPECT_FALSE(node_->task_files(job, task).list(true));
    EXPECT_TRUE(node_->remove_task(job, task));
  }
  EXPECT_TRUE(node_->remove_job(".."));
  EXPECT_TRUE(std::filesystem::exists(directory_.path() + "/node/shared"));
}

TEST_F(NodeTest, RemovesTasksAndJobs) {
  EXPECT_FALSE(run(shell("mkdir -p a/b; touch a/b/c")).failure);
  EXPECT_TRUE(node_->remove_task("j", "t"));
  EXPECT_EQ(node_->task_files("j", "t").list(true).error().code, ErrorCode::not_found);
  EXPECT_TRUE(node_->remove_task("j", "t"));
  EXPECT_FALSE(run(shell("touch a")).failure);
  EXPECT_TRUE(node_->remove_job("j"));
  EXPECT_FALSE(node_->files().find("workitems/j"));
}

TEST_F(NodeTest, BringsResourceFiles) {
  storage_.put("tool", "echo tool");
  storage_.put("in/a/1.txt", "one");
  storage_.put("in/a/2.txt", "two");
  storage_.put("in/empty", "", {{"x-ms-meta-hdi_isfolder", "true"}});
  storage_.intercept(tokens_of(storage_));
  Attempt attempt =
      shell("sh bin/tool && cat data/in/a/*.txt own/in/a/1.txt plain && test -d data/in/empty");
  attempt.resource_files = {
      {.url = storage_.sas_url("r", "box/tool"), .file_path = "./bin//tool", .file_mode = 0750},
      {.url = storage_.url("box/tool"), .file_path = "plain", .uses_identity = true},
      {.source = ResourceFile::Source::container,
       .url = storage_.sas_url("rl"),
       .blob_prefix = "in/",
       .file_path = "data/"},
      {.source = ResourceFile::Source::auto_storage,
       .url = "box",
       .blob_prefix = "in/a/1",
       .file_path = "own"}};
  const AttemptEnd end = run(attempt);
  EXPECT_FALSE(end.failure) << task_file("stderr.txt");
  EXPECT_EQ(task_file("stdout.txt"), "tool\nonetwooneecho tool");
  EXPECT_EQ(node_->task_files("j", "t").find("wd/bin/tool").value().mode & 07777, 0750u);
  EXPECT_EQ(node_->task_files("j", "t").find("wd/data/in/a/1.txt").value().mode & 07777, 0770u);
}

TEST_F(NodeTest, NamesResourceFilesThatDoNotCome) {
  storage_.put("x", "1");
  using Source = ResourceFile::Source;
  const auto try_file = [&](const ResourceFile& file) {
    Attempt attempt = shell("touch started");
    attempt.resource_files = {file};
    const AttemptEnd end = run(attempt);
    EXPECT_EQ(end.phase, Phase::preparing);
    EXPECT_FALSE(end.exit_code);
    EXPECT_FALSE(std::filesystem::exists(task_path("wd/started")));
    if (!end.failure) return std::string();
    for (const auto& [name, value] : end.failure->details)
      EXPECT_THAT(value, Not(HasSubstr("sig=")));
    return end.failure->code;
  };
  EXPECT_EQ(try_file({.url = storage_.sas_url("r", "box/none"), .file_path = "x"}), "BlobNotFound");
  EXPECT_EQ(try_file({.url = storage_.sas_url("w", "box/x"), .file_path = "x"}),
            "BlobAccessDenied");
  EXPECT_EQ(try_file({.url = "nonsense", .file_path = "x"}), "BlobDownloadMiscError");
  EXPECT_EQ(try_file({.source = Source::container, .url = storage_.sas_url("rl", "absent")}),
            "ResourceContainerNotFound");
  EXPECT_EQ(try_file({.source = Source::container, .url = storage_.sas_url("r")}),
            "ResourceContainerAccessDenied");
  storage_.refuse(100, 503);
  EXPECT_EQ(try_file({.url = storage_.sas_url("r", "box/x"), .file_path = "x"}),
            "BlobDownloadMiscError");
  EXPECT_EQ(try_file({.source = Source::container, .url = storage_.sas_url("rl")}),
            "ResourceContainerListMiscError");
}

TEST_F(NodeTest, LetsNoResourceFileOutOfTheWorkingDirectory) {
  storage_.put("x", "1");
  for (const char* path : {"../x", "a/../../x", "/tmp/aloft-test-x", "..", "", "."}) {
    Attempt attempt = shell("true");
    attempt.resource_files = {{.url = storage_.sas_url("r", "box/x"), .file_path = path}};
    const AttemptEnd end = run(attempt);
    ASSERT_TRUE(end.failure) << path;
    EXPECT_THAT(end.failure->code, testing::StartsWith("Resource")) << path;
  }
  EXPECT_FALSE(std::filesystem::exists(task_path("x")));
  EXPECT_FALSE(std::filesystem::exists("/tmp/aloft-test-x"));
}

TEST_F(NodeTest, TrustsNoNameInAContainer) {
  for (const char* name : {"../x", "/x", "a/../../x", "a//b", "."}) {
    storage_.intercept([name](http::Request&) {
      http::Response response;
      response.set_body("<EnumerationResults><Blobs><Blob><Name>" + std::string(name) +
                        "</Name></Blob></Blobs></EnumerationResults>");
      return response;
    });
    Attempt attempt = shell("true");
    attempt.resource_files = {
        {.source = ResourceFile::Source::container, .url = storage_.sas_url("rl")}};
    const AttemptEnd end = run(attempt);
    ASSERT_TRUE(end.failure) << name;
    EXPECT_THAT(end.failure->code, testing::StartsWith("Resource")) << name;
    EXPECT_FALSE(std::filesystem::exists(task_path("x")));
  }
}

TEST_F(NodeTest, UploadsWhatTheTaskMade) {
  storage_.intercept(tokens_of(storage_));
  Attempt attempt =
      shell("echo out; mkdir -p r/s; echo 1 > r/1.csv; echo 2 > r/s/2.csv; echo x > one");
  attempt.output_files = {
      {.pattern = "../stdout.txt", .container_url = storage_.sas_url(), .path = "logs/t.txt"},
      {.pattern = "r/**/*.csv",
       .container_url = storage_.url(),
       .path = "tables",
       .uses_identity = true,
       .upload_headers = {{"Content-Type", "text/csv"}}},
      {.pattern = "one", .container_url = storage_.sas_url()}};
  EXPECT_FALSE(run(attempt).failure) << task_file("fileuploaderr.txt");
  EXPECT_EQ(storage_.get("logs/t.txt").body, "out\n");
  EXPECT_EQ(storage_.get("tables/1.csv").headers.get("Content-Type"), "text/csv");
  EXPECT_EQ(storage_.get("tables/s/2.csv").body, "2\n");
  EXPECT_EQ(storage_.get("one").body, "x\n");
  EXPECT_THAT(task_file("fileuploadout.txt"), HasSubstr("tables/s/2.csv"));
  EXPECT_THAT(task_file("fileuploadout.txt"), Not(HasSubstr("sig=")));
  EXPECT_EQ(task_file("fileuploaderr.txt"), "");
}

TEST_F(NodeTest, UploadsOnlyUnderItsCondition) {
  using Condition = OutputFile::Condition;
  const auto uploaded = [&](const std::string& text) {
    Attempt attempt = shell("touch f; " + text);
    const std::string url = storage_.sas_url();
    attempt.output_files = {{.pattern = "f",
                             .container_url = url,
                             .path = text + "/s",
                             .condition = Condition::task_success},
                            {.pattern = "f",
                             .container_url = url,
                             .path = text + "/f",
                             .condition = Condition::task_failure},
                            {.pattern = "f",
                             .container_url = url,
                             .path = text + "/c",
                             .condition = Condition::task_completion}};
    run(attempt);
    std::string names;
    for (const char* name : {"s", "f", "c"}) {
      if (storage_.get(text + "/" + name).status == 200) names += name;
    }
    return names;
  };
  EXPECT_EQ(uploaded("exit 0"), "sc");
  EXPECT_EQ(uploaded("exit 1"), "fc");
}

TEST_F(NodeTest, FailsWhereAnUploadDoesAndStillTriesTheOthers) {
  const auto try_file = [&](const std::string& pattern, const std::string& url) {
    Attempt attempt = shell("echo 1 > f; echo 2 > good");
    attempt.output_files = {{.pattern = pattern, .container_url = url},
                            {.pattern = "good", .container_url = storage_.sas_url()}};
    storage_.put("good", "old");
    const AttemptEnd end = run(attempt);
    EXPECT_EQ(end.exit_code, 0);
    EXPECT_EQ(end.phase, Phase::uploading);
    EXPECT_EQ(storage_.get("good").body, "2\n");
    EXPECT_THAT(task_file("fileuploaderr.txt"), HasSubstr(pattern));
    EXPECT_THAT(task_file("fileuploaderr.txt"), Not(HasSubstr("sig=")));
    return end.failure ? end.failure->code : "";
  };
  EXPECT_EQ(try_file("none*", storage_.sas_url()), "FileUploadMiscError");
  EXPECT_EQ(try_file("f", storage_.sas_url("wc", "absent")), "FileUploadContainerNotFound");
  EXPECT_EQ(try_file("f", storage_.sas_url("r")), "FileUploadAccessDenied");
  EXPECT_EQ(try_file("/etc/passwd", storage_.sas_url()), "FileUploadMiscError");
  EXPECT_EQ(try_file("f", "nonsense"), "FileUploadMiscError");
}

TEST_F(NodeTest, LeavesNoProcessBehind) {
  const AttemptEnd end =
      run(shell("sleep 71 & echo $! > same; setsid sleep 72 & echo $! > session; "
                "env -i setsid sh -c \"exit\"; env -i sleep 73 & echo $! > bare; exit 0"));
  EXPECT_FALSE(end.failure);
  for (const char* name : {"wd/same", "wd/session", "wd/bare"}) EXPECT_FALSE(runs(name)) << name;
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path() + "/node/volatile"));
}

TEST_F(NodeTest, EndsATaskAtItsWallTime) {
  Attempt attempt = shell("trap \"exit 3\" TERM; echo 1 > f; sleep 74 & wait");
  attempt.wall_time = 100ms;
  attempt.output_files = {{.pattern = "f",
                           .container_url = storage_.sas_url(),
                           .condition = OutputFile::Condition::task_failure}};
  const AttemptEnd end = run(attempt);
  expect_failure(end, "TaskEnded", Phase::running);
  EXPECT_EQ(end.failure->category, Category::server);
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_EQ(storage_.get("f").body, "1\n");
}

TEST_F(NodeTest, TellsTheWallTimeWhereTheUploadFailsToo) {
  Attempt attempt = shell("sleep 74");
  attempt.wall_time = 100ms;
  attempt.output_files = {{.pattern = "none*", .container_url = storage_.sas_url()}};
  const AttemptEnd end = run(attempt);
  expect_failure(end, "TaskEnded", Phase::running);
  EXPECT_EQ(end.failure->category, Category::server);
  EXPECT_THAT(task_file("fileuploaderr.txt"), HasSubstr("none*"));
}

TEST_F(NodeTest, EndsADownloadAtTheWallTime) {
  storage_.intercept([](http::Request&) -> std::optional<http::Response> {
    std::this_thread::sleep_for(300ms);
    return std::nullopt;
  });
  Attempt attempt = shell("true");
  attempt.wall_time = 50ms;
  attempt.resource_files = {{.url = storage_.sas_url("r", "box/x"), .file_path = "x"}};
  expect_failure(run(attempt), "TaskEnded", Phase::preparing);
}

TEST_F(NodeTest, TakesAnUnlimitedWallTime) {
  Attempt attempt = shell("true");
  attempt.wall_time = std::chrono::milliseconds::max();
  EXPECT_FALSE(run(attempt).failure);
}

TEST_F(NodeTest, TerminatesATaskWithGrace) {
  std::stop_source stop;
  std::jthread terminator([&] {
    await_file("stdout.txt");
    stop.request_stop();
  });
  Attempt attempt = shell("trap \"echo bye; exit 4\" TERM; echo ready; sleep 75 & wait");
  attempt.output_files = {{.pattern = "../stdout.txt", .container_url = storage_.sas_url()}};
  const AttemptEnd end = node_->run(attempt, stop.get_token());
  expect_failure(end, "TaskEnded", Phase::running);
  EXPECT_EQ(end.failure->category, Category::user);
  EXPECT_EQ(end.exit_code, 4);
  EXPECT_EQ(task_file("stdout.txt"), "ready\nbye\n");
  EXPECT_EQ(storage_.get("stdout.txt").status, 404) << "an ended task uploads nothing";
}

TEST_F(NodeTest, KillsATaskThatIgnoresTheGrace) {
  NodeOptions impatient = options();
  impatient.root += "-2";
  impatient.grace = 10ms;
  node_ = Node::open(impatient).value();
  const std::string output = impatient.root + "/workitems/j/job-1/t/stdout.txt";
  std::stop_source stop;
  std::jthread terminator([&] {
    await([&] { return read_file(output).value_or("") == "ready\n"; });
    stop.request_stop();
  });
  const AttemptEnd end =
      node_->run(shell("trap \"\" TERM; echo ready; sleep 76"), stop.get_token());
  EXPECT_EQ(end.exit_code, 137);
  expect_failure(end, "TaskEnded", Phase::running);
}

TEST_F(NodeTest, TerminatesATaskBeforeItRuns) {
  std::stop_source stop;
  stop.request_stop();
  const AttemptEnd end = node_->run(shell("true"), stop.get_token());
  expect_failure(end, "TaskEnded", Phase::preparing);
  EXPECT_FALSE(end.exit_code);
}

TEST_F(NodeTest, TerminatesATaskInItsTransfers) {
  std::stop_source stop;
  storage_.intercept([&](http::Request&) -> std::optional<http::Response> {
    stop.request_stop();
    std::this_thread::sleep_for(300ms);
    return std::nullopt;
  });
  Attempt attempt = shell("echo 1 > f");
  attempt.resource_files = {{.url = storage_.sas_url("r", "box/x"), .file_path = "x"}};
  expect_failure(node_->run(attempt, stop.get_token()), "TaskEnded", Phase::preparing);

  stop = std::stop_source();
  attempt.resource_files.clear();
  attempt.output_files = {{.pattern = "f", .container_url = storage_.sas_url()}};
  const AttemptEnd end = node_->run(attempt, stop.get_token());
  expect_failure(end, "TaskEnded", Phase::uploading);
  EXPECT_EQ(end.exit_code, 0);
}

TEST_F(NodeTest, KillsEverythingWhenItIsLost) {
  std::jthread fate([&] {
    await_file("stdout.txt");
    node_->lose();
  });
  const AttemptEnd end = run(shell("trap \"\" TERM; echo ready; sleep 77"));
  EXPECT_EQ(end.exit_code, 137) << "it would take the whole grace otherwise";
  EXPECT_TRUE(end.failure);
  EXPECT_TRUE(run(shell("true")).failure) << "nothing runs on a lost node";
}

TEST_F(NodeTest, EndsWhatAKilledEmulatorLeft) {
  const pid_t emulator = ::fork();
  if (emulator == 0) {
    run(
        shell("setsid sleep 78 & echo $! > session; env -i sleep 79 & echo $! > bare; "
              "echo $$ > leader; sleep 80"));
    ::_exit(0);
  }
  await_file("wd/leader");
  // By its note alone the one without environment is found.
  await([&] {
    const auto note = read_file(directory_.path() + "/node/volatile/j:t");
    return note.value_or("").ends_with('\n');
  });
  ASSERT_EQ(::kill(emulator, SIGKILL), 0);
  ASSERT_EQ(::waitpid(emulator, nullptr, 0), emulator);
  EXPECT_TRUE(runs("wd/session"));
  EXPECT_TRUE(runs("wd/bare"));
  node_ = Node::open(options()).value();
  for (const char* name : {"wd/leader", "wd/session", "wd/bare"}) EXPECT_FALSE(runs(name)) << name;
  EXPECT_FALSE(run(shell("true")).failure);
}

TEST_F(NodeTest, TellsThatItsDiskIsFull) {
  constexpr int kSkipped = 77;
  storage_.put("big", std::string(1 << 20, 'x'));
  const pid_t child = ::fork();
  if (child == 0) {
    // A file system of its own, which nobody else sees and which goes with the process.
    const std::string small = directory_.path() + "/node";
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", small.c_str(), "tmpfs", 0, "size=128k") != 0) {
      ::_exit(kSkipped);
    }
    node_ = Node::open(options()).value();
    Attempt attempt = shell("true");
    attempt.resource_files = {{.url = storage_.sas_url("r", "box/big"), .file_path = "big"}};
    const AttemptEnd end = run(attempt);
    ::_exit(end.failure && end.failure->code == "DiskFull" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == kSkipped) GTEST_SKIP() << "needs the right to mount";
  EXPECT_EQ(status, 0);
}

TEST_F(NodeTest, SaysThatItsDirectoryCannotBeUsed) {
  ASSERT_TRUE(replace_file(directory_.path() + "/file", "", 0600));
  NodeOptions bad = options();
  bad.root = directory_.path() + "/file/node";
  const auto node = Node::open(bad);
  ASSERT_FALSE(node);
  EXPECT_THAT(node.error().message, HasSubstr(bad.root));
}

TEST(Failure, OfAFullDiskIsTheNodes) {
  const Error full = os_error(ENOSPC, "cannot write");
  for (const Step step : {Step::downloading_file, Step::uploading_file}) {
    const FailureInfo failure = failure_of(full, step, "x");
    EXPECT_EQ(failure.code, "DiskFull");
    EXPECT_EQ(failure.category, Category::server);
  }
  EXPECT_EQ(failure_of(os_error(EIO, "cannot write"), Step::downloading_file, "x").code,
            "ResourceFileWriteFailed");
}

}  // namespace
}  // namespace aloft::emulator::batch
