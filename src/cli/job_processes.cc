// SPDX-License-Identifier: Apache-2.0
// The two processes behind local jobs; no user calls them.
#include <fcntl.h>
#include <unistd.h>

#include <memory>

#include "base/file.h"
#include "cli/command.h"
#include "cli/job_home.h"
#include "executor/local/scheduler.h"
#include "executor/supervisor/supervisor.h"
#include "object/azure/open_accounts.h"

namespace aloft::cli {
namespace {

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
  const std::string program = TRY(own_path());
  executor::SchedulerOptions options;
  options.supervisor = {program, "supervise"};
  return executor::Scheduler(std::move(home), std::move(*lock), std::move(options)).run(ready);
}

Result<void> supervise(const std::string& directory) {
  executor::SupervisorOptions options{.task_directory = directory};
  // Without a launcher only tasks in containers fail, each saying so.
  options.launcher = launcher_path().value_or("aloft");
  options.open_accounts = [](const EnvironmentLookup& environment) {
    return open_azure_accounts(environment);
  };
  return executor::supervise(options);
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
}

}  // namespace aloft::cli
