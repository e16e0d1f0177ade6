// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "cli/command.h"
#include "cli/job_home.h"
#include "enter/daemon_start.h"

namespace aloft::cli {
namespace {

/// Returns only if that fails.
Result<void> become_launcher(const std::string& verb, const std::vector<std::string>& arguments) {
  const std::string launcher = TRY(launcher_path());
  std::vector<std::string> words{"aloft", verb};
  words.insert(words.end(), arguments.begin(), arguments.end());
  ::execv(launcher.c_str(), enter::exec_words(words).data());
  return fail_os(errno, "cannot run " + launcher);
}

void add(CLI::App& app, Context& context, const std::string& verb, const std::string& description) {
  auto* command = app.add_subcommand(verb, description);
  command->prefix_command();
  command->set_help_flag();
  command->callback([&context, command, verb] {
    report(context, become_launcher(verb, command->remaining()).error());
    context.exit_code = kOwnFailure;
  });
}

}  // namespace

void add_run_commands(CLI::App& app, Context& context) {
  add(app, context, "run", "Run a command with all containers in sight below /aloft");
  add(app, context, "shell", "Start a shell with all containers in sight below /aloft");
}

}  // namespace aloft::cli
