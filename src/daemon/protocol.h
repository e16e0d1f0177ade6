// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/directories.h"
#include "base/result.h"

namespace aloft::daemon {

/// The messages of the control socket: one JSON object each way, as base/local_socket.h frames
/// them. A client greets first and then asks one thing at a time. An answer is {"ok":true,…} or
/// {"ok":false,"code":…,"errno":…,"message":…,"request_id":…}. enter/daemon_client.h is the other
/// side.
inline constexpr int kProtocolVersion = 1;
inline constexpr std::size_t kMessageBytesMax = 1u << 20;

using Variables = std::map<std::string, std::string>;
/// The caller's environment, by which its accounts and credentials are found.
EnvironmentLookup lookup_in(Variables variables);

struct Hello {
  int protocol = 0;
  std::string version{};
};
/// Brings the /dev/fuse descriptor along.
struct MountRequest {
  std::string root{};  ///< As posix::Options::root.
  std::string directory{};
  bool in_namespace = false;
  bool read_only = false;
  bool squash_ids = false;
  Variables environment{};
};
struct Drain {
  std::uint64_t mount = 0;
};
struct WaitUnmounted {
  std::uint64_t mount = 0;
};
struct Status {};
struct Stop {};

using Request = std::variant<Hello, MountRequest, Drain, WaitUnmounted, Status, Stop>;

/// Fails with invalid_argument on anything that is not exactly one known request with the fields it
/// needs.
Result<Request> parse_request(std::string_view text);

struct MountStatus {
  std::uint64_t id = 0;
  std::string root{};
  std::string directory{};
  bool in_namespace = false;
  bool read_only = false;
};

std::string answer_ok();
std::string answer_error(const Error& error);
/// `problems`: why the storage refused requests of the mount, in words.
std::string answer_drained(const std::vector<std::string>& problems);
std::string answer_mounted(std::uint64_t mount);
std::string answer_status(const std::string& version, const std::vector<MountStatus>& mounts);

}  // namespace aloft::daemon
