// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_size.h"
#include "object/internal/memory_state.h"

namespace aloft::internal {

/// One container in memory. What concerns blocks is in memory_blocks.cc, directories in
/// memory_tree.cc.
class MemoryStore final : public ObjectStore {
 public:
  MemoryStore(std::shared_ptr<MemoryState> state, std::string container)
      : state_(std::move(state)), container_(std::move(container)) {}

  std::string name() const override {
    return fmt::format("az://{}/{}", state_->account, container_);
  }
  Capabilities capabilities() const override {
    return {.stage_from_object = true,
            .put_size_bytes_max = 5000_MiB,
            .block_size_bytes_max = 4000_MiB,
            .blocks_max = kBlocksMax};
  }
  Result<bool> hierarchical(const Limits& limits) override;

  Result<ObjectInfo> head(std::string_view key, const Limits& limits) override;
  Result<ReadResult> read(const ReadRequest& request, std::span<std::byte> buffer,
                          const Limits& limits) override;
  void read_many(std::span<ReadPart> parts, const Limits& limits) override;
  Result<PutResult> put(const PutRequest& request, const Limits& limits) override;
  Result<void> stage_block(const StageRequest& request, const Limits& limits) override;
  Result<void> stage_block_from(const StageFromRequest& request, const Limits& limits) override;
  Result<PutResult> commit_blocks(const CommitRequest& request, const Limits& limits) override;
  Result<BlockList> block_list(std::string_view key, const Limits& limits) override;
  Result<PutResult> copy(const CopyRequest& request, const Limits& limits) override;
  Result<SourceRef> source_ref(std::string_view key) override;
  Result<PutResult> set_metadata(std::string_view key, const Metadata& metadata,
                                 const Conditions& conditions, const Limits& limits) override;
  Result<void> remove(std::string_view key, const Conditions& conditions,
                      const Limits& limits) override;
  Result<void> rename(const RenameRequest& request, const Limits& limits) override;
  Result<ListPage> list(const ListRequest& request, const Limits& limits) override;

 private:
  static constexpr std::uint32_t kBlocksMax = 50'000;
  using Version = std::shared_ptr<const MemoryObject>;

  std::string uri(std::string_view key) const { return fmt::format("{}/{}", name(), key); }
  Result<void> check_call(std::string_view key, const Limits& limits, std::string_view doing) const;
  Result<MemoryContainer*> open(MemoryContainers& containers) const;
  tl::unexpected<Error> not_found(std::string_view key) const;
  Result<void> check(const Conditions& conditions, const MemoryObject* present,
                     std::string_view key) const;
  Result<Version> current(std::string_view key, std::string_view if_match) const;
  Result<Version> source(const SourceRef& source, std::string_view if_match) const;
  Result<void> stage(std::string_view key, std::string_view id, MemoryBytes bytes) const;
  Result<std::vector<MemoryPiece>> choose(const CommitRequest& request,
                                          const MemoryEntry& entry) const;
  /// A directory for each part of the key, where keys are paths.
  Result<void> make_parents(MemoryContainers& containers, std::string_view key) const;
  /// Where keys are paths: whether an object may be made, or removed, at this one.
  Result<void> check_place(const MemoryContainer& container, const MemoryObject& version) const;
  Result<void> check_leaf(const MemoryContainer& container, std::string_view key) const;
  Result<void> check_rename(const RenameRequest& request, const MemoryContainer& container) const;
  Result<PutResult> write(const Conditions& conditions, MemoryObject version) const;
  Result<PutResult> write_in(MemoryContainers& containers, const Conditions& conditions,
                             MemoryObject version) const;
  PutResult replace(MemoryContainers& containers, MemoryEntry& entry, MemoryObject version) const;

  const std::shared_ptr<MemoryState> state_;
  const std::string container_;
};

MemoryBytes copy_of(std::span<const std::byte> bytes);

/// Fills the front of `buffer` from `range` of the object; returns how much there was.
std::size_t copy_range(const MemoryObject& object, ByteRange range, std::span<std::byte> buffer);

}  // namespace aloft::internal
