// SPDX-License-Identifier: Apache-2.0
// Operations on names: lookup, forget, mkdir, symlink, readlink, unlink, rmdir, rename.
#include "fuse/internal/operations.h"

namespace aloft::fuse {
namespace {

void lookup(fuse_req_t raw, fuse_ino_t parent, const char* name) {
  answer(raw, "lookup", [&](Request& request) {
    request.entry(request.files().lookup(parent, name, request.limits()));
  });
}

posix::FileSystem& files_of(fuse_req_t raw) {
  return static_cast<Shared*>(fuse_req_userdata(raw))->files;
}

void forget(fuse_req_t raw, fuse_ino_t inode, std::uint64_t count) {
  files_of(raw).forget(inode, count);
  fuse_reply_none(raw);
}

void forget_multi(fuse_req_t raw, std::size_t count, fuse_forget_data* forgets) {
  for (std::size_t i = 0; i < count; ++i) files_of(raw).forget(forgets[i].ino, forgets[i].nlookup);
  fuse_reply_none(raw);
}

void mkdir(fuse_req_t raw, fuse_ino_t parent, const char* name, mode_t mode) {
  answer(raw, "mkdir", [&](Request& request) {
    request.entry(
        request.files().make_directory(parent, name, mode, request.caller(), request.limits()));
  });
}

void symlink(fuse_req_t raw, const char* target, fuse_ino_t parent, const char* name) {
  answer(raw, "symlink", [&](Request& request) {
    request.entry(
        request.files().make_symlink(parent, name, target, request.caller(), request.limits()));
  });
}

void readlink(fuse_req_t raw, fuse_ino_t inode) {
  answer(raw, "readlink", [&](Request& request) {
    const auto target = request.files().read_link(inode, request.limits());
    if (!target) return request.fail(target.error());
    request.reply([&](fuse_req_t r) { return fuse_reply_readlink(r, target->c_str()); });
  });
}

void unlink(fuse_req_t raw, fuse_ino_t parent, const char* name) {
  answer(raw, "unlink", [&](Request& request) {
    request.done(request.files().remove_file(parent, name, request.limits()));
  });
}

void rmdir(fuse_req_t raw, fuse_ino_t parent, const char* name) {
  answer(raw, "rmdir", [&](Request& request) {
    request.done(request.files().remove_directory(parent, name, request.limits()));
  });
}

void rename(fuse_req_t raw, fuse_ino_t parent, const char* name, fuse_ino_t new_parent,
            const char* new_name, unsigned flags) {
  answer(raw, "rename", [&](Request& request) {
    request.done(
        request.files().rename(parent, name, new_parent, new_name, flags, request.limits()));
  });
}

}  // namespace

void fill_names(fuse_lowlevel_ops& operations) {
  operations.lookup = lookup;
  operations.forget = forget;
  operations.forget_multi = forget_multi;
  operations.mkdir = mkdir;
  operations.symlink = symlink;
  operations.readlink = readlink;
  operations.unlink = unlink;
  operations.rmdir = rmdir;
  operations.rename = rename;
}

}  // namespace aloft::fuse
