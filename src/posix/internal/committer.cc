// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/byte_size.h"
#include "format/attributes.h"
#include "format/content_version.h"
#include "posix/internal/staging_hold.h"

namespace aloft::posix {
namespace {

/// How often a commit meets a chmod of somebody else before it gives up.
constexpr int kAttemptsMax = 10;
/// A block that the service copies by itself may be larger than one that passes through here.
constexpr std::uint64_t kCopiedBlockBytesMax = 64_MiB;
/// Blocks smaller than this part of a part count as small (commit_plan.h).
constexpr std::uint64_t kSmallDivisor = 4;

bool is_condition(const Error& error) {
  return error.code == ErrorCode::precondition_failed || error.code == ErrorCode::already_exists;
}

/// The whole content of a small file.
Result<std::vector<std::byte>> assemble(Stager& stager, const Place& place,
                                        const ContentSnapshot& snapshot, const Limits& limits) {
  std::vector<std::byte> bytes(snapshot.size_bytes);
  IntervalSet written;
  for (const DirtyPart& part : snapshot.parts) {
    for (const Interval& range : part.valid.parts(part.range)) {
      std::memcpy(bytes.data() + range.begin,
                  part.bytes->span().data() + (range.begin - part.range.begin), range.length());
      written.add(range);
    }
  }
  for (const Interval& gap : written.gaps({0, snapshot.size_bytes})) {
    const auto out = std::span(bytes).subspan(gap.begin, gap.length());
    TRY(stager.read_base(*place.store, place.key, snapshot.base, snapshot.base_limit, gap, out,
                         limits));
  }
  return bytes;
}

std::uint64_t size_of(std::span<const BlockInfo> blocks) {
  std::uint64_t size_bytes = 0;
  for (const BlockInfo& block : blocks) size_bytes += block.size_bytes;
  return size_bytes;
}

}  // namespace

std::string name_of(const Place& place) {
  return fmt::format("{}/{}", place.store->name(), place.key);
}

struct Committer::Attempt {
  const Place& place;
  FileContent& content;
  ContentSnapshot snapshot;
  Metadata metadata;
  std::string commit_id;
  ObjectInfo made{};                               ///< What the store has after it.
  std::optional<std::vector<BlockInfo>> blocks{};  ///< Of `made`, where it has some.
  std::optional<std::size_t> block_id_length{};

