// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "base/directories.h"
#include "base/error.h"
#include "base/result.h"

namespace aloft::cli {

inline constexpr const char* kVersion = ALOFT_VERSION;

/// Exit codes of the contract: a command's own code is passed on by those that run one.
enum ExitCode {
  kSuccess = 0,
  kFailed = 1,
  kWrongUsage = 2,
  kOwnFailure = 125,
  kInterrupted = 130,
};

/// What the commands share; lives in main() longer than all of them.
struct Context {
  EnvironmentLookup environment = process_environment();
  /// Machine-readable output on standard output; set by the flag of add_json_option().
  bool json = false;
  /// One document on each line instead of one alone; set by add_json_events_option().
  bool json_lines = false;
  /// Whose jobs a command means; set by add_home_option().
  std::string home{};
  int exit_code = kSuccess;
};

/// Gives `command` the flag --json; its help says what `document` it prints.
void add_json_option(CLI::App& command, Context& context, const std::string& document);

/// As above, for commands that take long: a document on each line, {"event": "progress", …} once a
/// second and {"event": "summary", …} with `document` at the end.
void add_json_events_option(CLI::App& command, Context& context, const std::string& document);

/// Prints "aloft: MESSAGE" on standard error and returns the exit code for it: kWrongUsage for
/// invalid_argument (without an errno), kInterrupted for cancelled, else kFailed.
int report(const Error& error);

/// As above; with --json also prints {"error": {"code": …, "message": …}} on standard output, so
/// that a program that reads it always finds one document. Sets context.exit_code.
void report(Context& context, const Error& error);

// One function for each command, in a file of its name: adds the subcommand with its options; its
// callback does the work and sets context.exit_code.

void add_account_command(CLI::App& app, Context& context);
/// The process that serves files.
void add_daemon_command(CLI::App& app, Context& context);
void add_cancel_command(CLI::App& app, Context& context);
void add_doctor_command(CLI::App& app, Context& context);
void add_du_command(CLI::App& app, Context& context);
void add_emulator_command(CLI::App& app, Context& context);
/// scheduler, supervise and node-task: what `submit` starts.
void add_job_processes(CLI::App& app, Context& context);
void add_jobs_command(CLI::App& app, Context& context);
void add_logs_command(CLI::App& app, Context& context);
void add_cat_command(CLI::App& app, Context& context);
void add_cp_command(CLI::App& app, Context& context);
void add_ls_command(CLI::App& app, Context& context);
void add_mkdir_command(CLI::App& app, Context& context);
void add_mount_command(CLI::App& app, Context& context);
void add_mv_command(CLI::App& app, Context& context);
void add_pool_command(CLI::App& app, Context& context);
void add_rm_command(CLI::App& app, Context& context);
/// run and shell are the launcher's; here they are for the help, and hand over to it.
void add_run_commands(CLI::App& app, Context& context);
void add_status_command(CLI::App& app, Context& context);
void add_submit_command(CLI::App& app, Context& context);
void add_stat_command(CLI::App& app, Context& context);
void add_sync_command(CLI::App& app, Context& context);
void add_unmount_command(CLI::App& app, Context& context);
void add_verify_command(CLI::App& app, Context& context);
void add_watch_command(CLI::App& app, Context& context);
void add_why_command(CLI::App& app, Context& context);

}  // namespace aloft::cli
