// SPDX-License-Identifier: Apache-2.0
#include "object/retrying_store.h"

#include <algorithm>
#include <utility>

#include "object/conflict.h"

namespace aloft {

namespace {

constexpr std::size_t kCommitBytes = 16;  // Two hexadecimal digits each.

/// Services promise to keep the etag of a file that they rename; of directories they say nothing.
bool is_same(const ObjectInfo& moved, const ObjectInfo& source) {
  if (moved.etag == source.etag) return true;
  return is_directory(source.metadata) && moved.metadata == source.metadata;
}

bool conditional(const Conditions& conditions) {
  return !conditions.if_match.empty() || !conditions.if_none_match.empty();
}

/// What is copied may bring all the metadata that a service keeps.
bool has_room_for_commit(Metadata metadata) {
  metadata.insert_or_assign(std::string(kCommitKey), std::string(2 * kCommitBytes, '0'));
  return check_metadata(metadata).has_value();
}

}  // namespace

RetryingStore::RetryingStore(std::shared_ptr<ObjectStore> inner, RetryOptions options, Clock& clock,
                             Random& random, std::shared_ptr<RetryBudget> budget)
    : inner_(std::move(inner)),
      options_(options),
      clock_(clock),
      random_(random),
      budget_(budget != nullptr ? std::move(budget) : std::make_shared<RetryBudget>(options)) {}

Result<ObjectInfo> RetryingStore::head(std::string_view key, const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry&) { return inner_->head(key, limits); });
}

Result<ReadResult> RetryingStore::read(const ReadRequest& request, std::span<std::byte> buffer,
                                       const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry&) { return inner_->read(request, buffer, limits); });
}

void RetryingStore::read_many(std::span<ReadPart> parts, const Limits& limits) {
  Retry retry(options_, *budget_, clock_, random_, limits);
  inner_->read_many(parts, limits);
  for (;;) {
    std::vector<ReadPart> again;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].result || !is_passing(parts[i].result.error())) continue;
      again.push_back(parts[i]);
      places.push_back(i);
    }
    if (again.empty()) return retry.ended();
    const auto longest =
        std::ranges::max_element(again, {}, [](const ReadPart& part) -> std::chrono::milliseconds {
          return part.result.error().retry_after;
        });
    if (const auto paused = retry.pause_after(longest->result.error()); !paused) {
      // Each part keeps its own reason, but for the outcome of waiting.
      for (const std::size_t i : places) {
        if (paused.error().code != parts[i].result.error().code) {
          parts[i].result = fail(paused.error());
        }
      }
      return;
    }
    inner_->read_many(again, limits);
    for (std::size_t i = 0; i < again.size(); ++i) {
      parts[places[i]].result = std::move(again[i].result);
    }
  }
}

/// Writes with a random value of our own, and settles conflicts that a repeat meets.
Result<PutResult> RetryingStore::write_once(std::string_view key, const Metadata& metadata,
                                            const Limits& limits, const Write& write) {
  Metadata marked = metadata;
  const std::string commit = random_.hex(kCommitBytes);
  marked.insert_or_assign(std::string(kCommitKey), commit);
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry& retry) -> Result<PutResult> {
                      Result<PutResult> written = write(marked);
                      if (written || !retry.repeated() || !is_conflict(written.error())) {
                        return written;
                      }
                      return settle(key, commit, std::move(written).error(), limits);
                    });
}

Result<PutResult> RetryingStore::settle(std::string_view key, std::string_view commit,
                                        Error conflict, const Limits& limits) {
  Result<ObjectInfo> present = inner_->head(key, limits);
  if (!present) {
    if (present.error().code == ErrorCode::not_found) return fail(std::move(conflict));
    return fail(std::move(present).error());
  }
  const auto found = present->metadata.find(kCommitKey);
  if (found == present->metadata.end() || found->second != commit) {
    return fail(std::move(conflict));
  }
  return PutResult{.etag = present->etag, .last_modified = present->last_modified};
}

Result<PutResult> RetryingStore::put(const PutRequest& request, const Limits& limits) {
  if (!conditional(request.conditions)) {
    return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                      [&](const Retry&) { return inner_->put(request, limits); });
  }
  return write_once(request.key, request.metadata, limits, [&](const Metadata& marked) {
    return inner_->put({.key = request.key,
                        .content = request.content,
                        .metadata = marked,
                        .properties = request.properties,
                        .conditions = request.conditions,
                        .crc64 = request.crc64},
                       limits);
  });
}

