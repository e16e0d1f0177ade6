// SPDX-License-Identifier: Apache-2.0
#include "enter/fuse_mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

namespace aloft::enter {

std::string fuse_mount_data(int fd, const FuseMountOptions& options) {
  std::string data = "fd=" + std::to_string(fd) + ",rootmode=40755" +
                     ",user_id=" + std::to_string(options.uid) +
                     ",group_id=" + std::to_string(options.gid) +
                     ",max_read=" + std::to_string(kRequestBytesMax) + ",default_permissions";
  if (options.allow_other) data += ",allow_other";
  return data;
}

Result<UniqueFd> open_fuse_device(const EnvironmentLookup& environment) {
  const char* chosen = environment("ALOFT_FUSE_DEVICE");
  const std::string path = chosen != nullptr && *chosen != '\0' ? chosen : "/dev/fuse";
  auto device = open_file(path, O_RDWR);
  if (device) return device;
  Error error = std::move(device).error();
  switch (error.os_errno) {
    case ENOENT:
      error.message += "; as root: modprobe fuse";
      break;
    case EACCES:
    case EPERM:
      error.message += "; as root: chmod 0666 " + path;
      break;
    case ENODEV:
    case ENXIO:
      error.message += "; the kernel has no FUSE: as root: modprobe fuse";
      break;
    default:
      break;
  }
  return fail(std::move(error));
}

Result<UniqueFd> mount_fuse(const std::string& directory, const FuseMountOptions& options) {
  UniqueFd device = TRY(open_fuse_device());
  unsigned long flags = MS_NOSUID | MS_NODEV;
  if (options.read_only) flags |= MS_RDONLY;
  if (::mount(options.source.c_str(), directory.c_str(), "fuse.aloft", flags,
              fuse_mount_data(device.get(), options).c_str()) != 0) {
    return fail_os(errno, "cannot mount on " + directory);
  }
  return device;
}

}  // namespace aloft::enter
