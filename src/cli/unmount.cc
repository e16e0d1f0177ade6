// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <memory>
#include <optional>

#include "cli/command.h"
#include "enter/daemon_client.h"
#include "enter/daemon_start.h"
#include "enter/fuse_mount.h"
#include "enter/mount_table.h"

namespace aloft::cli {
namespace {

using namespace std::chrono_literals;

/// How long the daemon may take to notice that the mount is gone and to store what came last.
constexpr auto kLastWritesTimeMax = 3600s;

Result<std::optional<std::uint64_t>> find_id(enter::DaemonClient& daemon,
                                             const std::string& directory) {
  std::optional<std::uint64_t> id;
  const enter::DaemonStatus status = TRY(daemon.status());
  for (const enter::MountStatus& mount : status.mounts) {
    if (!mount.in_namespace && mount.directory == directory) id = mount.id;
  }
  return id;
}

Result<void> remove_mount(const std::string& directory) {
  auto unmounted = enter::unmount_fuse(directory);
  if (unmounted || unmounted.error().os_errno != EBUSY) return unmounted;
  return fail(os_error(
      EBUSY, directory + " is in use: end the programs that use it (fuser -vm " + directory + ")"));
}

/// First everything is stored, so that a failure leaves the mount and the data as they are.
Result<void> unmount(const Context& context, const std::string& path) {
  const std::string directory = TRY(enter::resolve_mount_point(path));
  if (!TRY(enter::find_aloft_mount(directory))) {
    return fail(ErrorCode::not_found, "Aloft has mounted nothing at " + directory);
  }
  auto daemon = enter::DaemonClient::connect(enter::daemon_places(context.environment));
  // Without its daemon the mount answers nothing any more: there is nothing to wait for.
  if (!daemon) return remove_mount(directory);
  const std::optional<std::uint64_t> id = TRY(find_id(*daemon, directory));
  if (!id) return remove_mount(directory);
  if (auto drained = daemon->drain(*id); !drained) {
    Error error = std::move(drained).error();
    error.message += "; " + directory + " stays mounted ('umount -l' gives the data up)";
    return fail(std::move(error));
  }
  TRY(remove_mount(directory));
  return daemon->wait_unmounted(*id, std::chrono::steady_clock::now() + kLastWritesTimeMax);
}

}  // namespace

void add_unmount_command(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("unmount", "End a mount once all that was written to it is stored");
  const auto directory = std::make_shared<std::string>();
  command->add_option("DIR", *directory, "Where aloft mount put it")->required();
  command->callback([&context, directory] {
    const auto unmounted = unmount(context, *directory);
    if (!unmounted) report(context, unmounted.error());
  });
}

}  // namespace aloft::cli
