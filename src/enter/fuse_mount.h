// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "base/directories.h"
#include "base/file.h"
#include "base/result.h"

namespace aloft::enter {

struct FuseMountOptions {
  std::string source{};  ///< What mount tables show, such as "az://account/container".
  bool read_only = false;
  bool allow_other = false;  ///< Users other than `uid` may look, too; the kernel checks modes.
  uid_t uid = 0;
  gid_t gid = 0;
};

/// The largest read that the kernel may ask for in one request; fuse::Session says the same.
inline constexpr unsigned kRequestBytesMax = 1u << 20;

/// The data argument of mount(2) for the type fuse.
std::string fuse_mount_data(int fd, const FuseMountOptions& options);

/// Opens /dev/fuse, or what ALOFT_FUSE_DEVICE names, on hosts where the machine's own node is
/// closed. The kernel wants a descriptor opened in the user namespace that mounts.
Result<UniqueFd> open_fuse_device(const EnvironmentLookup& environment = process_environment());

/// Mounts on `directory` by mount(2) and returns the /dev/fuse descriptor, which serves the mount:
/// when its last copy is closed, every use of the mount fails with ENOTCONN.
Result<UniqueFd> mount_fuse(const std::string& directory, const FuseMountOptions& options);

/// As mount_fuse(), for an ordinary user on the visible directory tree: by fusermount3.
Result<UniqueFd> mount_by_fusermount(const std::string& directory, const FuseMountOptions& options);

/// Removes a mount that mount_fuse() or mount_by_fusermount() made. Fails with os_errno EBUSY while
/// something uses it.
Result<void> unmount_fuse(const std::string& directory);

}  // namespace aloft::enter
