// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/node.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "emulator/batch/node/internal/command.h"
#include "emulator/batch/node/internal/environment.h"
#include "emulator/batch/node/internal/transfers.h"

namespace aloft::emulator::batch {

namespace {

using Phase = AttemptEnd::Phase;

/// Longer ones would leave the range of the clock.
constexpr std::chrono::milliseconds kWallTimeMax = std::chrono::hours(24 * 3650);

bool is_id(std::string_view text) {
  return !text.empty() && text != "." && text != ".." &&
         text.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

/// Of a task's directory, below the root; nothing for ids that are none.
std::optional<std::string> relative_directory(std::string_view job, std::string_view task) {
  if (job.empty() && task.empty()) return "startup";
  if (!is_id(job) || !is_id(task)) return std::nullopt;
  return "workitems/" + std::string(job) + "/job-1/" + std::string(task);
}

Result<void> make_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail_os(error.value(), "cannot make the directory " + path);
  return {};
}

Result<void> remove_all(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return fail_os(error.value(), "cannot remove " + path);
  return {};
}

bool is_wanted(const OutputFile& file, bool succeeded) {
  switch (file.condition) {
    case OutputFile::Condition::task_success:
      return succeeded;
    case OutputFile::Condition::task_failure:
      return !succeeded;
    case OutputFile::Condition::task_completion:
      break;
  }
  return true;
}

/// One attempt on its way through its phases.
class Run {
 public:
  Run(const NodeOptions& options, BlobClient& blobs, const Attempt& attempt, TaskPlace place,
      const Limits& limits, const std::stop_token& kill)
      : options_(options),
        blobs_(blobs),
        attempt_(attempt),
        place_(std::move(place)),
        environment_(task_environment(options, attempt, place_)),
        limits_(limits),
        kill_(kill) {}

  AttemptEnd run() {
    end_.started = options_.clock->wall_now();
    if (const auto done = go_through_phases(); !done) end_.failure = done.error();
    // What fails because of the end that was asked for is not what ended the attempt.
    if (limits_.stop.stop_requested() && end_.failure) end_.failure = ended_failure(false);
    end_.ended = options_.clock->wall_now();
    return std::move(end_);
  }

 private:
  Outcome<void> go_through_phases() {
    TRY(prepare());
    const std::string note = place_.root + "/volatile/" + attempt_.job + ":" + attempt_.task;
    const auto command =
        TRY(Command::start(attempt_.command_line, environment_, place_, note, *options_.runner));
    end_.phase = Phase::running;
    const Command::End end = command->finish(limits_, options_.grace, kill_);
    end_.exit_code = end.exit_code;
    if (end.why == Command::Why::stopped) return fail(ended_failure(false));
    const bool is_over_time = end.why == Command::Why::wall_time;
    if (is_over_time) {
      end_.failure = ended_failure(true);
    } else if (end.exit_code != 0) {
      end_.failure = exit_code_failure(end.exit_code);
    }
    auto uploaded = upload();
    // What reached its wall time is not tried again, so that stays known.
    if (uploaded || is_over_time) return {};
    end_.phase = Phase::uploading;
    return uploaded;
  }

  Outcome<void> prepare() {
    if (limits_.stop.stop_requested()) return fail(ended_failure(false));
    if (const auto made = make_place(); !made) {
      const bool is_full = made.error().code == ErrorCode::no_space;
      return fail(make_failure(is_full ? "DiskFull" : "ResourceDirectoryCreateFailed", "",
                               made.error().message));
    }
    Outcome<void> fetched = fetch_resource_files(attempt_.resource_files, place_,
                                                 options_.auto_storage_url, blobs_, limits_);
    if (!fetched && system_clock().now() >= limits_.deadline) return fail(ended_failure(true));
    return fetched;
  }

  Result<void> make_place() {
    if (!attempt_.keep_directory) TRY(remove_all(place_.task));
    return make_directories(place_.working);
  }

  Outcome<void> upload() {
    std::vector<OutputFile> files;
    for (const OutputFile& file : attempt_.output_files) {
      if (is_wanted(file, !end_.failure)) files.push_back(file);
    }
    // The wall time is the command's; what it made is worth the time that it takes.
    const Limits limits{.stop = limits_.stop};
    return upload_output_files(files, place_, environment_, blobs_, limits);
  }

  const NodeOptions& options_;
  BlobClient& blobs_;
  const Attempt& attempt_;
  const TaskPlace place_;
  const std::map<std::string, std::string> environment_;
  const Limits& limits_;
  const std::stop_token& kill_;
  AttemptEnd end_;
};

class DirectoryNode final : public Node {
 public:
  explicit DirectoryNode(NodeOptions options)
      : options_(std::move(options)),
        blobs_({.token = options_.storage_token, .clock = options_.clock}) {}

  Result<void> prepare() {
    for (const char* name : {"startup", "shared", "fsmounts", "workitems", "volatile"}) {
      TRY(make_directories(options_.root + "/" + name));
    }
    return end_leftovers(options_.root);
  }

  AttemptEnd run(const Attempt& attempt, std::stop_token stop) override {
    const auto directory = relative_directory(attempt.job, attempt.task);
    if (!directory) return refuse(attempt);
    std::stop_source either;
    const auto request = [&either] { either.request_stop(); };
    const std::stop_callback on_stop(stop, request);
    const std::stop_token lost = lost_.get_token();
    const std::stop_callback on_loss(lost, request);
    Limits limits{.stop = either.get_token()};
    if (attempt.wall_time) {
      limits.deadline = system_clock().now() + std::min(*attempt.wall_time, kWallTimeMax);
    }
    return Run(options_, blobs_, attempt, place_of(*directory), limits, lost).run();
  }

  void lose() override { lost_.request_stop(); }

  FileView files() const override { return FileView(options_.root); }
  FileView task_files(std::string_view job, std::string_view task) const override {
    const auto directory = relative_directory(job, task);
    return directory ? FileView(options_.root, *directory) : FileView("");
  }

  Result<void> remove_task(std::string_view job, std::string_view task) override {
    const auto directory = relative_directory(job, task);
    return directory ? remove_all(options_.root + "/" + *directory) : Result<void>();
  }
  Result<void> remove_job(std::string_view job) override {
    if (!is_id(job)) return {};
    return remove_all(options_.root + "/workitems/" + std::string(job));
  }

 private:
  AttemptEnd refuse(const Attempt& attempt) const {
    const auto now = options_.clock->wall_now();
    return {.started = now,
            .ended = now,
            .failure = make_failure("ResourceDirectoryCreateFailed", attempt.task,
                                    "the ids of job and task cannot be names of directories")};
  }

  TaskPlace place_of(const std::string& directory) const {
    const std::string task = options_.root + "/" + directory;
    return {.root = options_.root, .task = task, .working = task + "/wd"};
  }

  const NodeOptions options_;
  BlobClient blobs_;
  std::stop_source lost_;
};

}  // namespace

Result<std::unique_ptr<Node>> Node::open(NodeOptions options) {
  auto node = std::make_unique<DirectoryNode>(std::move(options));
  TRY(node->prepare());
  return node;
}

Result<void> Node::end_leftovers(const std::string& root) {
  return batch::end_leftovers(root + "/volatile", std::string(kRootDirectoryVariable) + "=" + root);
}

}  // namespace aloft::emulator::batch
