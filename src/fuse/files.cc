// SPDX-License-Identifier: Apache-2.0
// Operations on open files: open, create, mknod of a regular file, read, write, flush, fsync,
// release.
#include <fcntl.h>

#include <memory>

#include "fuse/internal/operations.h"

namespace aloft::fuse {
namespace {

void describe(const posix::Opened& opened, fuse_file_info& info) {
  info.fh = opened.handle;
  info.keep_cache = opened.keep_cache;
  // A handle that cannot write has nothing that close(2) would wait for: one round trip less.
  info.noflush = (info.flags & O_ACCMODE) == O_RDONLY;
}

void open(fuse_req_t raw, fuse_ino_t inode, fuse_file_info* info) {
  answer(raw, "open", [&](Request& request) {
    const auto opened = request.files().open(inode, info->flags, request.limits());
    if (!opened) return request.fail(opened.error());
    describe(*opened, *info);
    if (!request.reply([&](fuse_req_t r) { return fuse_reply_open(r, info); })) {
      request.files().release(opened->handle);
    }
  });
}

void create(fuse_req_t raw, fuse_ino_t parent, const char* name, mode_t mode,
            fuse_file_info* info) {
  answer(raw, "create", [&](Request& request) {
    const auto created =
        request.files().create(parent, name, mode, info->flags, request.caller(), request.limits());
    if (!created) return request.fail(created.error());
    describe(created->opened, *info);
    const fuse_entry_param param = entry_param(created->entry);
    if (!request.reply([&](fuse_req_t r) { return fuse_reply_create(r, &param, info); })) {
      request.files().release(created->opened.handle);
      request.files().forget(created->entry.inode, 1);
    }
  });
}

/// A regular file comes into being as by open(O_CREAT) and close(2); there are no other kinds.
void mknod(fuse_req_t raw, fuse_ino_t parent, const char* name, mode_t mode, dev_t) {
  answer(raw, "mknod", Request::Kind::commit, [&](Request& request) {
    if (!S_ISREG(mode)) return request.fail(EOPNOTSUPP);
    const auto created = request.files().create(parent, name, mode, O_WRONLY | O_CREAT | O_EXCL,
                                                request.caller(), request.limits());
    if (!created) return request.fail(created.error());
    const auto flushed = request.files().flush(created->opened.handle, request.limits());
    request.files().release(created->opened.handle);
    if (flushed) return request.entry(created->entry);
    request.files().forget(created->entry.inode, 1);
    request.fail(flushed.error());
  });
}

/// Each serving thread has one buffer for what it reads; untouched pages of it cost nothing.
std::span<std::byte> read_buffer() {
  thread_local const std::unique_ptr<std::byte[]> buffer(new std::byte[kRequestBytesMax]);
  return {buffer.get(), kRequestBytesMax};
}

void read(fuse_req_t raw, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* info) {
  answer(raw, "read", [&](Request& request) {
    const auto buffer = read_buffer().first(std::min<std::size_t>(size, kRequestBytesMax));
    const auto count = request.files().read(info->fh, static_cast<std::uint64_t>(offset), buffer,
                                            request.limits());
    if (!count) return request.fail(count.error());
    request.reply([&](fuse_req_t r) {
      return fuse_reply_buf(r, reinterpret_cast<const char*>(buffer.data()), *count);
    });
  });
}

void write(fuse_req_t raw, fuse_ino_t, const char* bytes, std::size_t size, off_t offset,
           fuse_file_info* info) {
  answer(raw, "write", [&](Request& request) {
    const auto count =
        request.files().write(info->fh, static_cast<std::uint64_t>(offset),
                              std::as_bytes(std::span(bytes, size)), request.limits());
    if (!count) return request.fail(count.error());
    request.reply([&](fuse_req_t r) { return fuse_reply_write(r, *count); });
  });
}

void flush(fuse_req_t raw, fuse_ino_t, fuse_file_info* info) {
  answer(raw, "close", Request::Kind::commit, [&](Request& request) {
    request.done(request.files().flush(info->fh, request.limits()));
  });
}

void fsync(fuse_req_t raw, fuse_ino_t, int, fuse_file_info* info) {
  answer(raw, "fsync", Request::Kind::commit,
         [&](Request& request) { request.done(request.files().sync(info->fh, request.limits())); });
}

void release(fuse_req_t raw, fuse_ino_t, fuse_file_info* info) {
  answer(raw, "release", Request::Kind::commit, [&](Request& request) {
    request.files().release(info->fh);
    request.fail(0);
  });
}

}  // namespace

void fill_files(fuse_lowlevel_ops& operations) {
  operations.open = open;
  operations.create = create;
  operations.mknod = mknod;
  operations.read = read;
  operations.write = write;
  operations.flush = flush;
  operations.fsync = fsync;
  operations.release = release;
}

}  // namespace aloft::fuse
