// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/internal/row_writer.h"

#include "emulator/blob/internal/journal_rows.h"

namespace aloft::emulator::blob {

namespace {

std::int64_t seconds(Seconds time) {
  return time.time_since_epoch().count();
}

/// The parameters that both ways of writing a row begin with.
sqlite::Statement& bind_columns(sqlite::Statement& statement, const ChangeBlob& change,
                                const BlobItem& item) {
  const Blob& blob = *item.blob;
  return statement.bind(1, blob.etag)
      .bind(2, seconds(blob.created_at))
      .bind(3, seconds(blob.modified_at))
      .bind(4, encode_attributes(blob))
      .bind(5, encode_metadata(blob.metadata))
      .bind(6, change.container.id)
      .bind(7, change.name)
      .bind(8, item.key);
}

}  // namespace

Result<std::unique_ptr<RowStatements>> RowStatements::prepare(sqlite::Database& database) {
  auto all = std::make_unique<RowStatements>();
  const std::pair<sqlite::Statement*, const char*> texts[] = {
      {&all->put_container,
       "INSERT OR REPLACE INTO container(id, name, etag, modified_at, metadata, attributes) "
       "VALUES(?, ?, ?, ?, ?, ?)"},
      {&all->drop_container, "DELETE FROM container WHERE id = ?"},
      {&all->drop_container_blobs, "DELETE FROM blob WHERE container_id = ?"},
      {&all->drop_container_edits, "DELETE FROM edit WHERE container_id = ?"},
      {&all->drop_container_staged, "DELETE FROM staged WHERE container_id = ?"},
      {&all->put_blob,
       "INSERT OR REPLACE INTO blob(etag, created_at, modified_at, attributes, metadata, "
       "container_id, name, key, content) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&all->update_blob,
       "UPDATE blob SET etag = ?, created_at = ?, modified_at = ?, attributes = ?, metadata = ? "
       "WHERE container_id = ? AND name = ? AND key = ?"},
      {&all->drop_blob, "DELETE FROM blob WHERE container_id = ? AND name = ? AND key = ?"},
      {&all->put_edit,
       "INSERT OR REPLACE INTO edit(container_id, name, number, start, length, extents) "
       "VALUES(?, ?, ?, ?, ?, ?)"},
      {&all->drop_edits, "DELETE FROM edit WHERE container_id = ? AND name = ?"},
      {&all->stage_block,
       "INSERT OR REPLACE INTO staged(container_id, blob, block_id, staged_at, block) "
       "VALUES(?, ?, ?, ?, ?)"},
      {&all->drop_staged, "DELETE FROM staged WHERE container_id = ? AND blob = ?"},
      {&all->rename_blobs,
       "UPDATE blob SET container_id = ?1, name = ?2 || substr(name, length(?3) + 1) "
       "WHERE container_id = ?4 AND (name = ?3 OR (name >= ?3 || '/' AND name < ?3 || '0'))"},
      {&all->rename_edits,
       "UPDATE edit SET container_id = ?1, name = ?2 || substr(name, length(?3) + 1) "
       "WHERE container_id = ?4 AND (name = ?3 OR (name >= ?3 || '/' AND name < ?3 || '0'))"},
      {&all->replace_staged,
       "DELETE FROM staged WHERE container_id = ?1 AND blob IN "
       "(SELECT ?2 || substr(blob, length(?3) + 1) FROM staged "
       "WHERE container_id = ?4 AND (blob = ?3 OR (blob >= ?3 || '/' AND blob < ?3 || '0')))"},
      {&all->rename_staged,
       "UPDATE staged SET container_id = ?1, blob = ?2 || substr(blob, length(?3) + 1) "
       "WHERE container_id = ?4 AND (blob = ?3 OR (blob >= ?3 || '/' AND blob < ?3 || '0'))"},
      {&all->drop_tree_blobs,
       "DELETE FROM blob WHERE container_id = ?1 AND "
       "(name = ?2 OR (name >= ?2 || '/' AND name < ?2 || '0'))"},
      {&all->drop_tree_edits,
       "DELETE FROM edit WHERE container_id = ?1 AND "
       "(name = ?2 OR (name >= ?2 || '/' AND name < ?2 || '0'))"},
      {&all->drop_tree_staged,
       "DELETE FROM staged WHERE container_id = ?1 AND "
       "(blob = ?2 OR (blob >= ?2 || '/' AND blob < ?2 || '0'))"},
      {&all->put_content, "INSERT INTO content(id, size, bytes) VALUES(?, ?, ?)"},
      {&all->forget_content, "DELETE FROM content WHERE id = ?"},
      {&all->put_setting, "INSERT OR REPLACE INTO setting(name, value) VALUES(?, ?)"},
  };
  for (const auto& [statement, text] : texts) *statement = TRY(database.prepare(text));
  return all;
}

Result<void> RowWriter::operator()(const PutContainer& change) {
  const Container& container = change.container;
  const std::string metadata = encode_metadata(container.metadata);
  const std::string attributes = encode_container_attributes(container);
  return statements_.put_container.bind(1, container.id)
      .bind(2, container.name)
      .bind(3, container.etag)
      .bind(4, seconds(container.modified_at))
      .bind(5, metadata)
      .bind(6, attributes)
      .run();
}

Result<void> RowWriter::operator()(const DropContainer& change) {
  const std::uint64_t id = change.container.id;
  TRY(statements_.drop_container.bind(1, id).run());
  TRY(statements_.drop_container_blobs.bind(1, id).run());
  TRY(statements_.drop_container_edits.bind(1, id).run());
  return statements_.drop_container_staged.bind(1, id).run();
}

Result<void> RowWriter::operator()(const ChangeBlob& change) {
  for (const BlobItem& item : change.items) TRY(write_item(change, item));
  if (change.keeps_staged) return {};
  return drop_staged(change.container.id, change.name);
}

Result<void> RowWriter::operator()(const ChangeBlobs& changes) {
  for (const ChangeBlob& change : changes.changes) TRY((*this)(change));
  return {};
}

Result<void> RowWriter::operator()(const DropTree& change) {
  for (sqlite::Statement* statement : {&statements_.drop_tree_blobs, &statements_.drop_tree_edits,
                                       &statements_.drop_tree_staged}) {
    TRY(statement->bind(1, change.container.id).bind(2, change.name).run());
  }
  return {};
}

Result<void> RowWriter::operator()(const RenameTree& change) {
  TRY((*this)(
      ChangeBlob{.container = change.to, .name = change.destination, .items = {BlobItem{}}}));
  for (sqlite::Statement* statement : {&statements_.rename_blobs, &statements_.rename_edits,
                                       &statements_.replace_staged, &statements_.rename_staged}) {
    TRY(statement->bind(1, change.to.id)
            .bind(2, change.destination)
            .bind(3, change.source)
            .bind(4, change.from.id)
            .run());
  }
  return {};
}

Result<void> RowWriter::operator()(const StageBlock& change) {
  const std::span<const Block> block(&change.block, 1);
  TRY(record_contents(change.block.slices));
  const std::vector<std::byte> encoded = encode_blocks(block);
  return statements_.stage_block.bind(1, change.container.id)
      .bind(2, change.blob_name)
      .bind(3, std::as_bytes(std::span(change.block.id)))
      .bind(4, seconds(change.staged_at))
      .bind(5, encoded)
      .run();
}

Result<void> RowWriter::operator()(const DropStaged& change) {
  return drop_staged(change.container.id, change.blob_name);
}

Result<void> RowWriter::operator()(const PutServiceProperties& change) {
  const std::string document = service_properties_document(*change.properties);
  return statements_.put_setting.bind(1, kServicePropertiesSetting).bind(2, document).run();
}

Result<void> RowWriter::forget_content(std::uint64_t id) {
  return statements_.forget_content.bind(1, id).run();
}

void RowWriter::mark_recorded() {
  for (const StoredContent* content : recorded_) content->pending = {};
}
void RowWriter::mark_forgotten() {
  for (const StoredContent* content : recorded_) content->recorded = false;
}

Result<void> RowWriter::drop_staged(std::uint64_t container_id, std::string_view blob) {
  return statements_.drop_staged.bind(1, container_id).bind(2, blob).run();
}

Result<void> RowWriter::drop_edits(const ChangeBlob& change) {
  return statements_.drop_edits.bind(1, change.container.id).bind(2, change.name).run();
}

Result<void> RowWriter::write_item(const ChangeBlob& change, const BlobItem& item) {
  using enum ContentChange::Kind;
  if (!item.blob) {
    TRY(statements_.drop_blob.bind(1, change.container.id)
            .bind(2, change.name)
            .bind(3, item.key)
            .run());
    return item.key == 0 ? drop_edits(change) : Result<void>();
  }
  if (item.content.kind == replaced) return write_whole(change, item);
  TRY(bind_columns(statements_.update_blob, change, item).run());
  return item.content.kind == range ? write_edit(change, item) : Result<void>();
}

Result<void> RowWriter::write_whole(const ChangeBlob& change, const BlobItem& item) {
  const Blob& blob = *item.blob;
  std::vector<SliceMap::Extent> extents;
  blob.extents.visit([&](const SliceMap::Extent& extent) { extents.push_back(extent); });
  for (const Block& block : blob.block_list()) TRY(record_contents(block.slices));
  for (const SliceMap::Extent& extent : extents) TRY(record_content(extent.slice));
  const std::vector<std::byte> content =
      blob.type == BlobType::block ? encode_blocks(blob.block_list()) : encode_extents(extents);
  TRY(bind_columns(statements_.put_blob, change, item).bind(9, content).run());
  return item.key == 0 ? drop_edits(change) : Result<void>();
}

Result<void> RowWriter::write_edit(const ChangeBlob& change, const BlobItem& item) {
  const ContentChange& content = item.content;
  TRY(record_contents(content.slices));
  std::vector<SliceMap::Extent> extents;
  std::uint64_t offset = content.offset;
  for (const Slice& slice : content.slices) {
    extents.push_back({.offset = offset, .slice = slice});
    offset += slice.length_bytes;
  }
  const std::vector<std::byte> encoded = encode_extents(extents);
  return statements_.put_edit.bind(1, change.container.id)
      .bind(2, change.name)
      .bind(3, item.blob->edits)
      .bind(4, content.offset)
      .bind(5, content.length_bytes)
      .bind(6, encoded)
      .run();
}

Result<void> RowWriter::record_contents(std::span<const Slice> slices) {
  for (const Slice& slice : slices) TRY(record_content(slice));
  return {};
}

Result<void> RowWriter::record_content(const Slice& slice) {
  if (!slice.content) return {};
  // The storage that owns this journal makes no other kind.
  const auto& content = static_cast<const StoredContent&>(*slice.content);
  return content.recorded ? Result<void>() : record(content);
}

Result<void> RowWriter::record(const StoredContent& content) {
  sqlite::Statement& put = statements_.put_content;
  put.bind(1, content.id()).bind(2, content.size_bytes());
  if (content.place() == StoredContent::Place::row) {
    put.bind(3, std::span<const std::byte>(content.pending));
  } else {
    put.bind_null(3);
    has_new_files_ = true;
  }
  TRY(put.run());
  content.recorded = true;
  recorded_.push_back(&content);
  return {};
}

}  // namespace aloft::emulator::blob
