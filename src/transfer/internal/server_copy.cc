// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/server_copy.h"

#include <algorithm>

#include "base/random.h"
#include "format/attributes.h"
#include "format/block_id.h"
#include "format/content_notes.h"
#include "transfer/internal/file_parts.h"

namespace aloft::transfer {

namespace {

/// Of a block, as the service fetches it by itself.
constexpr std::uint64_t kPartsInBlock = 8;

/// Nothing but metadata, which stores that have directories of their own do not copy.
Result<void> copy_directory(Session& session, const ServerCopy& copy) {
  const ObjectInfo& object = *copy.entry.object;
  Metadata metadata = object.metadata;
  metadata.insert_or_assign(std::string(kDirectoryKey), "true");
  ContentProperties properties = object.properties;
  properties.content_md5.clear();
  const auto write = [&](const std::string& key, const ObjectHead& head) {
    return copy.tree->store().put({.key = key,
                                   .content = {},
                                   .metadata = metadata,
                                   .properties = properties,
                                   .conditions = head.conditions},
                                  session.limits);
  };
  TRY(write_object(*copy.tree, copy.target, {.attributes = copy.entry.attributes}, write,
                   session.limits));
  return {};
}

// The source's goes along, but for its own group; what is replaced keeps nothing. It is always
// said: an account with a hierarchical namespace would copy neither owner nor permissions by
// itself.
Metadata metadata_for(const ServerCopy& copy) {
  const ObjectInfo& object = *copy.entry.object;
  Metadata metadata = object.metadata;
  metadata.erase(std::string(kCommitKey));  // It tells of another write.
  format::ContentNotes notes = format::decode_notes(object);
  if (notes.link_group != copy.link_group) {
    notes.link_group = copy.link_group;
    format::encode_notes(notes, metadata);
  }
  return metadata;
}

Result<void> copy_at_once(Session& session, const ServerCopy& copy, const Metadata& metadata) {
  const ObjectInfo& object = *copy.entry.object;
  const SourceRef source = TRY(copy.source->store().source_ref(object.key));
  const auto write = [&](const std::string& key, const ObjectHead& head) {
    const CopyRequest request{.source = source,
                              .key = key,
                              .metadata = &metadata,
                              .conditions = head.conditions,
                              .source_if_match = object.etag,
                              .size_bytes = object.size_bytes};
    return copy.tree->store().copy(request, session.limits);
  };
  TRY(write_object(*copy.tree, copy.target, {.attributes = copy.entry.attributes}, write,
                   session.limits));
  return {};
}

/// Staged under `key`, each fetched by the service itself.
Result<std::vector<BlockRef>> stage_from_source(Session& session, const ServerCopy& copy,
                                                const std::string& key) {
  const ObjectInfo& object = *copy.entry.object;
  const Capabilities can = copy.tree->store().capabilities();
  const std::uint64_t least = parts_in(object.size_bytes, can.blocks_max);
  const std::uint64_t usual = kPartsInBlock * session.options.part_size_bytes;
  const std::uint64_t block_bytes = std::min(std::max(usual, least), can.block_size_bytes_max);
  const std::string writer = format::new_writer_id(system_random());
  std::vector<BlockRef> blocks;
  for (std::uint64_t offset = 0; offset < object.size_bytes; offset += block_bytes) {
    const auto index = static_cast<std::uint32_t>(blocks.size());
    blocks.push_back({format::block_id(writer, index), BlockRef::From::staged});
    // Anew for each: it may carry a token that expires.
    const SourceRef source = TRY(copy.source->store().source_ref(object.key));
    const std::uint64_t length = std::min(block_bytes, object.size_bytes - offset);
    TRY(copy.tree->store().stage_block_from({.key = key,
                                             .block_id = blocks.back().id,
                                             .source = source,
                                             .range = {offset, length},
                                             .source_if_match = object.etag},
                                            session.limits));
  }
  return blocks;
}

Result<void> copy_in_blocks(Session& session, const ServerCopy& copy, const Metadata& metadata) {
  const ObjectInfo& object = *copy.entry.object;
  const ObjectTarget& target = copy.target;
  std::string key = target.present ? target.present->key : target.key;
  if (key.empty()) key = TRY(key_for(target.path, copy.tree->name_of(target.path)));
  const std::vector<BlockRef> blocks = TRY(stage_from_source(session, copy, key));
  const auto write = [&](const std::string&, const ObjectHead& head) {
    return copy.tree->store().commit_blocks({.key = key,
                                             .blocks = blocks,
                                             .metadata = metadata,
                                             .properties = object.properties,
                                             .conditions = head.conditions},
                                            session.limits);
  };
  TRY(write_object(*copy.tree, target, {.attributes = copy.entry.attributes}, write,
                   session.limits));
  return {};
}

Result<void> copy_content(Session& session, const ServerCopy& copy) {
  const Metadata metadata = metadata_for(copy);
  auto copied = copy_at_once(session, copy, metadata);
  const bool in_blocks = !copied && copied.error().code == ErrorCode::unsupported &&
                         copy.tree->store().capabilities().stage_from_object;
  return in_blocks ? copy_in_blocks(session, copy, metadata) : copied;
}

Result<void> copy_version(Session& session, const ServerCopy& copy) {
  // Some tools call files directories in their metadata: content is not to be lost for that.
  const bool is_marker =
      copy.entry.kind() == FileKind::directory && copy.entry.object->size_bytes == 0;
  TRY(is_marker ? copy_directory(session, copy) : copy_content(session, copy));
  if (session.options.after_server_copy) {
    TRY(session.options.after_server_copy(copy.source, copy.entry));
  }
  return {};
}

// Another version by now, which is as good.
Result<void> copy_latest(Session& session, ServerCopy& copy) {
  for (int attempt = 1;; ++attempt) {
    auto copied = copy_version(session, copy);
    if (copied || copied.error().code != ErrorCode::precondition_failed) return copied;
    if (attempt == kAttemptsMax) {
      return fail(kept_changing(copy.source->name_of(copy.entry.path)));
    }
    copy.link_group.clear();  // The other names have the version that was listed.
    copy.entry = TRY(copy.source->look(copy.entry.path, session.limits));
    if (!copy.entry.object) {
      return fail(ErrorCode::precondition_failed,
                  copy.source->name_of(copy.entry.path) + " became a directory");
    }
  }
}

}  // namespace

void copy_on_server(Session& session, ServerCopy copy) {
  auto copied = copy_latest(session, copy);
  if (!copied) {
    return session.failed(copy.source->name_of(copy.entry.path), std::move(copied).error());
  }
  if (copy.entry.kind() != FileKind::directory) {
    session.progress.bytes_done += copy.entry.size_bytes;
  }
  session.copied(copy.entry.kind(), copy.entry.size_bytes);
}

}  // namespace aloft::transfer