  Conditions conditions() const {
    if (snapshot.base.info) return {.if_match = snapshot.base.info->etag};
    return {.if_none_match = "*"};
  }
  ContentProperties properties() const {
    ContentProperties kept;
    if (snapshot.base.info) kept = snapshot.base.info->properties;
    kept.content_md5.clear();
    return kept;
  }
  void succeeded(const PutResult& result) {
    made = ObjectInfo{.key = place.key,
                      .size_bytes = snapshot.size_bytes,
                      .etag = result.etag,
                      .last_modified = result.last_modified,
                      .access_tier = snapshot.base.info ? snapshot.base.info->access_tier : "",
                      .properties = properties(),
                      .metadata = metadata};
  }
};

Result<ObjectInfo> Committer::commit(const Place& place, FileContent& content,
                                     const SetAttributes& set_attributes, const Limits& limits) {
  const StagingHold hold = TRY(StagingHold::take(content, limits));
  Error last_error{.code = ErrorCode::unavailable, .message = {}};
  for (int attempts = 0; attempts < kAttemptsMax; ++attempts) {
    ContentSnapshot snapshot = TRY(content.snapshot());
    Attempt attempt{.place = place,
                    .content = content,
                    .snapshot = std::move(snapshot),
                    .metadata = {},
                    .commit_id = random_.hex(8)};
    if (attempt.snapshot.base.info) attempt.metadata = attempt.snapshot.base.info->metadata;
    set_attributes(attempt.metadata, attempt.snapshot.written_at);
    const std::string version = random_.hex(8);
    attempt.metadata.insert_or_assign(std::string(format::kContentKey), version);
    attempt.metadata.insert_or_assign(std::string(kCommitKey), attempt.commit_id);
    TRY(format::check_metadata_size(name_of(place), attempt.metadata));

    content.note_attempt(version, attempt.snapshot.changes);
    auto result = try_commit(attempt, limits);
    if (!result && is_condition(result.error())) {
      last_error = result.error();
      if (TRY(resolve(attempt, result.error(), limits)) == Next::again) continue;
      result = {};
    }
    TRY(std::move(result));
    content.committed(attempt.snapshot, {.info = attempt.made,
                                         .content = {},
                                         .blocks = std::move(attempt.blocks),
                                         .block_id_length = attempt.block_id_length,
                                         .known_at = options_.clock->now()});
    return attempt.made;
  }
  return fail(std::move(last_error));
}

Result<void> Committer::try_commit(Attempt& attempt, const Limits& limits) {
  const ContentSnapshot& snapshot = attempt.snapshot;
  // What was staged already is not sent twice.
  const bool in_memory = std::ranges::all_of(
      snapshot.parts, [](const DirtyPart& part) { return part.stage == DirtyPart::Stage::memory; });
  const std::uint64_t put_max =
      std::min(options_.part_size_bytes, attempt.place.store->capabilities().put_size_bytes_max);
  if (in_memory && snapshot.size_bytes <= put_max) return put(attempt, limits);
  return commit_blocks(attempt, limits);
}

Result<void> Committer::put(Attempt& attempt, const Limits& limits) {
  const ContentSnapshot& snapshot = attempt.snapshot;
  std::vector<std::byte> assembled;
  std::span<const std::byte> bytes;
  const bool one_part =
      snapshot.parts.size() == 1 && snapshot.parts.front().valid.covers({0, snapshot.size_bytes});
  if (one_part) {
    bytes = snapshot.parts.front().bytes->span().first(snapshot.size_bytes);
  } else {
    assembled = TRY(assemble(stager_, attempt.place, snapshot, limits));
    bytes = assembled;
  }
  const PutResult result = TRY(attempt.place.store->put({.key = attempt.place.key,
                                                         .content = bytes,
                                                         .metadata = attempt.metadata,
                                                         .properties = attempt.properties(),
                                                         .conditions = attempt.conditions()},
                                                        limits));
  attempt.succeeded(result);
  attempt.blocks.emplace();
  return {};
}

Result<std::vector<StagedExtent>> Committer::stage_parts(Attempt& attempt, std::size_t id_length,
                                                         const Limits& limits) {
  const ContentSnapshot& snapshot = attempt.snapshot;
  std::vector<StagedExtent> extents(snapshot.parts.size());
  std::vector<std::function<Result<void>()>> jobs;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const DirtyPart& part = snapshot.parts[i];
    extents[i] = {part.valid.hull(), part.block_id};
    if (part.stage == DirtyPart::Stage::staged) continue;
    jobs.push_back([&, i]() -> Result<void> {
      extents[i].block_id =
          TRY(stager_.stage(*attempt.place.store, attempt.place.key, snapshot.parts[i],
                            snapshot.base, snapshot.base_limit, id_length, limits));
      return {};
    });
  }
  TRY(stager_.perform_all(std::move(jobs)));
  return extents;
}

Result<void> Committer::stage_from_base(const Attempt& attempt, const SourceRef& source,
                                        const PlannedBlock& block, const Limits& limits) {
  ObjectStore& store = *attempt.place.store;
  const Base& base = attempt.snapshot.base;
  const bool zeros = block.source == PlannedBlock::Source::zeros;
  if (!zeros && store.capabilities().stage_from_object) {
    return store.stage_block_from({.key = attempt.place.key,
                                   .block_id = block.block_id,
                                   .source = source,
                                   .range = {block.range.begin, block.range.length()},
                                   .source_if_match = base.info->etag},
                                  limits);
  }
  std::vector<std::byte> bytes(block.range.length());
  if (!zeros) {
    TRY(stager_.read_base(store, attempt.place.key, base, block.range.end, block.range, bytes,
                          limits));
  }
  return store.stage_block({.key = attempt.place.key, .block_id = block.block_id, .content = bytes},
                           limits);
}

Result<void> Committer::stage_planned(Attempt& attempt, std::vector<PlannedBlock>& plan,
                                      std::size_t id_length, const Limits& limits) {
  using Source = PlannedBlock::Source;
  SourceRef source;
  if (std::ranges::any_of(plan, [](const PlannedBlock& b) { return b.source == Source::base; })) {
    source = TRY(attempt.place.store->source_ref(attempt.place.key));
  }
  std::vector<std::function<Result<void>()>> jobs;
  for (PlannedBlock& block : plan) {
    if (block.source != Source::base && block.source != Source::zeros) continue;
    block.block_id = stager_.new_block_id(id_length);
    jobs.push_back([&] { return stage_from_base(attempt, source, block, limits); });
  }
  return stager_.perform_all(std::move(jobs));
}

