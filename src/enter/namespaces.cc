// SPDX-License-Identifier: Apache-2.0
#include "enter/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace aloft::enter {
namespace {

bool starts_with_nonzero(const std::string& path) {
  const auto text = read_file(path, 64);
  return text && !text->empty() && text->front() != '0';
}

Result<void> write_proc(const std::string& path, const std::string& text) {
  const UniqueFd file = TRY(open_file(path, O_WRONLY));
  return write_all(file.get(), text, path);
}

Result<void> map_own_ids(uid_t uid, gid_t gid) {
  // The kernel lets an unprivileged process map its gid only once it has given up setgroups(2).
  TRY(write_proc("/proc/self/setgroups", "deny"));
  TRY(write_proc("/proc/self/uid_map", id_map_line(uid)));
  return write_proc("/proc/self/gid_map", id_map_line(gid));
}

Result<void> follow_host_mounts() {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return fail_os(errno, "cannot make the mounts of the new namespace private");
  }
  return {};
}

Result<void> enter_user_namespace() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    const int error = errno;
    return fail(os_error(error, user_namespace_refusal(error)));
  }
  const auto mapped = map_own_ids(uid, gid);
  if (!mapped) {
    return fail(os_error(mapped.error().os_errno, user_namespace_refusal(mapped.error().os_errno)));
  }
  return {};
}

}  // namespace

std::string id_map_line(unsigned id) {
  return std::to_string(id) + " " + std::to_string(id) + " 1\n";
}

std::string user_namespace_refusal(int errno_value) {
  const std::string refused =
      std::string("this host refuses user namespaces (") + std::strerror(errno_value) + ")";
  if (starts_with_nonzero("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")) {
    return refused +
           ": AppArmor restricts them; install Aloft's AppArmor profile, or as root: "
           "sysctl kernel.apparmor_restrict_unprivileged_userns=0";
  }
  if (::access("/proc/sys/kernel/unprivileged_userns_clone", F_OK) == 0 &&
      !starts_with_nonzero("/proc/sys/kernel/unprivileged_userns_clone")) {
    return refused + ": as root: sysctl kernel.unprivileged_userns_clone=1";
  }
  if (!starts_with_nonzero("/proc/sys/user/max_user_namespaces")) {
    return refused + ": as root: sysctl user.max_user_namespaces=15000";
  }
  if (errno_value == ENOSPC || errno_value == EUSERS) {
    return refused + ": their limit is reached; as root raise user.max_user_namespaces";
  }
  if (errno_value == EINVAL || errno_value == ENOSYS) {
    return refused + ": the kernel was built without them (CONFIG_USER_NS)";
  }
  return refused +
         ": a container's seccomp profile, a chroot or a security module forbids them; allow "
         "unshare and mount there, or run as root";
}

Result<bool> enter_namespaces() {
  if (::geteuid() == 0) {
    if (::unshare(CLONE_NEWNS) == 0) {
      TRY(follow_host_mounts());
      return false;
    }
    // Root of a container may lack CAP_SYS_ADMIN and yet be allowed a user namespace.
    if (errno != EPERM) return fail_os(errno, "cannot make a mount namespace");
  }
  TRY(enter_user_namespace());
  const auto followed = follow_host_mounts();
  if (!followed) {  // Ubuntu's AppArmor grants the namespace, but no capability in it.
    return fail(
        os_error(followed.error().os_errno, user_namespace_refusal(followed.error().os_errno)));
  }
  return true;
}

}  // namespace aloft::enter
