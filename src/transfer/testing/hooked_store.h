// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "object/object_store.h"

namespace aloft::transfer::testing {

/// Another store, with a test's own code in front of some calls. Hooks are set before use and run
/// on the caller's thread; an error that one returns is what the call returns.
class HookedStore final : public ObjectStore {
 public:
  explicit HookedStore(std::shared_ptr<ObjectStore> inner) : inner_(std::move(inner)) {}

  std::function<Result<void>(std::string_view key)> before_read = nothing;
  std::function<Result<void>(std::string_view key)> before_write = nothing;
  /// Behind before_write.
  std::function<Result<void>(std::string_view block_id)> before_stage = nothing;
  std::function<Result<void>(std::string_view key)> before_commit = nothing;
  std::function<Result<void>(const CopyRequest& request)> before_copy =
      [](const CopyRequest&) -> Result<void> { return {}; };
  /// May change what a listing says.
  std::function<void(ListPage& page)> after_list = [](ListPage&) {};

  ObjectStore& inner() { return *inner_; }

  std::string name() const override { return inner_->name(); }
  Capabilities capabilities() const override { return inner_->capabilities(); }
  Result<ObjectInfo> head(std::string_view key, const Limits& limits) override {
    return inner_->head(key, limits);
  }
  Result<ReadResult> read(const ReadRequest& request, std::span<std::byte> buffer,
                          const Limits& limits) override {
    TRY(before_read(request.key));
    return inner_->read(request, buffer, limits);
  }
  void read_many(std::span<ReadPart> parts, const Limits& limits) override {
    for (ReadPart& part : parts) part.result = read(part.request, part.buffer, limits);
  }
  Result<PutResult> put(const PutRequest& request, const Limits& limits) override {
    TRY(before_write(request.key));
    return inner_->put(request, limits);
  }
  Result<void> stage_block(const StageRequest& request, const Limits& limits) override {
    TRY(before_write(request.key));
    TRY(before_stage(request.block_id));
    return inner_->stage_block(request, limits);
  }
  Result<void> stage_block_from(const StageFromRequest& request, const Limits& limits) override {
    TRY(before_write(request.key));
    TRY(before_stage(request.block_id));
    return inner_->stage_block_from(request, limits);
  }
  Result<PutResult> commit_blocks(const CommitRequest& request, const Limits& limits) override {
    TRY(before_write(request.key));
    TRY(before_commit(request.key));
    return inner_->commit_blocks(request, limits);
  }
  Result<BlockList> block_list(std::string_view key, const Limits& limits) override {
    return inner_->block_list(key, limits);
  }
  Result<PutResult> copy(const CopyRequest& request, const Limits& limits) override {
    TRY(before_write(request.key));
    TRY(before_copy(request));
    return inner_->copy(request, limits);
  }
  Result<SourceRef> source_ref(std::string_view key) override { return inner_->source_ref(key); }
  Result<PutResult> set_metadata(std::string_view key, const Metadata& metadata,
                                 const Conditions& conditions, const Limits& limits) override {
    TRY(before_write(key));
    return inner_->set_metadata(key, metadata, conditions, limits);
  }
  Result<void> remove(std::string_view key, const Conditions& conditions,
                      const Limits& limits) override {
    TRY(before_write(key));
    return inner_->remove(key, conditions, limits);
  }
  Result<bool> hierarchical(const Limits& limits) override { return inner_->hierarchical(limits); }
  Result<void> rename(const RenameRequest& request, const Limits& limits) override {
    TRY(before_write(request.to));
    return inner_->rename(request, limits);
  }
  Result<ListPage> list(const ListRequest& request, const Limits& limits) override {
    ListPage page = TRY(inner_->list(request, limits));
    after_list(page);
    return page;
  }

 private:
  static Result<void> nothing(std::string_view) { return {}; }

  std::shared_ptr<ObjectStore> inner_;
};

}  // namespace aloft::transfer::testing