Result<void> Committer::commit_blocks(Attempt& attempt, const Limits& limits) {
  const ContentSnapshot& snapshot = attempt.snapshot;
  ObjectStore& store = *attempt.place.store;
  const Capabilities can = store.capabilities();
  const auto seen = TRY(Stager::look_at_blocks(store, attempt.place.key, snapshot.base, limits));
  std::vector<BlockInfo> base_blocks = seen.committed.value_or(std::vector<BlockInfo>());
  // An object that was put has no blocks; a list that does not add up is of another version.
  if (size_of(base_blocks) != snapshot.base.size_bytes()) base_blocks.clear();

  const auto extents = TRY(stage_parts(attempt, seen.id_length, limits));
  auto plan =
      plan_commit({.size_bytes = snapshot.size_bytes,
                   .base_limit = snapshot.base_limit,
                   .base_blocks = base_blocks,
                   .extents = extents,
                   .block_size_bytes_max =
                       can.stage_from_object
                           ? std::max(options_.part_size_bytes,
                                      std::min(kCopiedBlockBytesMax, can.block_size_bytes_max))
                           : options_.part_size_bytes,
                   .small_size_bytes = options_.part_size_bytes / kSmallDivisor});
  if (plan.size() > can.blocks_max) {
    return fail(
        os_error(EFBIG, fmt::format("{} would need {} blocks and the service takes {}; copy "
                                    "it to a new file to make its blocks larger",
                                    name_of(attempt.place), plan.size(), can.blocks_max)));
  }
  TRY(stage_planned(attempt, plan, seen.id_length, limits));

  std::vector<BlockRef> list;
  attempt.blocks.emplace();
  for (const PlannedBlock& block : plan) {
    const bool kept = block.source == PlannedBlock::Source::committed;
    list.push_back({block.block_id, kept ? BlockRef::From::committed : BlockRef::From::staged});
    attempt.blocks->push_back({block.block_id, block.range.length()});
  }
  attempt.block_id_length = seen.id_length;
  const PutResult result = TRY(store.commit_blocks({.key = attempt.place.key,
                                                    .blocks = list,
                                                    .metadata = attempt.metadata,
                                                    .properties = attempt.properties(),
                                                    .conditions = attempt.conditions()},
                                                   limits));
  attempt.succeeded(result);
  return {};
}

Result<Committer::Next> Committer::resolve(Attempt& attempt, Error condition_error,
                                           const Limits& limits) {
  const Base& base = attempt.snapshot.base;
  auto present = attempt.place.store->head(attempt.place.key, limits);
  const bool absent = !present && present.error().code == ErrorCode::not_found;
  if (!present && !absent) return fail(std::move(present).error());
  const auto lost = [&](std::string_view why) {
    Error error = os_error(
        ESTALE, fmt::format("{}: {} while unsaved changes were held here; they cannot be saved "
                            "({})",
                            name_of(attempt.place), why, condition_error.message));
    attempt.content.fail_for_good(error);
    return fail(std::move(error));
  };
  if (present) {
    const auto commit = present->metadata.find(kCommitKey);
    if (commit != present->metadata.end() && commit->second == attempt.commit_id) {
      attempt.made = *std::move(present);
      return Next::done;
    }
  }
  const auto ours = present ? attempt.content.attempted(format::content_version(*present))
                            : std::optional<std::uint64_t>();
  if (ours && *ours == attempt.snapshot.changes) {
    // An attempt before this one did its work, though its answer was lost. Attributes may have
    // changed since: once more, upon that.
    attempt.content.committed(attempt.snapshot,
                              {.info = *present, .known_at = options_.clock->now()});
    return Next::again;
  }
  if (ours) {
    if (!attempt.content.forget_staged()) return lost("an answer of the service was lost");
    attempt.content.rebase(*present, options_.clock->now());
    return Next::again;
  }
  if (absent && base.info) return lost("somebody removed it");
  if (present && !base.info) return lost("somebody else made it");
  if (absent || present->etag == base.info->etag) {
    // Nothing changed, so it is the staged blocks that the store does not have any more.
    if (attempt.content.forget_staged()) return Next::again;
    return lost("the service forgot blocks that were sent to it");
  }
  if (!format::same_content(*present, *base.info)) return lost("somebody else wrote it");
  attempt.content.adopt_attributes(base.content, *present, options_.clock->now());
  return Next::again;
}

}  // namespace aloft::posix
