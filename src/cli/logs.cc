// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <memory>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/job_home.h"
#include "cli/output.h"

namespace aloft::cli {
namespace {

constexpr auto kFollowPause = std::chrono::milliseconds(200);

struct LogsArguments {
  std::string id{};
  bool follow = false;
  bool error = false;
};

Result<bool> has_ended(executor::Executor& executor, const workload::TaskName& name) {
  const auto states = TRY(executor.poll(std::span(&name, 1)));
  return states.front().phase == executor::TaskPhase::ended;
}

Result<void> check_one_task(executor::Executor& executor, const workload::TaskName& name) {
  if (name.index) return {};
  const auto job = TRY(executor.status(name.job));
  if (!job.job.array) return {};
  return fail(ErrorCode::invalid_argument, "job " + std::to_string(name.job) +
                                               " is an array: name one element, as in " +
                                               to_text(job.tasks.front().name));
}

Result<void> show_logs(const LogsArguments& arguments, Context& context) {
  const workload::TaskName name = TRY(workload::parse_task_name(arguments.id));
  const auto executor = TRY(open_jobs(context));
  TRY(check_one_task(*executor, name));
  const auto stream = arguments.error ? executor::LogStream::error : executor::LogStream::output;
  const Interruption interruption;
  Output output;
  std::vector<std::byte> buffer(64u << 10);
  for (std::uint64_t offset = 0;;) {
    // Asked before reading: what a task wrote before its end is then certainly read.
    const bool last = !arguments.follow || TRY(has_ended(*executor, name));
    while (const std::size_t got = TRY(executor->read_log(name, stream, offset, buffer))) {
      output.bytes(std::span(buffer).first(got));
      offset += got;
    }
    if (last) return {};
    const auto until = system_clock().now() + kFollowPause;
    if (!system_clock().sleep_until(until, interruption.limits().stop)) {
      context.exit_code = interruption.exit_code();
      return {};
    }
  }
}

}  // namespace

void add_logs_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<LogsArguments>();
  auto* command = app.add_subcommand("logs", "Print what a task has written");
  command->add_option("ID", arguments->id, "ID of a job, or ID_INDEX of one element of an array")
      ->required();
  command->add_flag("-f,--follow", arguments->follow, "Go on until the task has ended");
  command->add_flag("--stderr", arguments->error, "Standard error, where it has a file of its own");
  add_home_option(*command, context);
  command->callback([arguments, &context] {
    if (const auto shown = show_logs(*arguments, context); !shown) report(context, shown.error());
  });
}

}  // namespace aloft::cli
