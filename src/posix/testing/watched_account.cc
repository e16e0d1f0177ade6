// SPDX-License-Identifier: Apache-2.0
#include "posix/testing/watched_account.h"

#include <utility>

namespace aloft::posix::testing {
namespace {

class WatchedStore final : public ObjectStore {
 public:
  WatchedStore(std::shared_ptr<ObjectStore> inner, Watch& watch)
      : inner_(std::move(inner)), watch_(watch) {}

  std::string name() const override { return inner_->name(); }
  Capabilities capabilities() const override {
    return watch_.capabilities != nullptr ? *watch_.capabilities : inner_->capabilities();
  }
  Result<ObjectInfo> head(std::string_view key, const Limits& limits) override {
    TRY(note("head", key));
    return inner_->head(key, limits);
  }
  Result<ReadResult> read(const ReadRequest& request, std::span<std::byte> buffer,
                          const Limits& limits) override {
    TRY(note("read", request.key));
    return inner_->read(request, buffer, limits);
  }
  void read_many(std::span<ReadPart> parts, const Limits& limits) override {
    for (ReadPart& part : parts) part.result = read(part.request, part.buffer, limits);
  }
  Result<PutResult> put(const PutRequest& request, const Limits& limits) override {
    TRY(note("put", request.key));
    return inner_->put(request, limits);
  }
  Result<void> stage_block(const StageRequest& request, const Limits& limits) override {
    TRY(note("stage", request.key));
    return inner_->stage_block(request, limits);
  }
  Result<void> stage_block_from(const StageFromRequest& request, const Limits& limits) override {
    TRY(note("stage_from", request.key));
    return inner_->stage_block_from(request, limits);
  }
  Result<PutResult> commit_blocks(const CommitRequest& request, const Limits& limits) override {
    TRY(note("commit", request.key));
    return inner_->commit_blocks(request, limits);
  }
  Result<BlockList> block_list(std::string_view key, const Limits& limits) override {
    TRY(note("block_list", key));
    return inner_->block_list(key, limits);
  }
  Result<PutResult> copy(const CopyRequest& request, const Limits& limits) override {
    TRY(note("copy", request.key));
    return inner_->copy(request, limits);
  }
  Result<SourceRef> source_ref(std::string_view key) override { return inner_->source_ref(key); }
  Result<PutResult> set_metadata(std::string_view key, const Metadata& metadata,
                                 const Conditions& conditions, const Limits& limits) override {
    TRY(note("set_metadata", key));
    return inner_->set_metadata(key, metadata, conditions, limits);
  }
  Result<void> remove(std::string_view key, const Conditions& conditions,
                      const Limits& limits) override {
    TRY(note("remove", key));
    return inner_->remove(key, conditions, limits);
  }
  Result<ListPage> list(const ListRequest& request, const Limits& limits) override {
    TRY(note("list", request.prefix));
    return inner_->list(request, limits);
  }

 private:
  Result<void> note(std::string_view request, std::string_view key) {
    ++(*watch_.counts.lock())[std::string(request)];
    const Watch::Before before = *watch_.before.lock();
    if (!before) return {};
    if (auto error = before(request, key)) return fail(*std::move(error));
    return {};
  }

  const std::shared_ptr<ObjectStore> inner_;
  Watch& watch_;
};

}  // namespace

std::shared_ptr<ObjectStore> WatchedAccount::container(std::string_view name) {
  return std::make_shared<WatchedStore>(inner_.container(name), watch_);
}

}  // namespace aloft::posix::testing
