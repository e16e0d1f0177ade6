// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <thread>

#include "cli/command.h"
#include "enter/daemon_client.h"
#include "enter/daemon_start.h"
#include "enter/fuse_mount.h"
#include "enter/mount_table.h"
#include "enter/object_path.h"

namespace aloft::cli {
namespace {

struct MountArguments {
  std::string uri{};
  std::string directory{};
  std::string ids{};
  bool read_only = false;
  bool foreground = false;
};

/// ACCOUNT/CONTAINER[/PATH]: a mount shows one container or a part of it.
Result<std::string> parse_root(const std::string& uri) {
  const std::string root = enter::root_of_uri(uri);
  const std::size_t slash = root.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == root.size()) {
    return fail(ErrorCode::invalid_argument,
                "'" + uri + "' is not of the form az://ACCOUNT/CONTAINER[/PATH]");
  }
  return root;
}

/// The daemon that serves a mount waits for ever if it needs the mount itself to do so.
Result<void> check_own_places(const std::string& directory, const EnvironmentLookup& environment) {
  for (const std::string& place : {config_directory(environment), runtime_directory(environment),
                                   local_directory(environment)}) {
    std::error_code failed;
    const std::string real = std::filesystem::weakly_canonical(place, failed).string() + "/";
    if (failed || !real.starts_with(directory == "/" ? directory : directory + "/")) continue;
    return fail(os_error(EBUSY, "cannot mount on " + directory +
                                    ": Aloft keeps files of its own in " + place +
                                    "; mount on an empty directory"));
  }
  return {};
}

Result<std::string> parse_directory(const std::string& path, const EnvironmentLookup& environment) {
  auto resolved = enter::resolve_mount_point(path);
  if (!resolved && resolved.error().os_errno == ENOENT) {
    return fail(os_error(ENOENT, path + " does not exist; make it with: mkdir " + path));
  }
  const std::string directory = TRY(std::move(resolved));
  TRY(check_own_places(directory, environment));
  if (const auto mounted = TRY(enter::find_aloft_mount(directory))) {
    return fail(ErrorCode::already_exists, directory + " shows " + mounted->source +
                                               " already; 'aloft unmount " + path + "' first");
  }
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    return fail_os(errno, "cannot look at " + directory);
  }
  if (!S_ISDIR(status.st_mode)) {
    return fail_os(ENOTDIR, "cannot mount on " + directory);
  }
  return directory;
}

/// The first answer: the mount works.
Result<void> see_answer(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    return fail_os(errno, "the mount at " + directory + " does not answer");
  }
  return {};
}

/// Keeps SIGINT and SIGTERM for unmount_on_signal().
sigset_t hold_end_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// Unmounts `directory` on each of these signals that comes.
void unmount_on_signal(const std::string& directory, const sigset_t& signals) {
  // It waits for as long as the process lives.
  std::thread([signals, directory] {
    for (;;) {
      int signal = 0;
      if (::sigwait(&signals, &signal) != 0) continue;
      const auto unmounted = enter::unmount_fuse(directory);
      if (!unmounted) report(unmounted.error());
    }
  }).detach();
}

Result<void> mount(const Context& context, const MountArguments& arguments) {
  const std::string root = TRY(parse_root(arguments.uri));
  const std::string directory = TRY(parse_directory(arguments.directory, context.environment));
  const bool is_root = ::geteuid() == 0;
  const enter::MainProgram main_program = TRY(enter::find_main_program());
  auto daemon = TRY(enter::DaemonClient::connect_or_start(enter::daemon_places(context.environment),
                                                          main_program));
  const enter::FuseMountOptions options{.source = "az://" + root,
                                        .read_only = arguments.read_only,
                                        .allow_other = is_root,
                                        .uid = ::geteuid(),
                                        .gid = ::getegid()};
  // From before the mount is in sight: a signal that comes early must not leave it behind.
  sigset_t signals{};
  if (arguments.foreground) signals = hold_end_signals();
  UniqueFd device = TRY(is_root ? enter::mount_fuse(directory, options)
                                : enter::mount_by_fusermount(directory, options));
  const bool squash = arguments.ids.empty() ? !is_root : arguments.ids == "squash";
  const auto id = daemon.mount({.root = root,
                                .directory = directory,
                                .read_only = arguments.read_only,
                                .squash_ids = squash},
                               device.get());
  device.reset();
  const auto answered = id ? see_answer(directory) : Result<void>(fail(id.error()));
  if (!answered) {
    // Nothing was written yet, so nothing can be lost with it.
    const auto unmounted = enter::unmount_fuse(directory);
    if (!unmounted) report(unmounted.error());
    return answered;
  }
  if (!arguments.foreground) return {};
  unmount_on_signal(directory, signals);
  return daemon.wait_unmounted(*id);
}

}  // namespace

void add_mount_command(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "mount", "Show a container, or a directory of one, as an ordinary directory");
  const auto arguments = std::make_shared<MountArguments>();
  command->add_option("URI", arguments->uri, "az://ACCOUNT/CONTAINER[/PATH]")->required();
  command->add_option("DIR", arguments->directory, "An existing directory")->required();
  command->add_flag("-f,--foreground", arguments->foreground,
                    "Stay until it is unmounted; Ctrl-C unmounts");
  command->add_flag("--read-only", arguments->read_only, "Refuse every change");
  command
      ->add_option("--ids", arguments->ids,
                   "squash: all files are shown as yours (the default for ordinary users); "
                   "stored: with their stored owners (the default for root)")
      ->check(CLI::IsMember({"squash", "stored"}))
      ->option_text("squash|stored");
  command->callback([&context, arguments] {
    const auto mounted = mount(context, *arguments);
    if (!mounted) report(context, mounted.error());
  });
}

}  // namespace aloft::cli
