// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/file.h"
#include "base/guarded.h"
#include "emulator/blob/content.h"
#include "sqlite/database.h"

namespace aloft::emulator::blob {

/// The place of all contents of a data directory: small ones are rows of the database, others are
/// files. Each content keeps it alive.
struct ContentHome {
  std::string directory;  ///< Holds one file per content, named by its number.
  std::string database_path;
  UniqueFd directory_handle;
  /// Whether a content that nobody needs any more is removed for good; not while state is loaded or
  /// taken down, when contents go though the directory still needs them.
  std::atomic<bool> removes{false};
  /// Drops the row of a content, some time later.
  std::function<void(std::uint64_t id)> forget;
  /// Connections for reading rows, those that are not in use.
  Guarded<std::vector<sqlite::Database>> readers;

  std::string file_path(std::uint64_t id) const;
};

/// The name of a content's file, and back; 0 for a name that is none.
std::string content_file_name(std::uint64_t id);
std::uint64_t parse_content_file_name(std::string_view name);

class StoredContent final : public Content {
 public:
  enum class Place { row, file };
  StoredContent(std::shared_ptr<ContentHome> home, std::uint64_t id, std::uint64_t size_bytes,
                Place place)
      : Content(id, size_bytes), home_(std::move(home)), place_(place) {}
  /// Removes row and file.
  ~StoredContent() override;

  Place place() const { return place_; }
  Result<void> read(std::uint64_t offset, std::span<std::byte> buffer) const override;

  // For who receives it, then for the journal's thread alone: whether the database knows the
  // content, and until it does, the bytes of its row.
  mutable bool recorded = false;
  mutable std::vector<std::byte> pending;

 private:
  Result<void> read_file_part(std::uint64_t offset, std::span<std::byte> buffer) const;
  Result<void> read_row_part(std::uint64_t offset, std::span<std::byte> buffer) const;

  const std::shared_ptr<ContentHome> home_;
  const Place place_;
};

}  // namespace aloft::emulator::blob
