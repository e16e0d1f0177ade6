// SPDX-License-Identifier: Apache-2.0
// What Aloft's files do not have. Operations without any entry in the table (xattr, fallocate,
// copy_file_range) get ENOSYS from libfuse, which the kernel remembers and turns into EOPNOTSUPP,
// or into its own way to do it. Those below must be refused here: for links the kernel would pass
// ENOSYS on, and locks it would grant within this one mount, though other hosts do not see them.
#include "fuse/internal/operations.h"

namespace aloft::fuse {
namespace {

void link(fuse_req_t raw, fuse_ino_t, fuse_ino_t, const char*) {
  fuse_reply_err(raw, EOPNOTSUPP);
}

void getlk(fuse_req_t raw, fuse_ino_t, fuse_file_info*, struct flock*) {
  fuse_reply_err(raw, EOPNOTSUPP);
}

void setlk(fuse_req_t raw, fuse_ino_t, fuse_file_info*, struct flock*, int) {
  fuse_reply_err(raw, EOPNOTSUPP);
}

void flock(fuse_req_t raw, fuse_ino_t, fuse_file_info*, int) {
  fuse_reply_err(raw, EOPNOTSUPP);
}

}  // namespace

void fill_absent(fuse_lowlevel_ops& operations) {
  operations.link = link;
  operations.getlk = getlk;
  operations.setlk = setlk;
  operations.flock = flock;
}

}  // namespace aloft::fuse
