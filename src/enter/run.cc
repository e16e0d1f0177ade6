// SPDX-License-Identifier: Apache-2.0
#include "enter/run.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <iostream>

#include "enter/child.h"
#include "enter/daemon_client.h"
#include "enter/fuse_mount.h"
#include "enter/namespaces.h"
#include "enter/new_root.h"
#include "enter/object_path.h"

namespace aloft::enter {
namespace {

void print(const std::string& message) {
  std::cerr << "aloft: " << message << std::endl;
}

void print(const Error& error) {
  print(error.message + (error.request_id.empty() ? "" : " (request " + error.request_id + ")"));
}

/// What this host refuses is explained by `aloft doctor`.
template <class T>
Result<T> of_this_host(Result<T> result) {
  if (result) return result;
  Error error = std::move(result).error();
  error.message += "; 'aloft doctor' shows what this host allows";
  return fail(std::move(error));
}

/// The private mount and the daemon that serves it.
struct Served {
  DaemonClient daemon;
  std::uint64_t mount = 0;
};

Result<std::string> working_directory() {
  std::array<char, PATH_MAX> path{};
  if (::getcwd(path.data(), path.size()) == nullptr) {
    return fail_os(errno, "cannot tell the present directory");
  }
  return std::string(path.data());
}

Result<void> change_directory(const std::string& path) {
  if (::chdir(path.c_str()) != 0) return fail_os(errno, "cannot start in " + path);
  return {};
}

Result<void> show_map(const PathMap& map) {
  if (::mount(path_of_uri(map.uri).c_str(), map.path.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    return fail_os(errno, "cannot show " + map.uri + " at " + map.path);
  }
  return {};
}

/// In the namespaces: the mount itself, on a directory that may have to be made.
Result<UniqueFd> mount_privately(const RunOptions& options, bool in_user_namespace) {
  std::vector<std::string> directories{std::string(kPrefix)};
  for (const PathMap& map : options.maps) directories.push_back(map.path);
  TRY(provide_directories(directories));
  return mount_fuse(std::string(kPrefix), {.source = "aloft",
                                           .read_only = options.read_only,
                                           .allow_other = !in_user_namespace,
                                           .uid = ::geteuid(),
                                           .gid = ::getegid()});
}

Result<Served> enter(const RunOptions& options) {
  const std::string start_directory = TRY(working_directory());
  // The daemon must live outside the namespaces, so it comes first.
  const MainProgram main_program = TRY(find_main_program());
  DaemonClient daemon =
      TRY(of_this_host(DaemonClient::connect_or_start(daemon_places(), main_program)));
  const bool in_user_namespace = TRY(of_this_host(enter_namespaces()));
  UniqueFd device = TRY(of_this_host(mount_privately(options, in_user_namespace)));
  const bool squash = options.ids.empty() ? ::geteuid() != 0 : options.ids == "squash";
  const std::uint64_t mount = TRY(daemon.mount({.root = "",
                                                .directory = std::string(kPrefix),
                                                .in_namespace = true,
                                                .read_only = options.read_only,
                                                .squash_ids = squash},
                                               device.get()));
  device.reset();  // Only the daemon's copy is left: if it dies, uses of the mount fail at once.
  for (const PathMap& map : options.maps) TRY(show_map(map));
  // First back to where we were: --chdir may be relative, and a new root moved us to "/".
  TRY(change_directory(start_directory));
  if (!options.chdir.empty()) TRY(change_directory(path_of_uri(options.chdir)));
  return Served{.daemon = std::move(daemon), .mount = mount};
}

/// Pages that a command changed through mmap may still be in the kernel only.
void push_mapped_pages() {
  const UniqueFd root(::open(std::string(kPrefix).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root) ::syncfs(root.get());  // The drain that follows reports what could not be stored.
}

}  // namespace

int run(const RunOptions& options) {
  auto served = enter(options);
  if (!served) {
    print(served.error());
    return kOwnFailure;
  }
  std::vector<std::string> command;
  for (const std::string& word : options.command) command.push_back(rewrite_argument(word));
  const auto ended =
      run_child(command, options.group_signals ? Signals::to_its_group : Signals::to_this_process);
  if (!ended) {
    print(ended.error());
    return kOwnFailure;
  }
  if (!ended->message.empty()) print(ended->message);
  push_mapped_pages();
  const auto drained = served->daemon.drain(served->mount);
  if (drained) {
    // The command could say no more than "Input/output error"; if it coped with that, all is well.
    if (ended->exit_code != 0) {
      for (const std::string& problem : *drained) print(problem);
    }
    return ended->exit_code;
  }
  print(drained.error());
  return ended->exit_code == 0 ? kOwnFailure : ended->exit_code;
}

int run_shell(RunOptions options) {
  const char* shell = std::getenv("SHELL");
  options.command = {shell != nullptr && *shell != '\0' ? shell : "/bin/sh"};
  // Bash sets PS1 from its start files, but runs PROMPT_COMMAND of the environment behind them.
  ::setenv("PS1", "(aloft) $ ", 1);
  ::setenv("PROMPT_COMMAND", "case $PS1 in '(aloft)'*) ;; *) PS1=\"(aloft) $PS1\" ;; esac", 0);
  return run(options);
}

}  // namespace aloft::enter
