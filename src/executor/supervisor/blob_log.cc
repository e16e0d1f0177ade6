// SPDX-License-Identifier: Apache-2.0
#include "executor/supervisor/blob_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "format/attributes.h"
#include "format/block_id.h"

namespace aloft::executor {
namespace {

/// A log is an ordinary file of whoever runs the task.
Metadata log_metadata() {
  Metadata metadata;
  format::encode_attributes({.kind = format::FileKind::regular,
                             .permissions = 0644,
                             .uid = ::getuid(),
                             .gid = ::getgid(),
                             .mtime = std::chrono::system_clock::now().time_since_epoch()},
                            metadata);
  return metadata;
}

Result<std::string> read_range(int fd, std::uint64_t offset, std::uint64_t length,
                               const std::string& name) {
  std::string bytes(length, '\0');
  bytes.resize(TRY(read_at(fd, offset, std::as_writable_bytes(std::span(bytes)), name)));
  return bytes;
}

}  // namespace

BlobLog::BlobLog(Options options)
    : options_(std::move(options)), writer_(format::new_writer_id(*options_.random)) {}

std::string BlobLog::name() const {
  return options_.store->name() + "/" + options_.key;
}

Result<void> BlobLog::open(const Limits& limits) {
  if (options_.mode == workload::OpenMode::append) {
    auto taken = take_over_content(limits);
    if (taken || taken.error().code != ErrorCode::not_found) return taken;
  }
  const Metadata metadata = log_metadata();
  TRY(options_.store->put({.key = options_.key, .content = {}, .metadata = metadata}, limits));
  return {};
}

Result<void> BlobLog::take_over_content(const Limits& limits) {
  const BlockList list = TRY(options_.store->block_list(options_.key, limits));
  for (const BlockInfo& block : list.committed) {
    blocks_.push_back({.id = block.id, .from = BlockRef::From::committed});
  }
  if (!list.committed.empty()) return {};
  // Content that was put whole has no blocks to name: it is copied into some of ours.
  const ObjectInfo info = TRY(options_.store->head(options_.key, limits));
  for (std::uint64_t offset = 0; offset < info.size_bytes;) {
    std::string bytes(std::min(options_.block_size_bytes, info.size_bytes - offset), '\0');
    const ReadRequest part{
        .key = options_.key, .range = {offset, bytes.size()}, .if_match = info.etag};
    const auto read =
        TRY(options_.store->read(part, std::as_writable_bytes(std::span(bytes)), limits));
    bytes.resize(read.size_bytes);
    const BlockId id = next_id();
    TRY(stage(id, bytes, limits));
    blocks_.push_back({.id = id});
    offset += bytes.size();
  }
  return {};
}

Result<void> BlobLog::commit(const Limits& limits) {
  const UniqueFd file = TRY(open_file(options_.file, O_RDONLY));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fail_os(errno, "cannot look at " + options_.file);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == committed_bytes_) return {};
  if (uncertain_) TRY(look_again(limits));
  auto committed = commit_up_to(size, file.get(), limits);
  uncertain_ = !committed;
  return committed;
}

Result<void> BlobLog::look_again(const Limits& limits) {
  const BlockList list = TRY(options_.store->block_list(options_.key, limits));
  const auto holds = [](const std::vector<BlockInfo>& blocks, const BlockId& id) {
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](const BlockInfo& block) { return block.id == id; });
  };
  for (BlockRef& block : blocks_) {
    if (holds(list.committed, block.id)) {
      block.from = BlockRef::From::committed;
    } else if (!holds(list.uncommitted, block.id)) {
      // Somebody replaced the blob: all that this task wrote is uploaded anew.
      blocks_.clear();
      staged_bytes_ = 0;
      break;
    }
  }
  return {};
}

Result<void> BlobLog::commit_up_to(std::uint64_t size, int fd, const Limits& limits) {
  while (size - staged_bytes_ >= options_.block_size_bytes) {
    const std::string bytes =
        TRY(read_range(fd, staged_bytes_, options_.block_size_bytes, options_.file));
    const BlockId id = next_id();
    TRY(stage(id, bytes, limits));
    blocks_.push_back({.id = id});
    staged_bytes_ += bytes.size();
  }
  std::vector<BlockRef> all = blocks_;
  if (size > staged_bytes_) {
    const std::string tail =
        TRY(read_range(fd, staged_bytes_, size - staged_bytes_, options_.file));
    const BlockId id = next_id();
    TRY(stage(id, tail, limits));
    all.push_back({.id = id});
  }
  const Metadata metadata = log_metadata();
  const ContentProperties properties{.content_type = "text/plain"};
  TRY(options_.store->commit_blocks(
      {.key = options_.key, .blocks = all, .metadata = metadata, .properties = properties},
      limits));
  for (BlockRef& block : blocks_) block.from = BlockRef::From::committed;
  committed_bytes_ = size;
  return {};
}

Result<void> BlobLog::stage(BlockId id, std::string_view bytes, const Limits& limits) {
  return options_.store->stage_block(
      {.key = options_.key, .block_id = id, .content = std::as_bytes(std::span(bytes))}, limits);
}

BlockId BlobLog::next_id() {
  return format::block_id(writer_, next_index_++);
}

}  // namespace aloft::executor
