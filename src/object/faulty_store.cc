// SPDX-License-Identifier: Apache-2.0
#include "object/faulty_store.h"

#include <fmt/core.h>

#include <algorithm>

namespace aloft {

FaultyStore::FaultyStore(std::shared_ptr<ObjectStore> inner, FaultOptions options, Random& random,
                         Clock& clock)
    : inner_(std::move(inner)), options_(options), random_(random), clock_(clock) {}

bool FaultyStore::happens(double probability) {
  constexpr std::uint64_t kParts = 1'000'000;
  return probability > 0 &&
         static_cast<double>(random_.below(kParts)) < probability * static_cast<double>(kParts);
}

template <class Call>
auto FaultyStore::disturb(std::string_view what, const Limits& limits, Call call)
    -> decltype(call()) {
  if (happens(options_.delays)) {
    const auto delay = std::chrono::milliseconds(
        random_.below(static_cast<std::uint64_t>(options_.delay_max.count()) + 1));
    clock_.sleep_until(std::min(clock_.now() + delay, limits.deadline), limits.stop);
    TRY(limits.check(clock_, fmt::format("{} {}", what, name())));
  }
  if (happens(options_.throttles)) {
    return fail(ErrorCode::throttled, fmt::format("{} {}: made to slow down", what, name()));
  }
  if (happens(options_.fails_before)) {
    return fail(ErrorCode::unavailable, fmt::format("{} {}: made to fail", what, name()));
  }
  auto result = call();
  if (happens(options_.fails_after)) {
    return fail(ErrorCode::unavailable, fmt::format("{} {}: the answer is lost", what, name()));
  }
  return result;
}

Result<ObjectInfo> FaultyStore::head(std::string_view key, const Limits& limits) {
  return disturb("head", limits, [&] { return inner_->head(key, limits); });
}

Result<ReadResult> FaultyStore::read(const ReadRequest& request, std::span<std::byte> buffer,
                                     const Limits& limits) {
  return disturb("read", limits, [&]() -> Result<ReadResult> {
    ReadResult read = TRY(inner_->read(request, buffer, limits));
    if (read.size_bytes == 0 || !happens(options_.breaks_reads)) return read;
    const auto kept = static_cast<std::size_t>(random_.below(read.size_bytes));
    random_.fill(buffer.subspan(kept, read.size_bytes - kept));
    return fail(ErrorCode::unavailable, fmt::format("read {}: broke off", name()));
  });
}

void FaultyStore::read_many(std::span<ReadPart> parts, const Limits& limits) {
  for (ReadPart& part : parts) part.result = read(part.request, part.buffer, limits);
}

Result<PutResult> FaultyStore::put(const PutRequest& request, const Limits& limits) {
  return disturb("put", limits, [&] { return inner_->put(request, limits); });
}

Result<void> FaultyStore::stage_block(const StageRequest& request, const Limits& limits) {
  return disturb("stage_block", limits, [&] { return inner_->stage_block(request, limits); });
}

Result<void> FaultyStore::stage_block_from(const StageFromRequest& request, const Limits& limits) {
  return disturb("stage_block_from", limits,
                 [&] { return inner_->stage_block_from(request, limits); });
}

Result<PutResult> FaultyStore::commit_blocks(const CommitRequest& request, const Limits& limits) {
  return disturb("commit_blocks", limits, [&] { return inner_->commit_blocks(request, limits); });
}

Result<BlockList> FaultyStore::block_list(std::string_view key, const Limits& limits) {
  return disturb("block_list", limits, [&] { return inner_->block_list(key, limits); });
}

Result<PutResult> FaultyStore::copy(const CopyRequest& request, const Limits& limits) {
  return disturb("copy", limits, [&] { return inner_->copy(request, limits); });
}

Result<PutResult> FaultyStore::set_metadata(std::string_view key, const Metadata& metadata,
                                            const Conditions& conditions, const Limits& limits) {
  return disturb("set_metadata", limits,
                 [&] { return inner_->set_metadata(key, metadata, conditions, limits); });
}

Result<void> FaultyStore::remove(std::string_view key, const Conditions& conditions,
                                 const Limits& limits) {
  return disturb("remove", limits, [&] { return inner_->remove(key, conditions, limits); });
}

Result<bool> FaultyStore::hierarchical(const Limits& limits) {
  return disturb("hierarchical", limits, [&] { return inner_->hierarchical(limits); });
}

Result<void> FaultyStore::rename(const RenameRequest& request, const Limits& limits) {
  return disturb("rename", limits, [&] { return inner_->rename(request, limits); });
}

Result<ListPage> FaultyStore::list(const ListRequest& request, const Limits& limits) {
  return disturb("list", limits, [&] { return inner_->list(request, limits); });
}

}  // namespace aloft
