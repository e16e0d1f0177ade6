// SPDX-License-Identifier: Apache-2.0
// The program `aloft`: answers run and shell itself, static and small so that they start fast, and
// hands every other command to aloft-main.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "base/file.h"
#include "enter/daemon_start.h"
#include "enter/run.h"

namespace aloft::enter {
namespace {

int become_main_program(int argc, char** argv) {
  auto command = find_main_program();
  if (!command) {
    std::cerr << "aloft: " << command.error().message << "\n";
    return 1;
  }
  const std::string program = command->front();
  command->insert(command->end(), argv + std::min(argc, 1), argv + argc);
  ::execv(program.c_str(), exec_words(*command).data());
  std::cerr << "aloft: cannot run " << program << ": " << std::strerror(errno) << "\n";
  return 1;
}

/// Prints why the command is not even tried: wrong usage, above all. Like a command that cannot be
/// started, it must not be taken for the command's own exit code.
int own_failure(const std::string& message) {
  std::cerr << "aloft: " << message << "\n";
  return kOwnFailure;
}

int answer(const std::string& verb, const std::vector<std::string>& arguments) {
  const bool is_shell = verb == "shell";
  auto options = parse_run_options(arguments);
  if (!options) return own_failure(options.error().message);
  if (options->help) {
    const auto printed =
        write_all(STDOUT_FILENO, is_shell ? shell_help() : run_help(), "standard output");
    return printed ? 0 : own_failure(printed.error().message);
  }
  if (is_shell) {
    if (!options->command.empty())
      return own_failure("aloft shell takes no command; use aloft run");
    return run_shell(std::move(*options));
  }
  if (options->command.empty())
    return own_failure("aloft run needs a command; see aloft run --help");
  return run(*options);
}

/// Files that are opened later must not become standard input or output; the command still gets
/// them as closed as they were (O_CLOEXEC).
void fill_standard_descriptors() {
  int fd = -1;
  do {
    fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

int launch(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb != "run" && verb != "shell") return become_main_program(argc, argv);
  fill_standard_descriptors();
  try {
    return answer(verb, {argv + 2, argv + argc});
  } catch (const std::exception& exception) {  // Out of memory; nothing else throws here.
    std::cerr << "aloft: " << exception.what() << "\n";
    return kOwnFailure;
  }
}

}  // namespace
}  // namespace aloft::enter

int main(int argc, char** argv) {
  return aloft::enter::launch(argc, argv);
}
