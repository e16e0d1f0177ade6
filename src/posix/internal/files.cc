// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "base/log/log.h"
#include "format/content_version.h"
#include "posix/internal/state.h"

namespace aloft::posix {
namespace {

/// How often a read finds that the store has another version before it gives up.
constexpr int kReadAttemptsMax = 8;

bool may_write(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY;
}

tl::unexpected<Error> other_version_since(const Place& place) {
  return fail(os_error(ESTALE, fmt::format("{}: somebody else wrote it since this program began to "
                                           "read it; open it again",
                                           name_of(place))));
}

Result<void> check_openable(const Node& node, const Node::State& state, int flags, bool read_only) {
  const std::string name = name_of({node.store, state.key});
  if (state.directory) return fail(os_error(EISDIR, fmt::format("{} is a directory", name)));
  if (state.unsaved.kind == format::FileKind::symlink) {
    return fail(os_error(ELOOP, fmt::format("{} is a symlink", name)));
  }
  if (state.unsaved.kind != format::FileKind::regular) {
    return fail(os_error(ENXIO, fmt::format("{} is a device, pipe or socket, which this mount "
                                            "shows but does not serve",
                                            name)));
  }
  const bool writes = may_write(flags) || (flags & O_TRUNC) != 0;
  if (writes && read_only) {
    return fail(os_error(EROFS, fmt::format("{}: the mount is read-only", name)));
  }
  if (!state.info) return {};
  if (state.info->access_tier == "Archive") {
    return fail(os_error(EIO, fmt::format("{} is in the archive tier: rehydrate it to Hot or Cool "
                                          "before it can be read",
                                          name)));
  }
  if (writes && state.info->kind != ObjectKind::block) {
    return fail(os_error(EOPNOTSUPP, fmt::format("{} is an append or page blob: it can be read "
                                                 "here, and written only as a copy",
                                                 name)));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<FileHandle>> FileSystem::State::file(HandleId handle) {
  auto files = files_.lock();
  const auto found = files->by_id.find(handle);
  if (found != files->by_id.end()) return found->second;
  return fail(os_error(EBADF, fmt::format("there is no open file {}", handle)));
}

/// The content that all handles of the file share, made from what the store has.
std::shared_ptr<FileContent> FileSystem::State::content_of(Node::State& state) {
  if (state.content != nullptr) return state.content;
  Base base{.info = state.info, .known_at = state.asked_at};
  const std::string version = state.info ? format::content_version(*state.info) : "";
  if (version.empty() || state.cached_content == 0 || state.cached_version != version) {
    state.cached_content = cache_.new_content();
    state.cached_version = version;
  }
  base.content = state.cached_content;
  const Base& last = state.last_base;
  if (last.info && state.info && last.info->etag == state.info->etag) {
    base.blocks = last.blocks;
    base.block_id_length = last.block_id_length;
  }
  state.content = std::make_shared<FileContent>(std::move(base), layout_, cache_, budget_);
  return state.content;
}

Result<Opened> FileSystem::State::add_handle(const NodePointer& node, int flags) {
  Opened opened;
  auto handle = std::make_shared<FileHandle>();
  handle->node = node;
  handle->flags = flags;
  {
    // Together: a release that is under way must not drop the content in between.
    auto state = node->state.lock();
    // Its last handle took the content along. The kernel looks the name up again.
    if (state->unlinked && state->handles == 0) {
      return fail(os_error(ESTALE, fmt::format("{} was removed before it was opened",
                                               name_of({node->store, state->key}))));
    }
    handle->content = content_of(*state);
    ++state->handles;
    const std::string version = state->info ? format::content_version(*state->info) : "";
    opened.keep_cache = !version.empty() && state->kernel_content == version;
    state->kernel_content = version;
  }
  // An open file keeps its inode.
  inodes_.reference(node->id);
  auto files = files_.lock();
  files->by_id.emplace(++files->last, std::move(handle));
  opened.handle = files->last;
  return opened;
}

Result<Opened> FileSystem::State::open(InodeId inode, int flags, const Limits& limits) {
  const NodePointer node = TRY(inodes_.find(inode));
  TRY(refresh_if_old(node, limits));
  {
    auto state = node->state.lock();
    TRY(check_openable(*node, *state, flags, options_.read_only));
  }
  const Opened opened = TRY(add_handle(node, flags));
  adopt_if_newer(*node);
  if ((flags & O_TRUNC) == 0) return opened;
  const auto truncated = [&]() -> Result<void> {
    const Turn::Held turn = TRY(node->turn.take(limits));
    return resize(node, 0, limits);
  }();
  if (truncated) return opened;
  release(opened.handle);
  return fail(truncated.error());
}

/// Open content follows what was learnt of the store since, if nothing of it is dirty.
void FileSystem::State::adopt_if_newer(Node& node) {
  std::shared_ptr<FileContent> content;
  std::optional<ObjectInfo> info;
  Clock::time_point asked_at;
  {
    auto state = node.state.lock();
    content = state->content;
    info = state->info;
    asked_at = state->asked_at;
  }
  if (content == nullptr || !info) return;
  const Base base = content->base();
  // A commit that just ended knows better than the node does for another moment.
  if (!base.info || base.info->etag == info->etag || asked_at <= base.known_at) return;
  if (format::same_content(*base.info, *info)) {
    content->adopt_attributes(base.content, *info, asked_at);
  } else {
    // With something dirty this stays: its commit will tell.
    content->adopt_content(base.content, *info, asked_at);
  }
}

Result<void> FileSystem::State::look_again(const NodePointer& node, FileContent& content,
                                           const Base& seen, const std::string& key,
                                           const Limits& limits) {
  const auto changed_here = [&] {
    const Base present = content.base();
    return node->state.lock()->key != key || !present.info || present.info->etag != seen.info->etag;
  };
  if (changed_here()) return {};
  const Clock::time_point asked_at = now();
  auto info = node->store->head(key, limits);
  if (changed_here()) return {};
  const std::string name = name_of({node->store, key});
  if (!info) {
    if (info.error().code != ErrorCode::not_found) return fail(std::move(info).error());
    return fail(os_error(ESTALE, fmt::format("{} was removed by somebody else", name)));
  }
  update(*node, {.key = key, .object = *info}, asked_at);
  if (format::same_content(*seen.info, *info)) {
    content.adopt_attributes(seen.content, *info, asked_at);
    return {};
  }
  if (content.adopt_content(seen.content, *info, asked_at)) return {};
  Error lost = os_error(ESTALE, fmt::format("{}: somebody else wrote it while unsaved changes were "
                                            "held here; they cannot be saved",
                                            name));
  content.fail_for_good(lost);
  give_up(*node);
  return fail(std::move(lost));
}

Result<std::size_t> FileSystem::State::read(HandleId handle_id, std::uint64_t offset,
                                            std::span<std::byte> buffer, const Limits& limits) {
  const auto handle = TRY(file(handle_id));
  // Also for handles open for writing only: the kernel fills the edges of pages through them.
  FileContent& content = *handle->content;
  for (int attempts = 0; attempts < kReadAttemptsMax; ++attempts) {
    const Place place = handle->node->place();
    const auto plan = TRY(content.begin_read(offset, buffer));
    if (plan.outcome == FileContent::Outcome::needs_commit) {
      TRY(save_content_in_turn(handle->node, limits));
      --attempts;
      continue;
    }
    if (plan.from_base.empty()) return plan.size_bytes;
    const std::uint64_t read_before = handle->lineage.load();
    if (read_before != 0 && read_before != plan.lineage) return other_version_since(place);
    const auto advice = reader_.advise(handle->pattern, offset, plan.size_bytes);
    reader_.read_ahead(place, plan.base, advice);
    Result<void> done;
    for (const Interval& range : plan.from_base) {
      done = reader_.read(place, plan.base, range,
                          buffer.subspan(range.begin - offset, range.length()), advice, limits);
      if (!done) break;
    }
    if (done) {
      std::uint64_t lineage = 0;
      const bool first = handle->lineage.compare_exchange_strong(lineage, plan.lineage);
      if (!first && lineage != plan.lineage) return other_version_since(place);
      return plan.size_bytes;
    }
    const bool other_version = done.error().code == ErrorCode::precondition_failed ||
                               done.error().code == ErrorCode::not_found;
    if (!other_version) return fail(std::move(done).error());
    TRY(look_again(handle->node, content, plan.base, place.key, limits));
  }
  return fail(os_error(ESTALE, fmt::format("{} changes faster than it can be read",
                                           name_of(handle->node->place()))));
}

Result<std::size_t> FileSystem::State::write(HandleId handle_id, std::uint64_t offset,
                                             std::span<const std::byte> bytes,
                                             const Limits& limits) {
  const auto handle = TRY(file(handle_id));
  if (!may_write(handle->flags)) return fail(os_error(EBADF, "the file is open for reading only"));
  std::optional<std::uint64_t> at = offset;
  Turn::Held append;
  if (handle->flags & O_APPEND) {
    append = TRY(handle->node->appends.take(limits));
    at.reset();
  }
  std::size_t done = 0;
  while (done < bytes.size()) {
    auto written = handle->content->write(at, bytes.subspan(done), wall_now());
    Result<void> helped;
    if (!written) {
      helped = fail(std::move(written).error());
    } else if (written->outcome == FileContent::Outcome::needs_commit) {
      helped = save_content_in_turn(handle->node, limits);
    } else if (written->outcome == FileContent::Outcome::needs_room) {
      helped = make_room(handle->node, *handle->content, limits);
    } else {
      done += written->size_bytes;
      at = written->offset + written->size_bytes;
      if (written->filled_part) {
        const auto key_now = [&] { return handle->node->place().key; };
        stager_.stage_later(handle->node->store, key_now, handle->content, written->part_begin);
      }
    }
    // A part of it was written: the next call meets the error again.
    if (!helped && done > 0) return done;
    TRY(std::move(helped));
  }
  return done;
}

Result<void> FileSystem::State::save(HandleId handle_id, const Limits& limits) {
  const auto handle = TRY(file(handle_id));
  TRY(handle->content->status());
  // Nobody can see a file without a name; its content goes with its last handle.
  if (handle->node->state.lock()->unlinked) return {};
  const Turn::Held turn = TRY(handle->node->turn.take(limits));
  TRY(handle->content->status());
  return save_content(handle->node, limits);
}

std::shared_ptr<FileHandle> FileSystem::State::take_handle(HandleId handle) {
  auto files = files_.lock();
  const auto found = files->by_id.find(handle);
  if (found == files->by_id.end()) return nullptr;
  auto taken = std::move(found->second);
  files->by_id.erase(found);
  return taken;
}

void FileSystem::State::release(HandleId handle_id) {
  const auto handle = take_handle(handle_id);
  if (handle == nullptr) return;
  const NodePointer& node = handle->node;
  const auto turn = node->turn.take(background_);
  // Written by the kernel after the flush (mmap), or the flush failed: the last chance.
  if (may_write(handle->flags) && handle->content->status() && !node->state.lock()->unlinked) {
    const auto saved_now = save_content(node, background_);
    if (!saved_now) {
      log(LogLevel::error, "closing {}: {}", name_of(node->place()), saved_now.error().message);
    }
  }
  close(*handle);
}

void FileSystem::State::abandon(HandleId handle_id) {
  const auto handle = take_handle(handle_id);
  if (handle == nullptr) return;
  const auto turn = handle->node->turn.take(background_);
  close(*handle);
}

void FileSystem::State::close(const FileHandle& handle) {
  const NodePointer& node = handle.node;
  std::string orphan;
  std::string lost;
  std::shared_ptr<FileContent> content;
  bool unsaved = false;
  {
    auto state = node->state.lock();
    if (--state->handles == 0) {
      content = std::exchange(state->content, nullptr);
      if (content != nullptr) state->last_base = content->base();
      unsaved = content != nullptr && content->is_dirty() && !state->unlinked;
      if (state->unlinked && state->info) orphan = state->key;
      if (state->uncommitted && !state->unlinked) {
        lost = state->name;
        state->unlinked = true;  // Who holds the inode and opens it now must look again.
      }
    }
  }
  if (content != nullptr) content->discard();
  if (unsaved) ask_again(*node);
  if (!lost.empty()) {
    // It never came into the store, and its close said so.
    if (const NodePointer parent = parent_of(*node)) free_name(parent, lost, *node);
  }
  if (!orphan.empty()) {
    const auto removed = node->store->remove(orphan, {}, background_);
    if (!removed) {
      log(LogLevel::warning, "removing {}: {}", name_of({node->store, orphan}),
          removed.error().message);
    }
  }
  inodes_.forget(node->id, 1);
}

}  // namespace aloft::posix
