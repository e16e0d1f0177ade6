// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "cli/command.h"

namespace aloft::cli {
namespace {

/// Becomes the launcher, which is beside this program, or two levels up in bin.
Error become_launcher(const std::string& verb, const std::vector<std::string>& arguments) {
  std::error_code failed;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
  std::vector<std::string> words{"aloft", verb};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  for (const auto& candidate : {own / "aloft", own / "../../bin/aloft"}) {
    ::execv(candidate.c_str(), pointers.data());
  }
  return os_error(errno, "cannot run the program aloft beside " + own.string() +
                             "/aloft-main: " + std::strerror(errno));
}

void add(CLI::App& app, Context& context, const std::string& verb, const std::string& description) {
  auto* command = app.add_subcommand(verb, description);
  command->prefix_command();
  command->set_help_flag();
  command->callback([&context, command, verb] {
    report(context, become_launcher(verb, command->remaining()));
    context.exit_code = kOwnFailure;
  });
}

}  // namespace

void add_run_commands(CLI::App& app, Context& context) {
  add(app, context, "run", "Run a command with all containers in sight below /aloft");
  add(app, context, "shell", "Start a shell with all containers in sight below /aloft");
}

}  // namespace aloft::cli
