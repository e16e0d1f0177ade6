// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "emulator/blob/internal/journal.h"
#include "emulator/blob/internal/journal_rows.h"

namespace aloft::emulator::blob {

namespace {

Seconds seconds(const sqlite::Statement& row, int column) {
  return Seconds(std::chrono::seconds(row.integer(column)));
}

/// Brings the tables into the index, one after the other: each needs what came before it.
class Loader {
 public:
  Loader(sqlite::Database& database, std::shared_ptr<ContentHome> home, Index& index)
      : database_(database), home_(std::move(home)), index_(index) {}

  Result<void> load_settings();
  Result<void> load_contents();
  Result<void> load_containers();
  Result<void> load_blobs();
  Result<void> load_staged();
  Journal::Loaded take() { return std::move(loaded_); }

 private:
  struct Edit {
    std::uint64_t number = 0;
    std::uint64_t offset = 0;
    std::uint64_t length_bytes = 0;
    std::vector<SliceMap::Extent> extents;
  };

  std::shared_ptr<const Content> find_content(std::uint64_t id, std::uint64_t size_bytes) const {
    const auto found = loaded_.contents.find(id);
    if (found == loaded_.contents.end() || found->second->size_bytes() < size_bytes) return nullptr;
    return found->second;
  }
  ContentLookup lookup() {
    return
        [this](std::uint64_t id, std::uint64_t size_bytes) { return find_content(id, size_bytes); };
  }
  ContentLookup lookup_or_lost();
  Result<void> load_edits();
  Result<void> load_content(const sqlite::Statement& row, Stamp key, Blob& blob);
  Result<SliceMap> extents_of(std::span<const std::byte> bytes, std::span<const Edit> edits);

  void raise(Stamp used) { loaded_.numbers.stamp = std::max(loaded_.numbers.stamp, used); }
  EtagNumber etag(const sqlite::Statement& row, int column) {
    raise(row.number(column));
    return row.number(column);
  }

