// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

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
  Result<std::vector<Block>> decode(std::span<const std::byte> bytes) {
    return decode_blocks(bytes, [&](std::uint64_t id) -> std::shared_ptr<const Content> {
      const auto found = loaded_.contents.find(id);
      return found == loaded_.contents.end() ? nullptr : found->second;
    });
  }
  EtagNumber etag(const sqlite::Statement& row, int column) {
    loaded_.numbers.etag = std::max(loaded_.numbers.etag, row.number(column));
    return row.number(column);
  }

  sqlite::Database& database_;
  const std::shared_ptr<ContentHome> home_;
  Index& index_;
  Journal::Loaded loaded_;
  std::unordered_map<std::uint64_t, ContainerRef> containers_;
};

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
                    "DELETE FROM staged WHERE container_id NOT IN (SELECT id FROM container);"));
  sqlite::Statement row =
      TRY(database_.prepare("SELECT id, name, etag, modified_at, metadata FROM container"));
  while (TRY(row.step())) {
    Metadata metadata = TRY(decode_metadata(row.text(4)));
    const Container container{.id = row.number(0),
                              .name = std::string(row.text(1)),
                              .etag = etag(row, 2),
                              .modified_at = seconds(row, 3),
                              .metadata = std::move(metadata)};
    loaded_.numbers.container = std::max(loaded_.numbers.container, container.id);
    containers_[container.id] = {.id = container.id, .name = container.name};
    index_.apply(PutContainer{container});
  }
  return {};
}

Result<void> Loader::load_blobs() {
  sqlite::Statement row = TRY(database_.prepare(
      "SELECT container_id, name, etag, created_at, modified_at, attributes, metadata, blocks "
      "FROM blob"));
  while (TRY(row.step())) {
    auto blob = std::make_shared<Blob>();
    blob->name = row.text(1);
    blob->etag = etag(row, 2);
    blob->created_at = seconds(row, 3);
    blob->modified_at = seconds(row, 4);
    blob->metadata = TRY(decode_metadata(row.text(6)));
    blob->blocks = TRY(decode(row.bytes(7)));
    TRY(decode_attributes(row.text(5), *blob));
    for (const Block& block : blob->blocks) blob->size_bytes += block.size_bytes;
    index_.apply(PutBlob{
        .container = containers_[row.number(0)], .blob = std::move(blob), .keeps_staged = true});
  }
  return {};
}

Result<void> Loader::load_staged() {
  sqlite::Statement row =
      TRY(database_.prepare("SELECT container_id, blob, staged_at, block FROM staged"));
  while (TRY(row.step())) {
    std::vector<Block> blocks = TRY(decode(row.bytes(3)));
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
