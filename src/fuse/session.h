// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "posix/file_system.h"

namespace aloft::fuse {

struct SessionOptions {
  std::string name = "aloft";  ///< For log lines.
  /// Requests that are under way at a time; each costs a thread and up to 2 MiB.
  unsigned threads_max = 10;
  /// How long the kernel believes that a name is absent.
  std::chrono::milliseconds negative_ttl{5000};
  /// A lookup, a read, a write … that takes longer fails with ETIMEDOUT.
  std::chrono::seconds request_time_max{300};
  /// The same for close and fsync, which may have gigabytes to store.
  std::chrono::seconds commit_time_max{3600};
  /// Called, from any thread, with errors that are the storage's (refused, not reachable, full, …),
  /// of which a program learns an errno only. Not with everyday ones such as an absent file.
  std::function<void(const Error&)> on_problem{};
};

/// Serves one FUSE mount from a FileSystem: turns the kernel's requests into its calls.
///
/// A signal to a waiting process does not make its call fail unless the process is about to die of
/// it (as on NFS): most programs take EINTR from a file for a broken disk. Then the call's Limits
/// are stopped. No exception leaves; one inside a request becomes EIO for its caller.
class Session {
 public:
  /// `files` outlives it.
  Session(posix::FileSystem& files, SessionOptions options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Answers on `device`, an open /dev/fuse that is mounted already, with as many threads as are
  /// busy at a time. Returns when the mount is gone, after stop(), or with the error of the device.
  /// Called once.
  Result<void> serve(UniqueFd device);

  /// Makes serve() return once the requests under way are answered; from any thread. The mount then
  /// fails with ENOTCONN.
  void stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace aloft::fuse