Result<void> RetryingStore::stage_block(const StageRequest& request, const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry&) { return inner_->stage_block(request, limits); });
}

Result<void> RetryingStore::stage_block_from(const StageFromRequest& request,
                                             const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry&) { return inner_->stage_block_from(request, limits); });
}

Result<PutResult> RetryingStore::commit_blocks(const CommitRequest& request, const Limits& limits) {
  // Even without conditions: blocks that the first attempt committed are staged no more.
  return write_once(request.key, request.metadata, limits, [&](const Metadata& marked) {
    return inner_->commit_blocks({.key = request.key,
                                  .blocks = request.blocks,
                                  .metadata = marked,
                                  .properties = request.properties,
                                  .conditions = request.conditions},
                                 limits);
  });
}

Result<BlockList> RetryingStore::block_list(std::string_view key, const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry&) { return inner_->block_list(key, limits); });
}

Result<PutResult> RetryingStore::copy(const CopyRequest& request, const Limits& limits) {
  const bool marks = request.metadata != nullptr && has_room_for_commit(*request.metadata);
  if (conditional(request.conditions) && marks) {
    return write_once(request.key, *request.metadata, limits, [&](const Metadata& marked) {
      return inner_->copy({.source = request.source,
                           .key = request.key,
                           .metadata = &marked,
                           .conditions = request.conditions,
                           .source_if_match = request.source_if_match},
                          limits);
    });
  }
  bool lost_answer = false;
  Result<PutResult> copied =
      with_retry(Retry(options_, *budget_, clock_, random_, limits), [&](const Retry& retry) {
        lost_answer = retry.repeated();
        return inner_->copy(request, limits);
      });
  if (!copied && lost_answer && conditional(request.conditions) && is_conflict(copied.error())) {
    copied.error().code = ErrorCode::unavailable;
    copied.error().message += "; an answer was lost before, so what is there may be our own copy";
  }
  return copied;
}

Result<PutResult> RetryingStore::set_metadata(std::string_view key, const Metadata& metadata,
                                              const Conditions& conditions, const Limits& limits) {
  if (!conditional(conditions)) {
    return with_retry(Retry(options_, *budget_, clock_, random_, limits), [&](const Retry&) {
      return inner_->set_metadata(key, metadata, conditions, limits);
    });
  }
  return write_once(key, metadata, limits, [&](const Metadata& marked) {
    return inner_->set_metadata(key, marked, conditions, limits);
  });
}

Result<void> RetryingStore::remove(std::string_view key, const Conditions& conditions,
                                   const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry& retry) -> Result<void> {
                      Result<void> removed = inner_->remove(key, conditions, limits);
                      const bool gone = !removed && removed.error().code == ErrorCode::not_found;
                      if (gone && retry.repeated()) return {};
                      return removed;
                    });
}

Result<bool> RetryingStore::hierarchical(const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry&) { return inner_->hierarchical(limits); });
}

/// By what it is a repeat knows what an attempt before it renamed.
Result<void> RetryingStore::rename(const RenameRequest& request, const Limits& limits) {
  ObjectInfo source{.etag = Etag(request.source_if_match)};
  if (source.etag.empty() || source.etag == "*") source = TRY(head(request.from, limits));
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry& retry) -> Result<void> {
                      Result<void> renamed = inner_->rename(request, limits);
                      if (renamed || !retry.repeated()) return renamed;
                      const Error& error = renamed.error();
                      if (error.code != ErrorCode::not_found && !is_conflict(error)) return renamed;
                      return settle_rename(request, source, std::move(renamed).error(), limits);
                    });
}

Result<void> RetryingStore::settle_rename(const RenameRequest& request, const ObjectInfo& source,
                                          Error refusal, const Limits& limits) {
  const Result<ObjectInfo> left = inner_->head(request.from, limits);
  if (left) return fail(std::move(refusal));
  if (left.error().code != ErrorCode::not_found) return fail(left.error());
  const Result<ObjectInfo> moved = inner_->head(request.to, limits);
  if (moved && is_same(*moved, source)) return {};
  const bool is_answer = moved || moved.error().code == ErrorCode::not_found;
  return fail(is_answer ? std::move(refusal) : moved.error());
}

Result<ListPage> RetryingStore::list(const ListRequest& request, const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry&) { return inner_->list(request, limits); });
}

}  // namespace aloft
