// SPDX-License-Identifier: Apache-2.0
#include "object/internal/memory_store.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "azure/names/blob_names.h"

namespace aloft::internal {
namespace {

constexpr std::uint32_t kPageEntriesMax = 5000;

std::uint64_t size_of(const std::vector<MemoryPiece>& pieces) {
  std::uint64_t size_bytes = 0;
  for (const MemoryPiece& piece : pieces) size_bytes += piece.bytes->size();
  return size_bytes;
}

}  // namespace

MemoryBytes copy_of(std::span<const std::byte> bytes) {
  return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

std::size_t copy_range(const MemoryObject& object, ByteRange range, std::span<std::byte> buffer) {
  std::size_t filled = 0;
  for (const MemoryPiece& piece : object.pieces) {
    const std::uint64_t size_bytes = piece.bytes->size();
    if (range.offset >= size_bytes) {
      range.offset -= size_bytes;
      continue;
    }
    const std::size_t count =
        static_cast<std::size_t>(std::min(size_bytes - range.offset, range.length_bytes - filled));
    if (count == 0) break;
    std::memcpy(buffer.data() + filled, piece.bytes->data() + range.offset, count);
    filled += count;
    range.offset = 0;
  }
  return filled;
}

Result<void> MemoryStore::check_call(std::string_view key, const Limits& limits,
                                     std::string_view doing) const {
  TRY(limits.check(state_->clock, fmt::format("{} {}", doing, uri(key))));
  return azure::check_key(key);
}

Result<MemoryContainer*> MemoryStore::open(MemoryContainers& containers) const {
  const auto found = containers.by_name.find(container_);
  if (found == containers.by_name.end()) {
    return fail(ErrorCode::not_found, fmt::format("container {} does not exist", name()));
  }
  return &found->second;
}

tl::unexpected<Error> MemoryStore::not_found(std::string_view key) const {
  return fail(ErrorCode::not_found, fmt::format("{} does not exist", uri(key)));
}

Result<void> MemoryStore::check(const Conditions& conditions, const MemoryObject* present,
                                std::string_view key) const {
  const bool matches = present != nullptr &&
                       (conditions.if_match == "*" || conditions.if_match == present->info.etag);
  if (!conditions.if_match.empty() && !matches) {
    return fail(ErrorCode::precondition_failed,
                fmt::format("{} changed since it was looked at", uri(key)));
  }
  if (present != nullptr && conditions.if_none_match == "*") {
    return fail(ErrorCode::already_exists, fmt::format("{} exists already", uri(key)));
  }
  if (present != nullptr && conditions.if_none_match == present->info.etag) {
    return fail(ErrorCode::precondition_failed,
                fmt::format("{} has not changed since it was looked at", uri(key)));
  }
  return {};
}

Result<MemoryStore::Version> MemoryStore::current(std::string_view key,
                                                  std::string_view if_match) const {
  auto containers = state_->containers.lock();
  const MemoryContainer& container = *TRY(open(*containers));
  const auto found = container.find(key);
  if (found == container.end() || found->second.committed == nullptr) return not_found(key);
  TRY(check({.if_match = std::string(if_match)}, found->second.committed.get(), key));
  return found->second.committed;
}

Result<PutResult> MemoryStore::write(const Conditions& conditions, MemoryObject version) const {
  auto containers = state_->containers.lock();
  return write_in(*containers, conditions, std::move(version));
}

Result<PutResult> MemoryStore::write_in(MemoryContainers& containers, const Conditions& conditions,
                                        MemoryObject version) const {
  MemoryContainer& container = *TRY(open(containers));
  const std::string& key = version.info.key;
  const auto found = container.find(key);
  TRY(check(conditions, found == container.end() ? nullptr : found->second.committed.get(), key));
  if (state_->hierarchical) {
    TRY(check_place(container, version));
    TRY(make_parents(containers, key));
  }
  MemoryEntry& entry = container[key];
  entry.staged.clear();
  return replace(containers, entry, std::move(version));
}

PutResult MemoryStore::replace(MemoryContainers& containers, MemoryEntry& entry,
                               MemoryObject version) const {
  version.info.etag = fmt::format("\"0x{:016X}\"", ++containers.versions);
  version.info.last_modified = std::chrono::floor<std::chrono::seconds>(state_->clock.wall_now());
  version.info.size_bytes = size_of(version.pieces);
  entry.committed = std::make_shared<const MemoryObject>(std::move(version));
  return {.etag = entry.committed->info.etag, .last_modified = entry.committed->info.last_modified};
}

Result<ObjectInfo> MemoryStore::head(std::string_view key, const Limits& limits) {
  TRY(check_call(key, limits, "looking at"));
  return TRY(current(key, {}))->info;
}

Result<ReadResult> MemoryStore::read(const ReadRequest& request, std::span<std::byte> buffer,
                                     const Limits& limits) {
  CHECK(buffer.size() >= request.range.length_bytes);
  TRY(check_call(request.key, limits, "reading"));
  const Version version = TRY(current(request.key, request.if_match));
  ReadResult result{.size_bytes = copy_range(*version, request.range, buffer)};
  if (request.want_info) result.info = version->info;
  return result;
}

void MemoryStore::read_many(std::span<ReadPart> parts, const Limits& limits) {
  for (ReadPart& part : parts) part.result = read(part.request, part.buffer, limits);
}

Result<PutResult> MemoryStore::put(const PutRequest& request, const Limits& limits) {
  TRY(check_call(request.key, limits, "writing"));
  TRY(check_metadata(request.metadata));
  MemoryObject version{.info = {.key = std::string(request.key),
                                .properties = request.properties,
                                .metadata = request.metadata},
                       .pieces = {{.id = {}, .bytes = copy_of(request.content)}}};
  return write(request.conditions, std::move(version));
}

Result<SourceRef> MemoryStore::source_ref(std::string_view key) {
  TRY(azure::check_key(key));
  return SourceRef{.url = fmt::format("memory://{}/{}/{}", state_->account, container_, key)};
}

Result<MemoryStore::Version> MemoryStore::source(const SourceRef& source,
                                                 std::string_view if_match) const {
  const std::string mine = fmt::format("memory://{}/", state_->account);
  const std::size_t slash = source.url.find('/', mine.size());
  if (!source.url.starts_with(mine) || slash == std::string::npos) {
    return fail(ErrorCode::unsupported,
                fmt::format("{} cannot copy from another account in memory", name()));
  }
  const MemoryStore store(state_, source.url.substr(mine.size(), slash - mine.size()));
  return store.current(source.url.substr(slash + 1), if_match);
}

Result<PutResult> MemoryStore::copy(const CopyRequest& request, const Limits& limits) {
  TRY(check_call(request.key, limits, "copying to"));
  if (request.metadata != nullptr) TRY(check_metadata(*request.metadata));
  MemoryObject version = *TRY(source(request.source, request.source_if_match));
  version.info.key = request.key;
  if (request.metadata != nullptr) version.info.metadata = *request.metadata;
  return write(request.conditions, std::move(version));
}

Result<PutResult> MemoryStore::set_metadata(std::string_view key, const Metadata& metadata,
                                            const Conditions& conditions, const Limits& limits) {
  TRY(check_call(key, limits, "setting metadata of"));
  TRY(check_metadata(metadata));
  auto containers = state_->containers.lock();
  MemoryContainer& container = *TRY(open(*containers));
  const auto found = container.find(key);
  if (found == container.end() || found->second.committed == nullptr) return not_found(key);
  TRY(check(conditions, found->second.committed.get(), key));
  MemoryObject version = *found->second.committed;
  version.info.metadata = metadata;
  return replace(*containers, found->second, std::move(version));
}

Result<void> MemoryStore::remove(std::string_view key, const Conditions& conditions,
                                 const Limits& limits) {
  TRY(check_call(key, limits, "removing"));
  auto containers = state_->containers.lock();
  MemoryContainer& container = *TRY(open(*containers));
  const auto found = container.find(key);
  if (found == container.end() || found->second.committed == nullptr) return not_found(key);
  TRY(check(conditions, found->second.committed.get(), key));
  if (state_->hierarchical) TRY(check_leaf(container, key));
  container.erase(found);
  return {};
}

Result<ListPage> MemoryStore::list(const ListRequest& request, const Limits& limits) {
  TRY(limits.check(state_->clock, "listing " + name()));
  if (request.entries_max == 0) {
    return fail(ErrorCode::invalid_argument, "a page of a listing needs room for an entry");
  }
  const std::size_t entries_max = std::min(request.entries_max, kPageEntriesMax);
  ListPage page;
  auto containers = state_->containers.lock();
  const MemoryContainer& container = *TRY(open(*containers));
  // A marker is the first key of the next page.
  auto at = container.lower_bound(std::max(request.prefix, request.marker));
  std::string folded;  // The prefix that was met last: all behind it that begins so is in it.
  for (; at != container.end() && at->first.starts_with(request.prefix); ++at) {
    const auto& [key, entry] = *at;
    if (entry.committed == nullptr) continue;
    if (!folded.empty() && key.starts_with(folded)) continue;
    if (page.objects.size() + page.prefixes.size() == entries_max) {
      page.next_marker = key;
      break;
    }
    const std::size_t cut = request.delimiter.empty()
                                ? std::string::npos
                                : key.find(request.delimiter, request.prefix.size());
    if (cut != std::string::npos) {
      folded = key.substr(0, cut + request.delimiter.size());
      page.prefixes.push_back(folded);
      continue;
    }
    page.objects.push_back(entry.committed->info);
    if (!request.metadata) page.objects.back().metadata.clear();
  }
  return page;
}

std::shared_ptr<ObjectStore> make_store(std::shared_ptr<MemoryState> state, std::string container) {
  return std::make_shared<MemoryStore>(std::move(state), std::move(container));
}

}  // namespace aloft::internal
