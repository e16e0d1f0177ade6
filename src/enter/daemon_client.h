// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "enter/daemon_start.h"

namespace aloft::enter {

inline constexpr int kProtocolVersion = 1;
inline constexpr std::size_t kMessageBytesMax = 1u << 20;

/// What the daemon is to serve through the /dev/fuse descriptor that comes along.
struct MountRequest {
  std::string root{};       ///< As posix::Options::root.
  std::string directory{};  ///< Where it is mounted; of the caller's namespace if `in_namespace`.
  bool in_namespace = false;
  bool read_only = false;
  bool squash_ids = false;  ///< Show all files as the caller's.
};

struct MountStatus {
  std::uint64_t id = 0;
  std::string root{};
  std::string directory{};
  bool in_namespace = false;
  bool read_only = false;
};

struct DaemonStatus {
  int pid = 0;
  std::string version{};
  std::vector<MountStatus> mounts{};
};

/// The launcher's and the commands' side of the daemon's control socket: one request at a time, for
/// one thread. The daemon ties a mount to the connection that asked for it only in this: when the
/// connection ends without drain(), it commits what is dirty on its own.
class DaemonClient {
 public:
  /// Fails with not_found if no daemon runs.
  static Result<DaemonClient> connect(const DaemonPlaces& places);
  static Result<DaemonClient> connect_or_start(const DaemonPlaces& places,
                                               const MainProgram& main_program);

  /// Sends along the AZURE_, ALOFT_, XDG_, HOME and PATH variables of this process, by which the
  /// daemon finds accounts and credentials. Returns the mount's id once it is served; fails as the
  /// daemon does, with not_found if the container is absent.
  Result<std::uint64_t> mount(const MountRequest& request, int fuse_fd);
  /// Returns once everything written to the mount is stored, or its first error. The value: why the
  /// storage refused requests of the mount so far, in words; programs saw an errno only.
  Result<std::vector<std::string>> drain(std::uint64_t mount);
  /// Returns once the mount has ended and its last writes are stored, or their first error;
  /// deadline_exceeded leaves the connection unusable.
  Result<void> wait_unmounted(std::uint64_t mount,
                              Clock::time_point deadline = Clock::time_point::max());
  Result<DaemonStatus> status();
  /// Asks the daemon to commit everything and end; returns its first error.
  Result<void> stop();
  /// The connection, to poll for its end.
  int descriptor() const { return socket_.get(); }

 private:
  explicit DaemonClient(UniqueFd socket) : socket_(std::move(socket)) {}
  static Result<DaemonClient> greet(UniqueFd socket);
  Result<nlohmann::json> ask(const nlohmann::json& request, int fd, Clock::time_point deadline);

  UniqueFd socket_;
};

}  // namespace aloft::enter
