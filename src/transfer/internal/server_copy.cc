// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/server_copy.h"

#include "format/content_notes.h"

namespace aloft::transfer {

namespace {

Result<void> copy_version(Session& session, ServerCopy& copy) {
  const ObjectInfo& object = *copy.entry.object;
  const SourceRef source = TRY(copy.source->store().source_ref(object.key));
  // The source's metadata goes along, but for its own group; what is replaced keeps nothing.
  std::optional<Metadata> metadata;
  format::ContentNotes notes = format::decode_notes(object);
  if (notes.link_group != copy.link_group) {
    notes.link_group = copy.link_group;
    metadata = object.metadata;
    format::encode_notes(notes, *metadata);
  }
  const auto write = [&](const std::string& key, const ObjectHead& head) {
    const CopyRequest request{.source = source,
                              .key = key,
                              .metadata = metadata ? &*metadata : nullptr,
                              .conditions = head.conditions,
                              .source_if_match = object.etag};
    return copy.tree->store().copy(request, session.limits);
  };
  TRY(write_object(*copy.tree, copy.target, {.attributes = copy.entry.attributes}, write,
                   session.limits));
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
