// SPDX-License-Identifier: Apache-2.0
#include "posix/file_system.h"

#include <cerrno>

#include "base/log/log.h"
#include "posix/internal/state.h"

namespace aloft::posix {
namespace {

/// What a person who runs the mount wants to read about: not the answers that programs expect.
bool worth_a_line(int errno_value) {
  switch (errno_value) {
    case EIO:
    case ESTALE:
    case ETIMEDOUT:
    case EAGAIN:
    case EFBIG:
    case ENOSPC:
    case EOPNOTSUPP:
      return true;
    default:
      return false;
  }
}

/// Logs the error of an operation once, where it leaves the file system.
template <class T>
Result<T> noted(std::string_view doing, Result<T> result) {
  if (!result && worth_a_line(errno_of(result.error()))) {
    log(LogLevel::warning, "{}: {}", doing, result.error().message);
  }
  return result;
}

}  // namespace

FileSystem::FileSystem(Options options, AccountOpener open_account)
    : state_(std::make_unique<State>(std::move(options), std::move(open_account))) {}

FileSystem::~FileSystem() = default;

Result<void> FileSystem::start(const Limits& limits) {
  return state_->start(limits);
}

Result<void> FileSystem::drain(const Limits& limits) {
  return noted("saving what is open", state_->drain(limits));
}

Result<Entry> FileSystem::lookup(InodeId parent, std::string_view name, const Limits& limits) {
  return noted("lookup", state_->lookup(parent, name, limits));
}

void FileSystem::reference(InodeId inode) {
  state_->inodes().reference(inode);
}

void FileSystem::forget(InodeId inode, std::uint64_t count) {
  state_->inodes().forget(inode, count);
}

Result<Attributes> FileSystem::attributes(InodeId inode, const Limits& limits) {
  return noted("stat", state_->attributes(inode, limits));
}

Result<Attributes> FileSystem::set_attributes(InodeId inode, const AttributeChange& change,
                                              std::optional<HandleId> handle,
                                              const Caller& /*caller*/, const Limits& limits) {
  return noted("setting attributes", state_->set_attributes(inode, change, handle, limits));
}

Result<std::string> FileSystem::read_link(InodeId inode, const Limits& limits) {
  return noted("readlink", state_->read_link(inode, limits));
}

Result<struct statvfs> FileSystem::statistics(const Limits& /*limits*/) {
  return state_->statistics();
}

Result<Entry> FileSystem::make_directory(InodeId parent, std::string_view name, mode_t mode,
                                         const Caller& caller, const Limits& limits) {
  return noted("mkdir", state_->make_directory(parent, name, mode, caller, limits));
}

Result<Entry> FileSystem::make_symlink(InodeId parent, std::string_view name,
                                       std::string_view target, const Caller& caller,
                                       const Limits& limits) {
  return noted("symlink", state_->make_symlink(parent, name, target, caller, limits));
}

Result<void> FileSystem::remove_file(InodeId parent, std::string_view name, const Limits& limits) {
  return noted("unlink", state_->remove_file(parent, name, limits));
}

Result<void> FileSystem::remove_directory(InodeId parent, std::string_view name,
                                          const Limits& limits) {
  return noted("rmdir", state_->remove_directory(parent, name, limits));
}

Result<void> FileSystem::rename(InodeId parent, std::string_view name, InodeId new_parent,
                                std::string_view new_name, unsigned flags, const Limits& limits) {
  return noted("rename", state_->rename(parent, name, new_parent, new_name, flags, limits));
}

Result<HandleId> FileSystem::open_directory(InodeId inode, const Limits& /*limits*/) {
  return state_->open_directory(inode);
}

Result<void> FileSystem::read_directory(HandleId handle, std::uint64_t offset,
                                        const std::function<bool(const DirectoryEntry&)>& visit,
                                        const Limits& limits) {
  return noted("readdir", state_->read_directory(handle, offset, visit, limits));
}

void FileSystem::close_directory(HandleId handle) {
  state_->close_directory(handle);
}

Result<Opened> FileSystem::open(InodeId inode, int flags, const Limits& limits) {
  return noted("open", state_->open(inode, flags, limits));
}

Result<FileSystem::Created> FileSystem::create(InodeId parent, std::string_view name, mode_t mode,
                                               int flags, const Caller& caller,
                                               const Limits& limits) {
  return noted("create", state_->create(parent, name, mode, flags, caller, limits));
}

Result<std::size_t> FileSystem::read(HandleId handle, std::uint64_t offset,
                                     std::span<std::byte> buffer, const Limits& limits) {
  return noted("read", state_->read(handle, offset, buffer, limits));
}

Result<std::size_t> FileSystem::write(HandleId handle, std::uint64_t offset,
                                      std::span<const std::byte> content, const Limits& limits) {
  return noted("write", state_->write(handle, offset, content, limits));
}

Result<void> FileSystem::flush(HandleId handle, const Limits& limits) {
  return noted("close", state_->save(handle, limits));
}

Result<void> FileSystem::sync(HandleId handle, const Limits& limits) {
  return noted("fsync", state_->save(handle, limits));
}

void FileSystem::release(HandleId handle) {
  state_->release(handle);
}

}  // namespace aloft::posix
