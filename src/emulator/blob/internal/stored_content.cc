// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/internal/stored_content.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

namespace aloft::emulator::blob {

std::string content_file_name(std::uint64_t id) {
  char name[24];
  const int length =
      std::snprintf(name, sizeof(name), "%016llx", static_cast<unsigned long long>(id));
  return std::string(name, static_cast<std::size_t>(length));
}

std::uint64_t parse_content_file_name(std::string_view name) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id, 16);
  return error == std::errc() && end == name.data() + name.size() && name.size() == 16 ? id : 0;
}

std::string ContentHome::file_path(std::uint64_t id) const {
  return directory + "/" + content_file_name(id);
}

StoredContent::~StoredContent() {
  if (!home_->removes) return;
  // A crash between the two leaves a row without a file or the other way round; either is removed
  // at the next start, since no blob names it.
  if (place_ == Place::file) ::unlink(home_->file_path(id()).c_str());
  home_->forget(id());
}

Result<void> StoredContent::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  return place_ == Place::file ? read_file_part(offset, buffer) : read_row_part(offset, buffer);
}

Result<void> StoredContent::read_file_part(std::uint64_t offset,
                                           std::span<std::byte> buffer) const {
  const std::string path = home_->file_path(id());
  const UniqueFd file = TRY(open_file(path, O_RDONLY));
  if (TRY(read_at(file.get(), offset, buffer, path)) == buffer.size()) return {};
  return fail(ErrorCode::unavailable, path + " is shorter than it was written");
}

Result<void> StoredContent::read_row_part(std::uint64_t offset, std::span<std::byte> buffer) const {
  std::optional<sqlite::Database> reader;
  {
    const auto readers = home_->readers.lock();
    if (!readers->empty()) {
      reader = std::move(readers->back());
      readers->pop_back();
    }
  }
  if (!reader) reader = TRY(sqlite::Database::open_to_read(home_->database_path));
  {
    sqlite::Statement select = TRY(reader->prepare("SELECT bytes FROM content WHERE id = ?"));
    select.bind(1, id());
    if (!TRY(select.step()) || select.bytes(0).size() < offset + buffer.size()) {
      return fail(ErrorCode::unavailable, home_->database_path + " lacks the content " +
                                              std::to_string(id()) + " of a blob");
    }
    const auto bytes = select.bytes(0).subspan(static_cast<std::size_t>(offset));
    std::copy_n(bytes.begin(), buffer.size(), buffer.begin());
  }
  home_->readers.lock()->push_back(std::move(*reader));
  return {};
}

}  // namespace aloft::emulator::blob
