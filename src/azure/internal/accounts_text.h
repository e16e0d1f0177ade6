// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace aloft::azure::internal {

/// One table of the accounts file: [kind.name].
struct TableName {
  std::string_view kind;  ///< "account" or "batch".
  std::string_view name;
};

/// Names and values, in the order in which they are written.
using TableSettings = std::vector<std::pair<std::string, std::string>>;

/// A table as text, ending with a line end.
std::string table_text(const TableName& table, const TableSettings& settings);

/// Puts `replacement` (table_text(), or nothing) where `table` is in `text`, the accounts file at
/// `path`; where there is none, at the end. Everything else stays byte for byte, comments included:
/// those between the table's header and the next table, or the comments right above that, go with
/// it. Fails with invalid_argument for a file that is malformed, or in which the table is written
/// in another way (inline, or by dotted keys), naming the line.
Result<std::string> replace_table(const std::string& text, const std::string& path,
                                  const TableName& table, const std::string& replacement);

}  // namespace aloft::azure::internal
