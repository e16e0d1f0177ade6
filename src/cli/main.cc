// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/help.h"

int main(int argc, char** argv) {
  using namespace aloft::cli;
  CLI::App app("Scientific workloads on Azure, unchanged: files, copies, jobs.", "aloft");
  app.formatter(std::make_shared<HelpFormatter>());  // The commands inherit it.
  app.set_version_flag("--version", std::string("aloft ") + kVersion, "Print the version and exit");
  app.require_subcommand(1);
  Context context;
  add_run_commands(app, context);
  add_cp_command(app, context);
  add_sync_command(app, context);
  add_mv_command(app, context);
  add_ls_command(app, context);
  add_cat_command(app, context);
  add_rm_command(app, context);
  add_mkdir_command(app, context);
  add_stat_command(app, context);
  add_du_command(app, context);
  add_verify_command(app, context);
  add_account_command(app, context);
  add_mount_command(app, context);
  add_unmount_command(app, context);
  add_daemon_command(app, context);
  add_doctor_command(app, context);
  add_submit_command(app, context);
  add_status_command(app, context);
  add_jobs_command(app, context);
  add_logs_command(app, context);
  add_watch_command(app, context);
  add_why_command(app, context);
  add_cancel_command(app, context);
  add_pool_command(app, context);
  add_job_processes(app, context);
  add_emulator_command(app, context);
  prepare_commands(app);
  if (const auto exit_code = parse_arguments(app, argc, argv)) return *exit_code;
  return context.exit_code;
}