  sqlite::Database& database_;
  const std::shared_ptr<ContentHome> home_;
  Index& index_;
  Journal::Loaded loaded_;
  std::unordered_map<std::uint64_t, ContainerRef> containers_;
  std::map<std::pair<std::uint64_t, std::string>, std::vector<Edit>> edits_;
};

/// Stands for a content that is gone because a later edit wrote over all of it.
class LostContent final : public Content {
 public:
  LostContent(std::uint64_t id, std::uint64_t size_bytes) : Content(id, size_bytes) {}
  Result<void> read(std::uint64_t, std::span<std::byte>) const override {
    return fail(ErrorCode::corrupt, "content " + std::to_string(id()) + " is not there");
  }
};

ContentLookup Loader::lookup_or_lost() {
  return [this](std::uint64_t id, std::uint64_t size_bytes) -> std::shared_ptr<const Content> {
    auto content = find_content(id, size_bytes);
    if (content) return content;
    return std::make_shared<LostContent>(id, size_bytes);
  };
}

Result<void> Loader::load_settings() {
  sqlite::Statement row = TRY(database_.prepare("SELECT value FROM setting WHERE name = ?"));
  row.bind(1, kServicePropertiesSetting);
  if (!TRY(row.step())) return {};
  auto properties = parse_service_properties(row.text(0), {});
  if (!properties) {
    return fail(ErrorCode::corrupt, "the data directory is damaged: properties of the service");
  }
  index_.apply(
      PutServiceProperties{std::make_shared<const ServiceProperties>(std::move(*properties))});
  return {};
}

Result<void> Loader::load_contents() {
  sqlite::Statement row = TRY(database_.prepare("SELECT id, size, bytes IS NULL FROM content"));
  while (TRY(row.step())) {
    const std::uint64_t id = row.number(0);
    auto content = std::make_shared<StoredContent>(
        home_, id, row.number(1),
        row.integer(2) != 0 ? StoredContent::Place::file : StoredContent::Place::row);
    content->recorded = true;
    loaded_.last_content = std::max(loaded_.last_content, id);
    loaded_.contents.emplace(id, std::move(content));
  }
  return {};
}

Result<void> Loader::load_containers() {
  // A write that lost against the removal of its container left a row that nobody sees.
  TRY(
      database_.run("DELETE FROM blob WHERE container_id NOT IN (SELECT id FROM container);"
                    "DELETE FROM edit WHERE container_id NOT IN (SELECT id FROM container);"
                    "DELETE FROM staged WHERE container_id NOT IN (SELECT id FROM container);"));
  sqlite::Statement row = TRY(
      database_.prepare("SELECT id, name, etag, modified_at, metadata, attributes FROM container"));
  while (TRY(row.step())) {
    Metadata metadata = TRY(decode_metadata(row.text(4)));
    Container container{.id = row.number(0),
                        .name = std::string(row.text(1)),
                        .etag = etag(row, 2),
                        .modified_at = seconds(row, 3),
                        .metadata = std::move(metadata)};
    TRY(decode_container_attributes(row.text(5), container));
    raise(container.deleted_version);
    loaded_.numbers.container = std::max(loaded_.numbers.container, container.id);
    containers_[container.id] = {.id = container.id, .name = container.name};
    index_.apply(PutContainer{std::move(container)});
  }
  return {};
}

Result<void> Loader::load_edits() {
  sqlite::Statement row = TRY(database_.prepare(
      "SELECT container_id, name, number, start, length, extents FROM edit ORDER BY 1, 2, 3"));
  while (TRY(row.step())) {
    auto extents = TRY(decode_extents(row.bytes(5), lookup_or_lost()));
    edits_[{row.number(0), std::string(row.text(1))}].push_back({.number = row.number(2),
                                                                 .offset = row.number(3),
                                                                 .length_bytes = row.number(4),
                                                                 .extents = std::move(extents)});
  }
  return {};
}

Result<SliceMap> Loader::extents_of(std::span<const std::byte> bytes, std::span<const Edit> edits) {
  SliceMap map;
  for (const SliceMap::Extent& extent : TRY(decode_extents(bytes, lookup_or_lost()))) {
    map = map.with(extent.offset, extent.slice.length_bytes, {&extent.slice, 1});
  }
  for (const Edit& edit : edits) {
    std::vector<Slice> slices;
    for (const SliceMap::Extent& extent : edit.extents) slices.push_back(extent.slice);
    map = map.with(edit.offset, edit.length_bytes, slices);
  }
  std::optional<std::uint64_t> lost;
  map.visit([&](const SliceMap::Extent& extent) {
    if (dynamic_cast<const LostContent*>(extent.slice.content.get()) != nullptr) {
      lost = extent.slice.content->id();
    }
  });
  if (!lost) return map;
  return fail(ErrorCode::corrupt, "the data directory is damaged: content " +
                                      std::to_string(*lost) + " of a blob is not there");
}

Result<void> Loader::load_blobs() {
  TRY(load_edits());
  sqlite::Statement row =
      TRY(database_.prepare("SELECT container_id, name, key, etag, created_at, modified_at, "
                            "attributes, metadata, content FROM blob"));
  while (TRY(row.step())) {
    auto blob = std::make_shared<Blob>();
    const Stamp key = row.number(2);
    blob->name = row.text(1);
    blob->etag = etag(row, 3);
    blob->created_at = seconds(row, 4);
    blob->modified_at = seconds(row, 5);
    TRY(decode_attributes(row.text(6), *blob));
    blob->metadata = TRY(decode_metadata(row.text(7)));
    raise(std::max(key, blob->version));
    TRY(load_content(row, key, *blob));
    index_.apply(ChangeBlob{.container = containers_[row.number(0)],
                            .name = blob->name,
                            .items = {{.key = key, .blob = blob}},
                            .keeps_staged = true});
  }
  return {};
}

Result<void> Loader::load_content(const sqlite::Statement& row, Stamp key, Blob& blob) {
  if (blob.type == BlobType::block) {
    blob.blocks = std::make_shared<BlockList>(TRY(decode_blocks(row.bytes(8), lookup())));
    for (const Block& block : *blob.blocks) blob.size_bytes += block.size_bytes;
    return {};
  }
  std::span<const Edit> edits;
  if (key == 0) {
    const auto found = edits_.find({row.number(0), blob.name});
    if (found != edits_.end()) edits = found->second;
  }
  blob.extents = TRY(extents_of(row.bytes(8), edits));
  return {};
}

Result<void> Loader::load_staged() {
  sqlite::Statement row =
      TRY(database_.prepare("SELECT container_id, blob, staged_at, block FROM staged"));
  while (TRY(row.step())) {
    std::vector<Block> blocks = TRY(decode_blocks(row.bytes(3), lookup()));
    for (Block& block : blocks) {
      index_.apply(StageBlock{.container = containers_[row.number(0)],
                              .blob_name = std::string(row.text(1)),
                              .block = std::move(block),
                              .staged_at = seconds(row, 2)});
    }
  }
  return {};
}

}  // namespace

Result<bool> Journal::settle_namespace(Namespace kind) {
  const std::string_view wanted = kind == Namespace::flat ? "flat" : "hierarchical";
  {
    sqlite::Statement row = TRY(database_.prepare("SELECT value FROM setting WHERE name = ?"));
    row.bind(1, kNamespaceSetting);
    if (TRY(row.step())) return row.text(0) == wanted;
  }
  {
    // Older versions of Aloft had the one kind and did not say so.
    sqlite::Statement any = TRY(database_.prepare("SELECT 1 FROM container LIMIT 1"));
    if (TRY(any.step()) && kind != Namespace::flat) return false;
  }
  sqlite::Statement put = TRY(database_.prepare("INSERT INTO setting(name, value) VALUES(?, ?)"));
  TRY(put.bind(1, kNamespaceSetting).bind(2, wanted).run());
  return true;
}

Result<Journal::Loaded> Journal::load(Index& index) {
  Loader loader(database_, home_, index);
  TRY(loader.load_settings());
  TRY(loader.load_contents());
  TRY(loader.load_containers());
  TRY(loader.load_blobs());
  TRY(loader.load_staged());
  return loader.take();
}

}  // namespace aloft::emulator::blob
