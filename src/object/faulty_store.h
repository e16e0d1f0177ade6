// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "object/forwarding_account.h"

namespace aloft {

/// How often which trouble comes, each from 0 to 1 per call.
struct FaultOptions {
  double fails_before = 0;  ///< unavailable, and the call had no effect.
  double fails_after = 0;   ///< unavailable, though the call did its work: the answer is lost.
  double throttles = 0;     ///< throttled, and the call had no effect.
  double breaks_reads = 0;  ///< A read fills a part of its buffer, then fails with unavailable.
  double delays = 0;        ///< The call comes later by up to `delay_max`.
  std::chrono::milliseconds delay_max{1000};
};

/// For tests: trouble by chance, the same for the same seed and order of calls.
class FaultyStore final : public ObjectStore {
 public:
  /// `random` and `clock` outlive the store.
  FaultyStore(std::shared_ptr<ObjectStore> inner, FaultOptions options, Random& random,
              Clock& clock);

  std::string name() const override { return inner_->name(); }
  Capabilities capabilities() const override { return inner_->capabilities(); }
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
  Result<SourceRef> source_ref(std::string_view key) override { return inner_->source_ref(key); }
  Result<PutResult> set_metadata(std::string_view key, const Metadata& metadata,
                                 const Conditions& conditions, const Limits& limits) override;
  Result<void> remove(std::string_view key, const Conditions& conditions,
                      const Limits& limits) override;
  Result<bool> hierarchical(const Limits& limits) override;
  Result<void> rename(const RenameRequest& request, const Limits& limits) override;
  Result<ListPage> list(const ListRequest& request, const Limits& limits) override;

 private:
  template <class Call>
  auto disturb(std::string_view what, const Limits& limits, Call call) -> decltype(call());
  bool happens(double probability);

  const std::shared_ptr<ObjectStore> inner_;
  const FaultOptions options_;
  Random& random_;
  Clock& clock_;
};

/// For tests: an account whose stores are faulty; its own calls are not.
class FaultyAccount final : public ForwardingAccount {
 public:
  /// `random` and `clock` outlive the account and its stores.
  FaultyAccount(std::shared_ptr<ObjectAccount> inner, FaultOptions options, Random& random,
                Clock& clock)
      : ForwardingAccount(std::move(inner)), options_(options), random_(random), clock_(clock) {}

  std::shared_ptr<ObjectStore> container(std::string_view name) override {
    return std::make_shared<FaultyStore>(inner().container(name), options_, random_, clock_);
  }

 private:
  const FaultOptions options_;
  Random& random_;
  Clock& clock_;
};

}  // namespace aloft
