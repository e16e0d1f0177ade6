// SPDX-License-Identifier: Apache-2.0
#include "transfer/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/random.h"
#include "transfer/local_tree.h"

namespace aloft::transfer {

namespace {

// Below this, reserving costs more than finding the disk full while writing.
constexpr std::uint64_t kReserveFrom = 1u << 20;

constexpr std::size_t kHoleBytes = 4096;

constexpr std::string_view kTemporaryPrefix = ".aloft-", kTemporarySuffix = ".part";
constexpr std::size_t kTemporaryBytes = 8;

bool is_zero(std::span<const std::byte> bytes) {
  return bytes.front() == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

std::string descriptor_path(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

timespec to_timespec(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
}

// Tells remove_abandoned() of others that somebody is writing the file: the kernel takes the lock
// back when the process ends, however it ends. False where another has it.
bool hold(int fd) {
  // Not every file system has locks.
  return ::flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

bool is_own_file(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_uid == ::geteuid() && status.st_nlink == 1;
}

// What a copy may take the place of, as far as can be told before the bytes are fetched.
Result<void> check_replaceable(int parent, const std::string& name, const std::string& shown) {
  struct stat status {};
  if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return fail_os(errno, "cannot look at " + shown);
  }
  const FileKind kind = format::kind_of_mode(status.st_mode);
  if (kind == FileKind::directory) {
    return fail(os_error(
        EISDIR, "cannot replace the directory " + shown + " by what is none; remove or rename it"));
  }
  if (is_special(kind)) {
    return fail(
        os_error(EEXIST, "will not replace " + shown + ", a " + std::string(name_of(kind))));
  }
  return {};
}

Result<void> restore_owner(int fd, const FileAttributes& attributes, const std::string& shown) {
  if (!attributes.uid && !attributes.gid) return {};
  const uid_t uid = attributes.uid.value_or(static_cast<uid_t>(-1));
  const gid_t gid = attributes.gid.value_or(static_cast<gid_t>(-1));
  if (::fchownat(fd, "", uid, gid, AT_EMPTY_PATH) != 0) {
    return fail_os(errno, "cannot restore the owner of " + shown +
                              " (only root may, or leave --trust-modes away)");
  }
  return {};
}

mode_t permissions_for(const FileAttributes& attributes, const RestoreOptions& options,
                       mode_t present) {
  const bool directory = attributes.kind == FileKind::directory;
  const mode_t fresh = (directory ? 0777u : 0666u) & ~options.umask;
  const mode_t stored = attributes.permissions.value_or(fresh);
  if (options.trust_modes) return stored;
  // A directory inherits the set-gid bit from the one it was made in; that is this site's choice.
  return (stored & 0777u) | (directory ? present & S_ISGID : 0u);
}

}  // namespace

tl::unexpected<Error> cannot_write(const std::string& shown) {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT) {
    return fail(os_error(
        error, "cannot write " + shown + ": the disk is full; free space or choose another place"));
  }
  return fail_os(error, "cannot write " + shown);
}

std::string temporary_name() {
  return std::string(kTemporaryPrefix) + system_random().hex(kTemporaryBytes) +
         std::string(kTemporarySuffix);
}

bool is_temporary_name(std::string_view name) {
  constexpr std::size_t kSize =
      kTemporaryPrefix.size() + 2 * kTemporaryBytes + kTemporarySuffix.size();
  return name.size() == kSize && name.starts_with(kTemporaryPrefix) &&
         name.ends_with(kTemporarySuffix);
}

Result<void> restore_attributes(int fd, const FileAttributes& attributes,
                                const RestoreOptions& options, const std::string& shown) {
  // Changing the owner clears the set-uid bit, so the mode comes behind it.
  if (options.trust_modes) TRY(restore_owner(fd, attributes, shown));
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_os(errno, "cannot look at " + shown);
  if (::fchmod(fd, permissions_for(attributes, options, status.st_mode)) != 0) {
    return fail_os(errno, "cannot restore the mode of " + shown);
  }
  if (!attributes.mtime) return {};
  const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, to_timespec(*attributes.mtime)};
  if (::futimens(fd, times) != 0) return fail_os(errno, "cannot restore the time of " + shown);
  return {};
}

Result<NewFile> NewFile::place(const LocalDirectory& root, std::string path,
                               const FileShape& shape) {
  TRY(check_relative_path(path));
  NewFile file(root.name_of(path), std::string(base_of(path)), TRY(root.open_parent(path)), shape);
  TRY(check_replaceable(file.parent_.get(), file.name_, file.shown_));
  return file;
}

Result<NewFile> NewFile::create(const LocalDirectory& root, std::string path,
                                const FileShape& shape) {
  NewFile file = TRY(place(root, std::move(path), shape));
  TRY(file.open());
  TRY(file.reserve());
  return file;
}

Result<NewFile> NewFile::create_resumable(
    const LocalDirectory& root, std::string path, const FileShape& shape,
    const std::function<Result<void>(PartialFile partial)>& record) {
  NewFile file = TRY(create(root, std::move(path), shape));
  const bool nameless = file.temporary_name_.empty();
  const std::string name = nameless ? temporary_name() : file.temporary_name_;
  PartialFile partial = TRY(file.partial(name));
  TRY(record(std::move(partial)));
  // Recorded first: killed here, it leaves no file that nobody knows of.
  if (nameless && !TRY(file.link(name))) return cannot_write(file.shown_);
  file.temporary_name_ = name;
  return file;
}

Result<NewFile> NewFile::resume(const LocalDirectory& root, std::string path,
                                const FileShape& shape, const PartialFile& partial) {
  NewFile file = TRY(place(root, std::move(path), shape));
  std::string name(base_of(partial.path));
  UniqueFd fd(::openat(file.parent_.get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  // Where others may write to the directory, somebody may have put a file of their own there.
  if (!fd || !hold(fd.get()) || ::fstat(fd.get(), &status) != 0 || !is_own_file(status) ||
      status.st_dev != partial.device || status.st_ino != partial.inode) {
    return fail(ErrorCode::not_found, "what was fetched of " + file.shown_ + " is gone");
  }
  file.fd_ = std::move(fd);
  file.temporary_name_ = std::move(name);
  return file;
}

NewFile::NewFile(NewFile&& other) noexcept
    : shape_(other.shape_),
      shown_(std::move(other.shown_)),
      name_(std::move(other.name_)),
      parent_(std::move(other.parent_)),
      temporary_name_(std::exchange(other.temporary_name_, {})),
      fd_(std::move(other.fd_)) {}

NewFile::~NewFile() {
  if (!temporary_name_.empty()) ::unlinkat(parent_.get(), temporary_name_.c_str(), 0);
}

Result<void> NewFile::open() {
  const std::string directory = descriptor_path(parent_.get());
  // The descriptor of the directory is O_PATH, so it is named through /proc.
  const int nameless = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (nameless >= 0) {
    fd_ = UniqueFd(nameless);
    hold(nameless);
    return {};
  }
  std::string name = temporary_name();
  const int named = ::openat(parent_.get(), name.c_str(),
                             O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (named < 0) return cannot_write(shown_);
  fd_ = UniqueFd(named);
  hold(named);
  temporary_name_ = std::move(name);
  return {};
}

Result<FileId> NewFile::id() const {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) return fail_os(errno, "cannot look at " + shown_);
  return FileId{.device = status.st_dev, .inode = status.st_ino};
}

Result<PartialFile> NewFile::partial(const std::string& name) const {
  const FileId file = TRY(id());
  const std::string directory = TRY(real_path(parent_.get()));
  return PartialFile{.path = join(directory, name), .device = file.device, .inode = file.inode};
}

Result<void> NewFile::reserve() const {
  if (shape_.size_bytes > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
    return fail(os_error(EFBIG, shown_ + " would be larger than a file can be"));
  }
  const auto size = static_cast<off_t>(shape_.size_bytes);
  if (shape_.sparse) {
    if (::ftruncate(fd_.get(), size) != 0) return cannot_write(shown_);
    return {};
  }
  if (shape_.size_bytes < kReserveFrom) return {};
  // The size grows with what is written: a resumed file must not look complete when it is not.
  if (::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, size) == 0) return {};
  // Not every file system can reserve; there the writes tell.
  if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return {};
  return cannot_write(shown_);
}

// Blocks of zeros are left out where the file may have holes.
Result<void> NewFile::write(std::uint64_t offset, std::span<const std::byte> content) const {
  if (!shape_.sparse) return write_run(offset, content);
  std::size_t begin = 0;  // Of the run of data that is not written yet.
  for (std::size_t at = 0; at < content.size();) {
    // Holes lie where the blocks of the file system do, whatever the parts.
    const std::size_t end = std::min(content.size(), at + kHoleBytes - (offset + at) % kHoleBytes);
    if (is_zero(content.subspan(at, end - at))) {
      TRY(write_run(offset + begin, content.subspan(begin, at - begin)));
      begin = end;
    }
    at = end;
  }
  return write_run(offset + begin, content.subspan(begin));
}

Result<void> NewFile::write_run(std::uint64_t offset, std::span<const std::byte> content) const {
  while (!content.empty()) {
    const ssize_t written =
        ::pwrite(fd_.get(), content.data(), content.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot_write(shown_);
    offset += static_cast<std::uint64_t>(written);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

// False, with errno, where something has the name already.
Result<bool> NewFile::link(const std::string& name) const {
  const std::string source = descriptor_path(fd_.get());
  if (::linkat(AT_FDCWD, source.c_str(), parent_.get(), name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    return true;
  }
  if (errno == EEXIST) return false;
  return cannot_write(shown_);
}

// Gives a nameless file the final name at once if it is free, else a temporary one to rename.
Result<void> NewFile::link_temporary_name() {
  if (TRY(link(name_))) {
    name_.clear();
    return {};
  }
  std::string name = temporary_name();
  if (!TRY(link(name))) return cannot_write(shown_);
  temporary_name_ = std::move(name);
  return {};
}

Result<void> NewFile::publish(const FileAttributes& attributes, const RestoreOptions& options) {
  TRY(restore_attributes(fd_.get(), attributes, options, shown_));
  // A name may reach the disk before the content does: after a power cut, a file of the right size
  // and time would be full of zeros, and every later sync would take it for equal.
  if (::fdatasync(fd_.get()) != 0) return cannot_write(shown_);
  if (temporary_name_.empty()) TRY(link_temporary_name());
  if (name_.empty()) return {};
  TRY(check_replaceable(parent_.get(), name_, shown_));
  if (::renameat(parent_.get(), temporary_name_.c_str(), parent_.get(), name_.c_str()) != 0) {
    return cannot_write(shown_);
  }
  temporary_name_.clear();
  return {};
}

Result<bool> remove_abandoned(const LocalDirectory& root, const std::string& path) {
  const UniqueFd parent = TRY(root.open_parent(path));
  const std::string name(base_of(path));
  const UniqueFd file(
      ::openat(parent.get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !is_own_file(status)) return false;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return false;
  return ::unlinkat(parent.get(), name.c_str(), 0) == 0;
}

Result<void> make_symlink(const LocalDirectory& root, const std::string& path,
                          const std::string& target, const FileAttributes& attributes,
                          const RestoreOptions& options) {
  TRY(check_relative_path(path));
  const std::string shown = root.name_of(path);
  if (target.empty() || target.size() >= PATH_MAX || target.find('\0') != std::string::npos) {
    return fail(os_error(EINVAL, "cannot make the symbolic link " + shown +
                                     ": its stored target is empty, too long or holds a NUL byte"));
  }
  const UniqueFd parent = TRY(root.open_parent(path));
  const std::string name(base_of(path));
  TRY(check_replaceable(parent.get(), name, shown));
  const std::string temporary = temporary_name();
  if (::symlinkat(target.c_str(), parent.get(), temporary.c_str()) != 0) return cannot_write(shown);
  const auto publish = [&]() -> Result<void> {
    const UniqueFd link(::openat(parent.get(), temporary.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!link) return fail_os(errno, "cannot look at " + shown);
    if (options.trust_modes) TRY(restore_owner(link.get(), attributes, shown));
    if (attributes.mtime) {
      const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                                 to_timespec(*attributes.mtime)};
      if (::utimensat(parent.get(), temporary.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
        return fail_os(errno, "cannot restore the time of " + shown);
      }
    }
    if (::renameat(parent.get(), temporary.c_str(), parent.get(), name.c_str()) != 0) {
      return cannot_write(shown);
    }
    return {};
  };
  auto published = publish();
  if (!published) ::unlinkat(parent.get(), temporary.c_str(), 0);
  return published;
}

Result<void> make_hard_link(int file, const LocalDirectory& root, const std::string& path) {
  TRY(check_relative_path(path));
  const std::string shown = root.name_of(path);
  const UniqueFd parent = TRY(root.open_parent(path));
  const std::string name(base_of(path));
  TRY(check_replaceable(parent.get(), name, shown));
  const std::string temporary = temporary_name();
  if (::linkat(AT_FDCWD, descriptor_path(file).c_str(), parent.get(), temporary.c_str(),
               AT_SYMLINK_FOLLOW) != 0) {
    return cannot_write(shown);
  }
  Result<void> renamed;
  if (::renameat(parent.get(), temporary.c_str(), parent.get(), name.c_str()) != 0) {
    renamed = cannot_write(shown);
  }
  // A rename to another name of the same file leaves both.
  ::unlinkat(parent.get(), temporary.c_str(), 0);
  return renamed;
}

}  // namespace aloft::transfer
