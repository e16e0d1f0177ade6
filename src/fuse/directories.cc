// SPDX-License-Identifier: Apache-2.0
// Operations on directories: opendir, readdir, readdirplus, releasedir, fsyncdir.
#include <vector>

#include "fuse/internal/operations.h"

namespace aloft::fuse {
namespace {

void opendir(fuse_req_t raw, fuse_ino_t inode, fuse_file_info* info) {
  answer(raw, "opendir", [&](Request& request) {
    const auto handle = request.files().open_directory(inode, request.limits());
    if (!handle) return request.fail(handle.error());
    info->fh = *handle;
    if (!request.reply([&](fuse_req_t r) { return fuse_reply_open(r, info); })) {
      request.files().close_directory(*handle);
    }
  });
}

/// Entries packed for the kernel until they fill its buffer.
class Page {
 public:
  Page(fuse_req_t request, std::size_t size) : request_(request), bytes_(size) {}

  bool add(const posix::DirectoryEntry& entry) {
    const std::string name(entry.name);
    return keep(fuse_add_direntry(request_, rest(), left(), name.c_str(), &entry.attributes.status,
                                  static_cast<off_t>(entry.next_offset)));
  }

  /// With attributes; the kernel keeps a reference to each but "." and "..", which have inode 0.
  bool add_plus(const posix::DirectoryEntry& entry) {
    const std::string name(entry.name);
    const bool is_dots = name == "." || name == "..";
    const fuse_entry_param param =
        entry_param({.inode = is_dots ? 0 : entry.inode, .attributes = entry.attributes});
    if (!keep(fuse_add_direntry_plus(request_, rest(), left(), name.c_str(), &param,
                                     static_cast<off_t>(entry.next_offset)))) {
      return false;
    }
    if (!is_dots) referenced_.push_back(entry.inode);
    return true;
  }

  const char* data() const { return bytes_.data(); }
  std::size_t size() const { return used_; }
  const std::vector<posix::InodeId>& referenced() const { return referenced_; }

 private:
  char* rest() { return bytes_.data() + used_; }
  std::size_t left() const { return bytes_.size() - used_; }
  /// libfuse packs an entry only if the size that it needs is there.
  bool keep(std::size_t needed) {
    if (needed > left()) return false;
    used_ += needed;
    return true;
  }

  fuse_req_t request_;
  std::vector<char> bytes_;
  std::size_t used_ = 0;
  std::vector<posix::InodeId> referenced_;
};

void read_page(fuse_req_t raw, std::size_t size, off_t offset, const fuse_file_info& info,
               bool plus) {
  answer(raw, "readdir", [&](Request& request) {
    posix::FileSystem& files = request.files();
    Page page(request.raw(), std::min<std::size_t>(size, kRequestBytesMax));
    const auto visit = [&](const posix::DirectoryEntry& entry) {
      if (!plus) return page.add(entry);
      const std::size_t before = page.referenced().size();
      if (!page.add_plus(entry)) return false;
      if (page.referenced().size() > before) files.reference(entry.inode);
      return true;
    };
    const auto read =
        files.read_directory(info.fh, static_cast<std::uint64_t>(offset), visit, request.limits());
    bool taken = false;
    if (read) {
      taken =
          request.reply([&](fuse_req_t r) { return fuse_reply_buf(r, page.data(), page.size()); });
    } else {
      request.fail(read.error());
    }
    if (taken) return;
    for (const posix::InodeId inode : page.referenced()) files.forget(inode, 1);
  });
}

void readdir(fuse_req_t raw, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* info) {
  read_page(raw, size, offset, *info, false);
}

void readdirplus(fuse_req_t raw, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* info) {
  read_page(raw, size, offset, *info, true);
}

void releasedir(fuse_req_t raw, fuse_ino_t, fuse_file_info* info) {
  answer(raw, "releasedir", [&](Request& request) {
    request.files().close_directory(info->fh);
    request.fail(0);
  });
}

/// Names are stored before the call that makes, moves or removes them returns.
void fsyncdir(fuse_req_t raw, fuse_ino_t, int, fuse_file_info*) {
  answer(raw, "fsyncdir", [](Request& request) { request.fail(0); });
}

}  // namespace

void fill_directories(fuse_lowlevel_ops& operations) {
  operations.opendir = opendir;
  operations.readdir = readdir;
  operations.readdirplus = readdirplus;
  operations.releasedir = releasedir;
  operations.fsyncdir = fsyncdir;
}

}  // namespace aloft::fuse
