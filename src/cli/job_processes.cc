// SPDX-License-Identifier: Apache-2.0
// The processes behind jobs: two of this machine, one of a node of Azure Batch. No user calls them.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "base/file.h"
#include "cli/command.h"
#include "cli/job_home.h"
#include "executor/azure_batch/node_task.h"
#include "executor/local/scheduler.h"
#include "executor/supervisor/end_signals.h"
#include "executor/supervisor/supervisor.h"
#include "object/azure/open_accounts.h"

namespace aloft::cli {
namespace {

AccountOpener open_accounts(const EnvironmentLookup& environment) {
  return open_azure_accounts(environment);
}

Result<void> schedule(const std::string& path) {
  executor::JobHome home = TRY(executor::JobHome::open(path));
  auto lock = TRY(home.try_lock_scheduler());
  const auto ready = [] {
    // Whoever started it reads a byte and goes on; nothing else is said on standard output.
    static_cast<void>(write_all(STDOUT_FILENO, std::string_view("."), "the starter"));
    const UniqueFd null = open_file("/dev/null", O_WRONLY).value_or(UniqueFd());
    if (null) ::dup2(null.get(), STDOUT_FILENO);
  };
  if (!lock) {
    ready();  // Another one is at work, which is as good.
    return {};
  }
  const std::string program = TRY(launcher_path());
  executor::SchedulerOptions options;
  options.supervisor = {program, "supervise"};
  return executor::Scheduler(std::move(home), std::move(*lock), std::move(options)).run(ready);
}

Result<void> supervise(const std::string& directory) {
  executor::SupervisorOptions options{.task_directory = directory};
  options.launcher = TRY(launcher_path());
  options.open_accounts = open_accounts;
  return executor::supervise(options);
}

std::string value_or(const Context& context, const char* variable, std::string otherwise) {
  const char* value = context.environment(variable);
  return value == nullptr ? std::move(otherwise) : value;
}

Result<int> run_node_task(const Context& context, executor::NodeTaskOptions options) {
  executor::hold_end_signals();
  options.directory =
      value_or(context, "AZ_BATCH_TASK_WORKING_DIR", std::filesystem::current_path().string());
  options.node = value_or(context, "AZ_BATCH_NODE_ID", "");
  options.environment = context.environment;
  options.launcher = TRY(launcher_path());
  options.open_accounts = open_accounts;
  return executor::run_node_task(options);
}

void add_node_task(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("node-task", "Run one task on a node of Azure Batch");
  command->group("");
  const auto options = std::make_shared<executor::NodeTaskOptions>();
  command->add_option("--home", options->home, "az://ACCOUNT/CONTAINER with the job home")
      ->required();
  command->add_option("--endpoint", options->home_endpoint,
                      "Where that account answers; accounts are reached with the node's identity");
  command->add_option("--client-id", options->client_id,
                      "Of that identity; needed where the node has several");
  command->add_option("JOB", options->job)->required();
  command->add_option("NUMBER", options->number, "Of the task, in the job home")->required();
  command->callback([options, &context] {
    const auto code = run_node_task(context, *options);
    if (!code) report(context, code.error());
    // As with `aloft run`, our own failure must not be taken for the task's own exit code.
    context.exit_code = code.value_or(kOwnFailure);
  });
}

}  // namespace

void add_job_processes(CLI::App& app, Context& context) {
  auto path = std::make_shared<std::string>();
  auto* scheduler = app.add_subcommand("scheduler", "Run the tasks of a job home")->group("");
  scheduler->add_option("--home", *path, "Its directory")->required();
  scheduler->callback([path, &context] {
    if (const auto done = schedule(*path); !done) report(context, done.error());
  });
  auto* supervisor = app.add_subcommand("supervise", "Run one task")->group("");
  supervisor->add_option("DIRECTORY", *path, "With the task's records")->required();
  supervisor->callback([path, &context] {
    if (const auto done = supervise(*path); !done) report(context, done.error());
  });
  add_node_task(app, context);
}

}  // namespace aloft::cli
