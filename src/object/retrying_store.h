// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/retry.h"
#include "object/object_account.h"

namespace aloft {

/// Repeats what failed with unavailable or throttled, with growing random pauses or those that the
/// service asks for, within the caller's limits: where the next pause would pass the deadline it
/// fails at once with deadline_exceeded.
///
/// A repeated write is never reported as a conflict when it was our own: each conditional write,
/// and each commit, carries a random value in its metadata (kCommitKey, 12 + 32 bytes of them), and
/// when a repeat meets a conflict the store looks whose value is there. A copy that keeps the
/// source's metadata cannot carry one, nor one whose metadata leave no room for it: for its
/// conflicts after a lost answer the error is unavailable, saying that the outcome is not known. A
/// removal that finds nothing after a lost answer is a success; so is a rename that finds at its
/// new name, and there alone, what it was asked to rename.
class RetryingStore final : public ObjectStore {
 public:
  /// `clock` and `random` outlive the store.
  RetryingStore(std::shared_ptr<ObjectStore> inner, RetryOptions options, Clock& clock,
                Random& random, std::shared_ptr<RetryBudget> budget = nullptr);

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
  Result<void> settle_rename(const RenameRequest& request, const ObjectInfo& source, Error refusal,
                             const Limits& limits);
  using Write = std::function<Result<PutResult>(const Metadata& metadata)>;
  Result<PutResult> write_once(std::string_view key, const Metadata& metadata, const Limits& limits,
                               const Write& write);
  Result<PutResult> settle(std::string_view key, std::string_view commit, Error conflict,
                           const Limits& limits);

  const std::shared_ptr<ObjectStore> inner_;
  const RetryOptions options_;
  Clock& clock_;
  Random& random_;
  const std::shared_ptr<RetryBudget> budget_;
};

/// An account whose calls, and those of its stores, are repeated. A container that is there after a
/// lost answer to its creation counts as created, one that is gone after its removal as removed.
class RetryingAccount final : public ObjectAccount {
 public:
  /// `clock` and `random` outlive the account and its stores.
  RetryingAccount(std::shared_ptr<ObjectAccount> inner, RetryOptions options, Clock& clock,
                  Random& random);

  std::shared_ptr<ObjectStore> container(std::string_view name) override;
  Result<void> create_container(std::string_view name, const Limits& limits) override;
  Result<void> remove_container(std::string_view name, const Limits& limits) override;
  Result<std::vector<std::string>> list_containers(const Limits& limits) override;
  Result<bool> container_exists(std::string_view name, const Limits& limits) override;

 private:
  const std::shared_ptr<ObjectAccount> inner_;
  const RetryOptions options_;
  Clock& clock_;
  Random& random_;
  const std::shared_ptr<RetryBudget> budget_;
};

}  // namespace aloft
