// SPDX-License-Identifier: Apache-2.0
// Operations on attributes: getattr, setattr, access, statfs.
#include <time.h>

#include "fuse/internal/operations.h"

namespace aloft::fuse {
namespace {

void getattr(fuse_req_t raw, fuse_ino_t inode, fuse_file_info*) {
  answer(raw, "getattr", [&](Request& request) {
    request.attributes(request.files().attributes(inode, request.limits()));
  });
}

timespec present_time() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return time;
}

posix::AttributeChange change_of(const struct stat& wanted, int to_set) {
  posix::AttributeChange change;
  if ((to_set & FUSE_SET_ATTR_MODE) != 0) change.mode = wanted.st_mode;
  if ((to_set & FUSE_SET_ATTR_UID) != 0) change.uid = wanted.st_uid;
  if ((to_set & FUSE_SET_ATTR_GID) != 0) change.gid = wanted.st_gid;
  if ((to_set & FUSE_SET_ATTR_SIZE) != 0) {
    change.size_bytes = static_cast<std::uint64_t>(wanted.st_size);
  }
  if ((to_set & FUSE_SET_ATTR_ATIME_NOW) != 0) {
    change.atime = present_time();
  } else if ((to_set & FUSE_SET_ATTR_ATIME) != 0) {
    change.atime = wanted.st_atim;
  }
  if ((to_set & FUSE_SET_ATTR_MTIME_NOW) != 0) {
    change.mtime = present_time();
  } else if ((to_set & FUSE_SET_ATTR_MTIME) != 0) {
    change.mtime = wanted.st_mtim;
  }
  return change;
}

void setattr(fuse_req_t raw, fuse_ino_t inode, struct stat* wanted, int to_set,
             fuse_file_info* info) {
  // A truncate may have to commit what the file holds.
  answer(raw, "setattr", Request::Kind::commit, [&](Request& request) {
    const auto handle = info == nullptr ? std::nullopt : std::optional<posix::HandleId>(info->fh);
    request.attributes(request.files().set_attributes(inode, change_of(*wanted, to_set), handle,
                                                      request.caller(), request.limits()));
  });
}

/// The kernel checks modes itself (default_permissions); what is left to say is whether the file
/// is still there.
void access(fuse_req_t raw, fuse_ino_t inode, int) {
  answer(raw, "access", [&](Request& request) {
    const auto attributes = request.files().attributes(inode, request.limits());
    if (!attributes) return request.fail(attributes.error());
    request.fail(0);
  });
}

void statfs(fuse_req_t raw, fuse_ino_t) {
  answer(raw, "statfs", [&](Request& request) {
    const auto statistics = request.files().statistics(request.limits());
    if (!statistics) return request.fail(statistics.error());
    request.reply([&](fuse_req_t r) { return fuse_reply_statfs(r, &*statistics); });
  });
}

}  // namespace

void fill_attributes(fuse_lowlevel_ops& operations) {
  operations.getattr = getattr;
  operations.setattr = setattr;
  operations.access = access;
  operations.statfs = statfs;
}

}  // namespace aloft::fuse
