// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/accounts_text.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>

#include "azure/internal/settings.h"

namespace aloft::azure::internal {
namespace {

/// Lines count from 1.
using Line = toml::source_index;

toml::table* find(toml::table& file, const TableName& table) {
  return file[table.kind][table.name].as_table();
}

/// The line on which the last value of a table ends, or its header where it has none.
Line last_line_of(const toml::table& table) {
  Line last = table.source().end.line;
  for (const auto& [key, value] : table) {
    const toml::table* const below = value.as_table();
    last = std::max(last, below == nullptr ? value.source().end.line : last_line_of(*below));
  }
  return last;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

bool begins_with(std::string_view line, char mark) {
  const std::size_t at = line.find_first_not_of(" \t");
  return at != std::string_view::npos && line[at] == mark;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// The line after the last one that goes with a table. Comments behind its last value stay: they
/// may be about anything. Where nothing takes its place, the gap behind it goes, too.
Line end_of(const toml::table& table, const std::vector<std::string_view>& lines, bool with_gap) {
  Line end = last_line_of(table) + 1;
  while (with_gap && end <= lines.size() && is_blank(lines[end - 1])) ++end;
  return end;
}

/// As the parser would see the file after the change; tables that hold nothing but the one that was
/// replaced count as absent.
toml::table expected(toml::table file, const TableName& table, const std::string& replacement) {
  if (toml::table* const kind = file[table.kind].as_table()) kind->erase(table.name);
  if (!replacement.empty()) {
    const toml::table fresh = toml::parse(replacement);
    file.insert(table.kind, toml::table{});
    file[table.kind].as_table()->insert(table.name, *fresh[table.kind][table.name].as_table());
  }
  return file;
}

void drop_if_empty(toml::table& file, std::string_view kind) {
  const toml::table* const table = file[kind].as_table();
  if (table != nullptr && table->empty()) file.erase(kind);
}

bool same(toml::table left, toml::table right, std::string_view kind) {
  drop_if_empty(left, kind);
  drop_if_empty(right, kind);
  return left == right;
}

std::string joined(const std::vector<std::string_view>& lines, Line begin, Line end,
                   const std::string& replacement) {
  std::string text;
  for (Line line = 1; line < begin; ++line) text += lines[line - 1];
  text += replacement;
  for (Line line = end; line <= lines.size(); ++line) text += lines[line - 1];
  return text;
}

std::string with_appended(std::string text, const std::string& replacement) {
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  if (!text.empty() && !replacement.empty()) text += '\n';
  return text + replacement;
}

/// For a basic string of TOML. What is no UTF-8 stays as it is: the parser refuses it.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') text += '\\';
    if (code < 0x20 || code == 0x7f) {
      text += fmt::format("\\u{:04X}", code);
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::string table_text(const TableName& table, const TableSettings& settings) {
  std::string text = fmt::format("[{}.{}]\n", table.kind, table.name);
  for (const auto& [name, value] : settings) {
    text += fmt::format("{} = \"{}\"\n", name, escaped(value));
  }
  return text;
}

Result<std::string> replace_table(const std::string& text, const std::string& path,
                                  const TableName& table, const std::string& replacement) {
  toml::table file = TRY(parse_accounts(text, path));
  const toml::table* const present = find(file, table);
  const Line begin = present != nullptr ? present->source().begin.line : 0;
  const std::vector<std::string_view> lines = lines_of(text);
  std::optional<std::string> changed;
  if (present == nullptr) {
    changed = with_appended(text, replacement);
  } else if (begin >= 1 && begin <= lines.size() && begins_with(lines[begin - 1], '[')) {
    changed = joined(lines, begin, end_of(*present, lines, replacement.empty()), replacement);
  }
  // Only if it says what was meant, however the rest is written.
  if (changed) {
    const auto reread = parse_accounts(*changed, path);
    if (reread && same(*reread, expected(file, table, replacement), table.kind)) return *changed;
  }
  return fail(ErrorCode::invalid_argument,
              fmt::format("{}: {} is not written as tables [{}.NAME]; change [{}.{}] by hand",
                          begin > 0 ? fmt::format("{}:{}", path, begin) : path, table.kind,
                          table.kind, table.kind, table.name));
}

}  // namespace aloft::azure::internal
