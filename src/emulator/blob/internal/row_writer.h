// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "emulator/blob/change.h"
#include "emulator/blob/internal/stored_content.h"
#include "sqlite/database.h"

namespace aloft::emulator::blob {

/// How changes are written as rows, prepared once.
struct RowStatements {
  sqlite::Statement put_container, drop_container, drop_container_blobs, drop_container_edits,
      drop_container_staged;
  sqlite::Statement put_blob, update_blob, drop_blob, put_edit, drop_edits;
  sqlite::Statement stage_block, drop_staged;
  sqlite::Statement rename_blobs, rename_edits, replace_staged, rename_staged;
  sqlite::Statement drop_tree_blobs, drop_tree_edits, drop_tree_staged;
  sqlite::Statement put_content, forget_content, put_setting;

  static Result<std::unique_ptr<RowStatements>> prepare(sqlite::Database& database);
};

/// Writes changes as rows within one transaction, and remembers which contents it made known.
class RowWriter {
 public:
  explicit RowWriter(RowStatements& statements) : statements_(statements) {}

  Result<void> operator()(const PutContainer& change);
  Result<void> operator()(const DropContainer& change);
  Result<void> operator()(const ChangeBlob& change);
  Result<void> operator()(const ChangeBlobs& changes);
  Result<void> operator()(const RenameTree& change);
  Result<void> operator()(const DropTree& change);
  Result<void> operator()(const StageBlock& change);
  Result<void> operator()(const DropStaged& change);
  Result<void> operator()(const PutServiceProperties& change);
  Result<void> forget_content(std::uint64_t id);

  bool has_new_files() const { return has_new_files_; }
  /// Once the transaction is on disk.
  void mark_recorded();
  /// Once it is rolled back.
  void mark_forgotten();

 private:
  Result<void> drop_staged(std::uint64_t container_id, std::string_view blob);
  Result<void> drop_edits(const ChangeBlob& change);
  Result<void> write_item(const ChangeBlob& change, const BlobItem& item);
  Result<void> write_whole(const ChangeBlob& change, const BlobItem& item);
  Result<void> write_edit(const ChangeBlob& change, const BlobItem& item);
  Result<void> record_contents(std::span<const Slice> slices);
  Result<void> record_content(const Slice& slice);
  Result<void> record(const StoredContent& content);

  RowStatements& statements_;
  bool has_new_files_ = false;
  std::vector<const StoredContent*> recorded_;
};

}  // namespace aloft::emulator::blob
