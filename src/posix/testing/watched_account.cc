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
    auto info = watched("head", key, [&] { return inner_->head(key, limits); });
    if (info) disguise(*info);
    return info;
  }
  Result<ReadResult> read(const ReadRequest& request, std::span<std::byte> buffer,
                          const Limits& limits) override {
    return watched("read", request.key, [&] { return inner_->read(request, buffer, limits); });
  }
  void read_many(std::span<ReadPart> parts, const Limits& limits) override {
    for (ReadPart& part : parts) part.result = read(part.request, part.buffer, limits);
  }
  Result<PutResult> put(const PutRequest& request, const Limits& limits) override {
    return watched("put", request.key, [&] { return inner_->put(request, limits); });
  }
  Result<void> stage_block(const StageRequest& request, const Limits& limits) override {
    return watched("stage", request.key, [&] { return inner_->stage_block(request, limits); });
  }
  Result<void> stage_block_from(const StageFromRequest& request, const Limits& limits) override {
    return watched("stage_from", request.key,
                   [&] { return inner_->stage_block_from(request, limits); });
  }
  Result<PutResult> commit_blocks(const CommitRequest& request, const Limits& limits) override {
    return watched("commit", request.key, [&] { return inner_->commit_blocks(request, limits); });
  }
  Result<BlockList> block_list(std::string_view key, const Limits& limits) override {
    return watched("block_list", key, [&] { return inner_->block_list(key, limits); });
  }
  Result<PutResult> copy(const CopyRequest& request, const Limits& limits) override {
    return watched("copy", request.key, [&] { return inner_->copy(request, limits); });
  }
  Result<SourceRef> source_ref(std::string_view key) override { return inner_->source_ref(key); }
  Result<PutResult> set_metadata(std::string_view key, const Metadata& metadata,
                                 const Conditions& conditions, const Limits& limits) override {
    return watched("set_metadata", key,
                   [&] { return inner_->set_metadata(key, metadata, conditions, limits); });
  }
  Result<void> remove(std::string_view key, const Conditions& conditions,
                      const Limits& limits) override {
    return watched("remove", key, [&] { return inner_->remove(key, conditions, limits); });
  }
  Result<bool> hierarchical(const Limits& limits) override { return inner_->hierarchical(limits); }
  Result<void> rename(const RenameRequest& request, const Limits& limits) override {
    return watched("rename", request.from, [&] { return inner_->rename(request, limits); });
  }
  Result<ListPage> list(const ListRequest& request, const Limits& limits) override {
    auto page = watched("list", request.prefix, [&] { return inner_->list(request, limits); });
    if (!page) return page;
    for (ObjectInfo& object : page->objects) disguise(object);
    return page;
  }

 private:
  template <class Call>
  auto watched(std::string_view request, std::string_view key, Call call) -> decltype(call()) {
    ++(*watch_.counts.lock())[std::string(request)];
    const auto tell = [&](Guarded<Watch::Hook>& chosen) {
      const Watch::Hook hook = *chosen.lock();
      return hook ? hook(request, key) : std::nullopt;
    };
    if (auto error = tell(watch_.before)) return fail(*std::move(error));
    auto result = call();
    if (!result) return result;
    if (auto error = tell(watch_.after)) return fail(*std::move(error));
    return result;
  }

  void disguise(ObjectInfo& info) {
    const auto change = *watch_.disguise.lock();
    if (change) change(info);
  }

  const std::shared_ptr<ObjectStore> inner_;
  Watch& watch_;
};

}  // namespace

std::shared_ptr<ObjectStore> WatchedAccount::container(std::string_view name) {
  return std::make_shared<WatchedStore>(inner_.container(name), watch_);
}

}  // namespace aloft::posix::testing
