// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

struct sqlite3_stmt;

namespace aloft::sqlite {

/// A prepared statement of a Database, for the same thread. Parameters count from 1, columns from
/// 0, as in SQLite. Parameters stay until they are bound anew.
class Statement {
 public:
  /// For a member that is prepared later; nothing else may be done with it.
  Statement() = default;

  /// Texts and bytes are copied. A number above that of std::int64_t comes back by number() alone.
  template <std::integral T>
  Statement& bind(int index, T value) {
    return bind_integer(index, static_cast<std::int64_t>(value));
  }
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::span<const std::byte> bytes);
  Statement& bind_null(int index);

  /// Runs to the next row; false after the last one, where it is ready to run again. A statement
  /// that is left at a row holds its view of the database until reset() or its end.
  Result<bool> step();
  /// For statements without rows. Ready to run again, also after a failure.
  Result<void> run();
  void reset();

  // Of the present row. Views hold until the next step, reset, or the statement's end.
  std::int64_t integer(int column) const;
  /// What was bound as unsigned: an id, a count, a size.
  std::uint64_t number(int column) const;
  std::string_view text(int column) const;
  std::span<const std::byte> bytes(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement& bind_integer(int index, std::int64_t value);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace aloft::sqlite
