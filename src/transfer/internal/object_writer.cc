// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/object_writer.h"

#include <errno.h>

#include "base/random.h"
#include "format/content_version.h"
#include "object/conflict.h"

namespace aloft::transfer {

namespace {

constexpr int kLooksMax = 5;
constexpr std::size_t kVersionBytes = 8;

ObjectHead head_for(const std::optional<ObjectInfo>& present, const FileAttributes& attributes) {
  ObjectHead head;
  if (present) {
    head.metadata = present->metadata;
    head.properties = present->properties;
    head.conditions.if_match = present->etag;
  } else {
    head.conditions.if_none_match = "*";
  }
  format::encode_attributes(attributes, head.metadata);
  return head;
}

bool same_version(const std::optional<ObjectInfo>& a, const std::optional<ObjectInfo>& b) {
  return a && b && a->key == b->key && a->etag == b->etag;
}

template <class Write>
auto in_place_of(ObjectTree& tree, ObjectTarget target, FileKind kind, const Limits& limits,
                 Write write) -> decltype(write(target)) {
  for (int looks = 0;; ++looks) {
    auto written = write(target);
    if (written || !is_conflict(written.error()) || looks == kLooksMax) return written;
    auto present = TRY(look_again(tree, target.path, kind, limits));
    // It was no matter of what is there, but of the blocks, say.
    if (same_version(present, target.present)) return written;
    target.present = std::move(present);
  }
}

}  // namespace

Result<std::optional<ObjectInfo>> look_again(ObjectTree& tree, const std::string& path,
                                             FileKind wanted, const Limits& limits) {
  auto entry = tree.look(path, limits);
  if (!entry) {
    if (entry.error().code == ErrorCode::not_found) return std::optional<ObjectInfo>();
    return fail(std::move(entry).error());
  }
  const bool is_directory = entry->kind() == FileKind::directory;
  if (is_directory && wanted != FileKind::directory) {
    return fail(os_error(
        EISDIR, "cannot replace the directory " + tree.name_of(path) + " by what is none"));
  }
  if (!is_directory && wanted == FileKind::directory) {
    return fail(os_error(ENOTDIR, "cannot replace " + tree.name_of(path) + ", a " +
                                      std::string(name_of(entry->kind())) + ", by a directory"));
  }
  return std::move(entry->object);
}

std::string new_content_version() {
  return system_random().hex(kVersionBytes);
}

Result<PutResult> write_object(
    ObjectTree& tree, ObjectTarget target, const Description& description,
    const std::function<Result<PutResult>(const std::string& key, const ObjectHead& head)>& write,
    const Limits& limits) {
  const std::string key =
      target.key.empty() ? TRY(key_for(target.path, tree.name_of(target.path))) : target.key;
  const std::string version =
      description.content_version.empty() ? new_content_version() : description.content_version;
  return in_place_of(tree, std::move(target), description.attributes.kind, limits,
                     [&](const ObjectTarget& now) -> Result<PutResult> {
                       ObjectHead head = head_for(now.present, description.attributes);
                       head.properties.content_md5 = description.content_md5;
                       head.metadata.insert_or_assign(std::string(format::kContentKey), version);
                       format::encode_notes(description.notes, head.metadata);
                       TRY(format::check_metadata_size(key, head.metadata));
                       return write(now.present ? now.present->key : key, head);
                     });
}

Result<PutResult> put_object(ObjectTree& tree, ObjectTarget target, const Description& description,
                             std::span<const std::byte> content, const Limits& limits) {
  const auto put = [&](const std::string& key, const ObjectHead& head) {
    const PutRequest request{.key = key,
                             .content = content,
                             .metadata = head.metadata,
                             .properties = head.properties,
                             .conditions = head.conditions,
                             .crc64 = description.notes.crc64};
    return tree.store().put(request, limits);
  };
  return write_object(tree, std::move(target), description, put, limits);
}

Result<void> write_attributes(ObjectTree& tree, const Entry& present,
                              const FileAttributes& attributes, const Limits& limits) {
  const Conditions unchanged{.if_match = present.object->etag};
  const ObjectInfo now = TRY(tree.store().head(present.object->key, limits));
  Metadata metadata = now.metadata;
  format::encode_attributes(attributes, metadata);
  format::keep_content_version(now, metadata);
  TRY(format::check_metadata_size(now.key, metadata));
  auto written = tree.store().set_metadata(now.key, metadata, unchanged, limits);
  if (written) return {};
  if (written.error().code != ErrorCode::precondition_failed) {
    return fail(std::move(written).error());
  }
  return fail(ErrorCode::precondition_failed, tree.name_of(present.path) +
                                                  " changed while its attributes were compared; "
                                                  "do it again");
}

Result<void> write_directory(ObjectTree& tree, ObjectTarget target,
                             const FileAttributes& attributes, const Limits& limits) {
  const std::string path = target.path;
  const auto write = [&](const ObjectTarget& now) -> Result<void> {
    if (!now.present) {
      TRY(put_object(tree, {.path = path}, {.attributes = attributes}, {}, limits));
      return {};
    }
    ObjectHead head = head_for(now.present, attributes);
    if (head.metadata == now.present->metadata) return {};
    TRY(tree.store().set_metadata(now.present->key, head.metadata, head.conditions, limits));
    return {};
  };
  return in_place_of(tree, std::move(target), FileKind::directory, limits, write);
}

}  // namespace aloft::transfer
