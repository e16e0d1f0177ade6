// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/server_copy.h"

#include "format/attributes.h"
#include "format/content_notes.h"

namespace aloft::transfer {

namespace {

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

Result<void> copy_content(Session& session, const ServerCopy& copy) {
  const ObjectInfo& object = *copy.entry.object;
  const SourceRef source = TRY(copy.source->store().source_ref(object.key));
  const Metadata metadata = metadata_for(copy);
  const auto write = [&](const std::string& key, const ObjectHead& head) {
    const CopyRequest request{.source = source,
                              .key = key,
                              .metadata = &metadata,
                              .conditions = head.conditions,
                              .source_if_match = object.etag};
    return copy.tree->store().copy(request, session.limits);
  };
  TRY(write_object(*copy.tree, copy.target, {.attributes = copy.entry.attributes}, write,
                   session.limits));
  return {};
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
