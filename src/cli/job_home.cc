// SPDX-License-Identifier: Apache-2.0
#include "cli/job_home.h"

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "cli/batch_jobs.h"
#include "cli/command.h"
#include "executor/local/local_executor.h"

namespace aloft::cli {
namespace {

namespace fs = std::filesystem;

/// Between two looks at a job that somebody waits for; it grows, as long jobs can wait longer.
constexpr auto kPauseMin = std::chrono::milliseconds(20);
constexpr auto kPauseMax = std::chrono::milliseconds(500);

int code_of(const executor::TaskStatus& task) {
  const auto& record = task.record;
  if (!record) return kOwnFailure;
  if (record->exit_class == ExitClass::succeeded) return kSuccess;
  // A task that trapped SIGTERM and left with 0 was still cut short.
  const int code = record->code.value_or(kOwnFailure);
  return code == 0 ? kFailed : code;
}

}  // namespace

std::string job_home(const EnvironmentLookup& environment) {
  return local_directory(environment) + "/jobs";
}

Result<std::string> launcher_path() {
  // With libraries of our own this names their loader, which lies in the same directory.
  std::error_code failed;
  const fs::path own = fs::read_symlink("/proc/self/exe", failed).parent_path();
  if (failed) return fail_os(failed.value(), "cannot find this program");
  for (const auto& candidate : {own / "aloft", own / "../../bin/aloft"}) {
    std::error_code ignored;
    if (fs::is_regular_file(candidate, ignored)) return candidate.lexically_normal().string();
  }
  return fail(ErrorCode::not_found, "the program aloft is not beside " + own.string() +
                                        "/aloft-main; install both together");
}

void add_home_option(CLI::App& command, Context& context, const char* help) {
  command.add_option("--home", context.home, help)->option_text("URI");
}

std::string chosen_home(const Context& context) {
  if (!context.home.empty()) return context.home;
  const char* home = context.environment("ALOFT_JOB_HOME");
  return home == nullptr ? "" : home;
}

Result<std::unique_ptr<executor::Executor>> open_jobs(const Context& context,
                                                      std::stop_token stop) {
  const std::string home = chosen_home(context);
  if (home.empty()) return open_local_jobs(context.environment);
  return open_batch_jobs(context.environment, home, "", std::move(stop));
}

Result<std::unique_ptr<executor::Executor>> open_local_jobs(const EnvironmentLookup& environment) {
  TRY(make_private_directory(local_directory(environment)));
  const std::string home = job_home(environment);
  const std::string program = TRY(launcher_path());
  executor::LocalOptions options{.home = home, .scheduler = {program, "scheduler", "--home", home}};
  auto opened = TRY(executor::LocalExecutor::open(std::move(options)));
  return std::make_unique<executor::LocalExecutor>(std::move(opened));
}

Result<executor::JobStatus> look_at(executor::Executor& executor, const std::string& id) {
  const workload::TaskName name = TRY(workload::parse_task_name(id));
  auto job = TRY(executor.status(name.job));
  if (!name.index) return job;
  std::erase_if(job.tasks, [&](const executor::TaskStatus& task) { return task.name != name; });
  if (!job.tasks.empty()) return job;
  return fail(ErrorCode::not_found,
              "job " + std::to_string(name.job) + " has no element " + std::to_string(*name.index));
}

Result<int> wait_for_job(executor::Executor& executor, workload::JobId id, const Limits& limits) {
  const auto job = TRY(executor.status(id));
  std::vector<workload::TaskName> left;
  for (const auto& task : job.tasks) left.push_back(task.name);
  int code = kSuccess;
  for (auto pause = kPauseMin; true; pause = std::min(pause * 3 / 2, kPauseMax)) {
    const auto states = TRY(executor.poll(left));
    left.clear();
    for (const auto& task : states) {
      if (task.phase == executor::TaskPhase::ended) {
        code = std::max(code, code_of(task));
      } else {
        left.push_back(task.name);
      }
    }
    if (left.empty()) return code;
    if (!system_clock().sleep_until(system_clock().now() + pause, limits.stop)) {
      return fail(ErrorCode::cancelled, "no longer waiting; job " + std::to_string(id) +
                                            " goes on (`aloft cancel` ends it)");
    }
  }
}

}  // namespace aloft::cli
