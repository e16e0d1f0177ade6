// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "base/token_bucket.h"
#include "object/object_store.h"

namespace aloft {

/// Another store whose content moves no faster than a rate that it may share with other stores, in
/// both directions together. What the service moves within itself (copies, blocks from objects) and
/// what repeated requests send again does not count. A request is sent whole once its turn has
/// come: the rate holds over several of them.
class ThrottledStore final : public ObjectStore {
 public:
  ThrottledStore(std::shared_ptr<ObjectStore> inner, std::shared_ptr<TokenBucket> bytes)
      : inner_(std::move(inner)), bytes_(std::move(bytes)) {}

  std::string name() const override { return inner_->name(); }
  Capabilities capabilities() const override { return inner_->capabilities(); }
  Result<ObjectInfo> head(std::string_view key, const Limits& limits) override {
    return inner_->head(key, limits);
  }
  Result<ReadResult> read(const ReadRequest& request, std::span<std::byte> buffer,
                          const Limits& limits) override {
    TRY(bytes_->take(request.range.length_bytes, limits));
    return inner_->read(request, buffer, limits);
  }
  void read_many(std::span<ReadPart> parts, const Limits& limits) override;
  Result<PutResult> put(const PutRequest& request, const Limits& limits) override {
    TRY(bytes_->take(request.content.size(), limits));
    return inner_->put(request, limits);
  }
  Result<void> stage_block(const StageRequest& request, const Limits& limits) override {
    TRY(bytes_->take(request.content.size(), limits));
    return inner_->stage_block(request, limits);
  }
  Result<void> stage_block_from(const StageFromRequest& request, const Limits& limits) override {
    return inner_->stage_block_from(request, limits);
  }
  Result<PutResult> commit_blocks(const CommitRequest& request, const Limits& limits) override {
    return inner_->commit_blocks(request, limits);
  }
  Result<BlockList> block_list(std::string_view key, const Limits& limits) override {
    return inner_->block_list(key, limits);
  }
  Result<PutResult> copy(const CopyRequest& request, const Limits& limits) override {
    return inner_->copy(request, limits);
  }
  Result<SourceRef> source_ref(std::string_view key) override { return inner_->source_ref(key); }
  Result<PutResult> set_metadata(std::string_view key, const Metadata& metadata,
                                 const Conditions& conditions, const Limits& limits) override {
    return inner_->set_metadata(key, metadata, conditions, limits);
  }
  Result<void> remove(std::string_view key, const Conditions& conditions,
                      const Limits& limits) override {
    return inner_->remove(key, conditions, limits);
  }
  Result<bool> hierarchical(const Limits& limits) override { return inner_->hierarchical(limits); }
  Result<void> rename(const RenameRequest& request, const Limits& limits) override {
    return inner_->rename(request, limits);
  }
  Result<ListPage> list(const ListRequest& request, const Limits& limits) override {
    return inner_->list(request, limits);
  }

 private:
  const std::shared_ptr<ObjectStore> inner_;
  const std::shared_ptr<TokenBucket> bytes_;
};

}  // namespace aloft
