// SPDX-License-Identifier: Apache-2.0
#include "posix/testing/mounted.h"

#include <cerrno>

namespace aloft::posix::testing {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

Cloud::Cloud(Clock& clock, bool hierarchical)
    : account("cloud", clock, hierarchical),
      watched(account, watch),
      // Not owned: the cloud outlives its mounts.
      seen(std::shared_ptr<void>(), &watched) {
  CHECK(account.create_container("data", {}).has_value());
}

Cloud::Cloud(Clock& clock, const FaultOptions& faults, Random& random, bool hierarchical)
    : Cloud(clock, hierarchical) {
  seen = std::make_shared<FaultyAccount>(seen, faults, random, clock);
  seen = std::make_shared<RetryingAccount>(seen, RetryOptions{}, clock, random);
}

Result<PutResult> Cloud::put(std::string_view key, std::string_view content,
                             const Metadata& metadata) {
  return store()->put({.key = key, .content = bytes_of(content), .metadata = metadata}, {});
}

std::string Cloud::content(std::string_view key) {
  const auto info = store()->head(key, {});
  if (!info) return "(" + info.error().message + ")";
  std::string content(info->size_bytes, '\0');
  const auto read = store()->read({.key = key, .range = {0, content.size()}},
                                  std::as_writable_bytes(std::span(content)), {});
  CHECK(read.has_value() && read->size_bytes == content.size());
  return content;
}

namespace {

Options with_root(Options options) {
  if (options.root.empty()) options.root = "cloud/data";
  return options;
}

}  // namespace

Mounted::Mounted(Cloud& cloud, Options options)
    : file_system_(with_root(std::move(options)),
                   [&cloud](std::string_view name) -> Result<std::shared_ptr<ObjectAccount>> {
                     if (name != "cloud") return fail(ErrorCode::not_found, "no such account");
                     return cloud.seen;
                   }) {
  CHECK(file_system_.start({}).has_value());
}

Result<Mounted::Parent> Mounted::parent(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return Parent{kRootInode, std::string(path)};
  const Entry directory = TRY(find(path.substr(0, slash)));
  return Parent{directory.inode, std::string(path.substr(slash + 1))};
}

Result<Entry> Mounted::find(std::string_view path) {
  if (path.empty()) {
    const Attributes attributes = TRY(file_system_.attributes(kRootInode, {}));
    return Entry{.inode = kRootInode, .attributes = attributes};
  }
  const Parent at = TRY(parent(path));
  // References are kept, as by a kernel with memory to spare.
  return file_system_.lookup(at.directory, at.name, {});
}

Result<struct stat> Mounted::stat(std::string_view path) {
  const Entry entry = TRY(find(path));
  return TRY(file_system_.attributes(entry.inode, {})).status;
}

Result<std::vector<std::string>> Mounted::list(std::string_view path) {
  const Entry directory = TRY(find(path));
  const HandleId handle = TRY(file_system_.open_directory(directory.inode, {}));
  std::vector<std::string> names;
  const auto done = file_system_.read_directory(handle, 0,
                                                [&](const DirectoryEntry& entry) {
                                                  if (entry.name != "." && entry.name != "..")
                                                    names.emplace_back(entry.name);
                                                  return true;
                                                },
                                                {});
  file_system_.close_directory(handle);
  TRY(done);
  return names;
}

Result<HandleId> Mounted::open(std::string_view path, int flags, mode_t mode) {
  auto found = find(path);
  if (found) {
    if ((flags & O_CREAT) && (flags & O_EXCL)) return fail_os(EEXIST, path);
    return TRY(file_system_.open(found->inode, flags, {})).handle;
  }
  if (!(flags & O_CREAT) || errno_of(found.error()) != ENOENT) return fail(found.error());
  const Parent at = TRY(parent(path));
  return TRY(file_system_.create(at.directory, at.name, mode, flags, kCaller, {})).opened.handle;
}

Result<void> Mounted::close(HandleId handle) {
  auto flushed = file_system_.flush(handle, {});
  file_system_.release(handle);
  return flushed;
}

Result<std::string> Mounted::read(HandleId handle, std::uint64_t offset, std::size_t length) {
  std::string content(length, '\0');
  content.resize(
      TRY(file_system_.read(handle, offset, std::as_writable_bytes(std::span(content)), {})));
  return content;
}

Result<std::size_t> Mounted::write(HandleId handle, std::uint64_t offset,
                                   std::string_view content) {
  return file_system_.write(handle, offset, bytes_of(content), {});
}

Result<std::string> Mounted::read(std::string_view path) {
  const HandleId handle = TRY(open(path, O_RDONLY));
  std::string content;
  constexpr std::size_t kPiece = 128 * 1024;
  for (;;) {
    auto piece = read(handle, content.size(), kPiece);
    if (!piece) {
      file_system_.release(handle);
      return piece;
    }
    content += *piece;
    if (piece->size() < kPiece) break;
  }
  TRY(close(handle));
  return content;
}

Result<void> Mounted::write(std::string_view path, std::string_view content) {
  const HandleId handle = TRY(open(path, O_WRONLY | O_CREAT | O_TRUNC));
  const auto written = write(handle, 0, content);
  const auto closed = close(handle);
  TRY(written);
  return closed;
}

Result<void> Mounted::append(std::string_view path, std::string_view content) {
  const HandleId handle = TRY(open(path, O_WRONLY | O_CREAT | O_APPEND));
  const auto written = write(handle, 0, content);
  const auto closed = close(handle);
  TRY(written);
  return closed;
}

Result<void> Mounted::mkdir(std::string_view path) {
  const Parent at = TRY(parent(path));
  TRY(file_system_.make_directory(at.directory, at.name, 0777, kCaller, {}));
  return {};
}

Result<void> Mounted::rmdir(std::string_view path) {
  const Parent at = TRY(parent(path));
  return file_system_.remove_directory(at.directory, at.name, {});
}

Result<void> Mounted::unlink(std::string_view path) {
  const Parent at = TRY(parent(path));
  return file_system_.remove_file(at.directory, at.name, {});
}

Result<void> Mounted::rename(std::string_view from, std::string_view to, unsigned flags) {
  const Parent source = TRY(parent(from));
  const Parent target = TRY(parent(to));
  return file_system_.rename(source.directory, source.name, target.directory, target.name, flags,
                             {});
}

Result<void> Mounted::symlink(std::string_view target, std::string_view path) {
  const Parent at = TRY(parent(path));
  TRY(file_system_.make_symlink(at.directory, at.name, target, kCaller, {}));
  return {};
}

Result<std::string> Mounted::readlink(std::string_view path) {
  const Entry entry = TRY(find(path));
  return file_system_.read_link(entry.inode, {});
}

Result<void> Mounted::change(std::string_view path, const AttributeChange& change) {
  const Entry entry = TRY(find(path));
  TRY(file_system_.set_attributes(entry.inode, change, {}, kCaller, {}));
  return {};
}

Result<void> Mounted::truncate(std::string_view path, std::uint64_t size_bytes) {
  return change(path, {.size_bytes = size_bytes});
}

}  // namespace aloft::posix::testing
