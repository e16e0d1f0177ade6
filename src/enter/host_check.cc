// SPDX-License-Identifier: Apache-2.0
#include "enter/host_check.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>

#include "base/file.h"
#include "base/pipe.h"
#include "enter/daemon_client.h"
#include "enter/fuse_mount.h"
#include "enter/namespaces.h"
#include "enter/new_root.h"
#include "enter/object_path.h"

namespace aloft::enter {
namespace {

using State = Finding::State;

/// Runs `step` in a child, for what cannot be undone in this process, and returns what it found:
/// an empty text for success, else the reason.
std::string in_a_child(const std::function<Result<void>()>& step) {
  auto pipe = make_pipe();
  if (!pipe) return pipe.error().message;
  const pid_t child = ::fork();
  if (child < 0) return "cannot start a process";
  if (child == 0) {
    const auto done = step();
    const std::string text = done ? "" : done.error().message;
    ::_exit(write_all(pipe->write_end.get(), text, "pipe") ? 0 : 1);
  }
  pipe->write_end.reset();
  const std::string reason = read_to_end(pipe->read_end);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return ended_well || !reason.empty() ? reason : "the trial ended abnormally";
}

/// Messages of errors read "what: why; remedy".
Finding finding_of(const std::string& name, const std::string& reason, const std::string& good) {
  if (reason.empty()) return {.name = name, .state = State::good, .detail = good};
  const std::size_t semicolon = reason.find("; ");
  Finding finding{.name = name, .state = State::bad, .detail = reason.substr(0, semicolon)};
  finding.remedy = semicolon == std::string::npos ? "see docs/guide, or run as root to compare"
                                                  : reason.substr(semicolon + 2);
  return finding;
}

Result<void> open_device() {
  TRY(open_fuse_device());
  return {};
}

Result<void> enter_only() {
  TRY(enter_namespaces());
  return {};
}

Result<void> enter_and_provide() {
  TRY(enter_namespaces());
  const std::vector<std::string> directories{std::string(kPrefix)};
  TRY(provide_directories(directories));
  return {};
}

Result<void> enter_and_mount() {
  TRY(enter_and_provide());
  TRY(mount_fuse(std::string(kPrefix),
                 {.source = "aloft", .uid = ::geteuid(), .gid = ::getegid()}));
  return {};
}

bool is_network_file_system(long type) {
  switch (static_cast<unsigned long>(type)) {
    case 0x6969:      // NFS
    case 0x0BD00BD0:  // Lustre
    case 0xFF534D42:  // CIFS
    case 0xFE534D42:  // SMB 2
    case 0x47504653:  // GPFS
    case 0x00C36400:  // CephFS
    case 0x19830326:  // BeeGFS
    case 0x65735546:  // FUSE
      return true;
    default:
      return false;
  }
}

Finding check_directory(const std::string& name, const std::string& path,
                        const std::string& variable) {
  const auto made = make_private_directory(path);
  if (!made) {
    return {.name = name,
            .state = State::bad,
            .detail = made.error().message,
            .remedy = "correct it, or set " + variable + " to another directory"};
  }
  struct statfs status {};
  if (::statfs(path.c_str(), &status) != 0) {
    return {.name = name, .state = State::bad, .detail = "cannot look at " + path, .remedy = ""};
  }
  if (is_network_file_system(status.f_type)) {
    return {.name = name,
            .state = State::bad,
            .detail = path + " is on a network file system",
            .remedy = "set " + variable + " to a directory on this node's own disk"};
  }
  // Some file systems make blocks or files as they are needed, and count none of them.
  const bool has_no_blocks = status.f_blocks > 0 && status.f_bavail == 0;
  const bool has_no_files = status.f_files > 0 && status.f_ffree == 0;
  if (has_no_blocks || has_no_files) {
    return {.name = name,
            .state = State::bad,
            .detail = path + " is on a disk that is full",
            .remedy = "free space there, or set " + variable + " to a directory on another disk"};
  }
  return {.name = name, .state = State::good, .detail = path};
}

bool is_locked(const std::string& path) {
  const auto lock = open_file(path, O_RDWR);
  return lock && ::flock(lock->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace

std::vector<Finding> check_entering() {
  std::vector<Finding> findings;
  findings.push_back(finding_of("/dev/fuse", in_a_child(open_device), "can be opened"));
  const bool is_root = ::geteuid() == 0;
  const std::string refused = in_a_child(enter_only);
  Finding namespaces = finding_of(
      "namespaces", refused, is_root ? "a mount namespace (as root)" : "user and mount namespace");
  if (const std::size_t colon = refused.find("): "); colon != std::string::npos) {
    namespaces.detail = refused.substr(0, colon + 1);
    namespaces.remedy = refused.substr(colon + 3);
  }
  findings.push_back(namespaces);
  if (!refused.empty()) return findings;  // The rest builds on them.
  findings.push_back(
      finding_of("/aloft", in_a_child(enter_and_provide),
                 ::access(std::string(kPrefix).c_str(), F_OK) == 0
                     ? "is there"
                     : "absent; a new root shows it (as root, mkdir /aloft saves 1-2 ms a start)"));
  findings.push_back(finding_of("private mount", in_a_child(enter_and_mount), "works"));
  return findings;
}

Finding check_fusermount() {
  const char* path_variable = std::getenv("PATH");
  std::string rest = path_variable == nullptr ? "/usr/bin:/bin" : path_variable;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string candidate = rest.substr(0, colon) + "/fusermount3";
    rest.erase(0, std::min(colon + 1, rest.size()));
    struct stat status {};
    if (::stat(candidate.c_str(), &status) != 0) continue;
    if ((status.st_mode & S_ISUID) != 0) {
      return {.name = "fusermount3", .state = State::good, .detail = candidate};
    }
    return {.name = "fusermount3",
            .state = State::limited,
            .detail = candidate + " is not set-user-ID root: only root can use 'aloft mount'",
            .remedy = "as root: chmod 4755 " + candidate};
  }
  return {.name = "fusermount3",
          .state = State::limited,
          .detail = "not installed: only root can use 'aloft mount' (aloft run does not need it)",
          .remedy = "as root: apt install fuse3"};
}

std::vector<Finding> check_directories(const EnvironmentLookup& environment) {
  return {
      check_directory("runtime directory", runtime_directory(environment), "XDG_RUNTIME_DIR"),
      check_directory("local directory", local_directory(environment), "ALOFT_LOCAL_DIR"),
  };
}

Finding check_daemon(const EnvironmentLookup& environment) {
  const DaemonPlaces places = daemon_places(environment);
  auto client = DaemonClient::connect(places);
  if (!client) {
    if (client.error().code == ErrorCode::not_found && !is_locked(places.lock)) {
      return {.name = "daemon", .detail = "none runs; aloft run starts one"};
    }
    return {.name = "daemon",
            .state = State::bad,
            .detail = "one runs, but does not answer: " + client.error().message,
            .remedy = "look at " + places.log + " and end it: fuser -k " + places.lock};
  }
  const auto status = client->status();
  if (!status) {
    return {.name = "daemon",
            .state = State::bad,
            .detail = status.error().message,
            .remedy = "look at " + places.log};
  }
  return {.name = "daemon",
          .detail = "pid " + std::to_string(status->pid) + ", version " + status->version + ", " +
                    std::to_string(status->mounts.size()) + " mounts; log " + places.log};
}

}  // namespace aloft::enter
