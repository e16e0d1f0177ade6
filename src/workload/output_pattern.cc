// SPDX-License-Identifier: Apache-2.0
#include "workload/output_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/name_table.h"

namespace aloft::workload {
namespace {

constexpr NameTable<OutputField, 9> kFieldNames{{
    {OutputField::array_job, "array_job"},
    {OutputField::array_index, "array_index"},
    {OutputField::task_number, "task_number"},
    {OutputField::job_name, "job_name"},
    {OutputField::user, "user"},
    {OutputField::node, "node"},
    {OutputField::node_number, "node_number"},
    {OutputField::rank, "rank"},
    {OutputField::step, "step"},
}};

std::string value_of(OutputField field, int width, const OutputValues& values) {
  switch (field) {
    case OutputField::array_job:
      return fmt::format("{:0{}}", values.array_job, width);
    case OutputField::array_index:
      return fmt::format("{:0{}}", values.array_index, width);
    case OutputField::task_number:
      return fmt::format("{:0{}}", values.task_number, width);
    case OutputField::node_number:
    case OutputField::rank:
      return fmt::format("{:0{}}", 0, width);
    case OutputField::job_name:
      return values.job_name;
    case OutputField::user:
      return values.user;
    case OutputField::node:
      return values.node;
    case OutputField::step:
      return "batch";
  }
  return {};
}

}  // namespace

OutputPattern OutputPattern::literal(std::string text) {
  OutputPattern pattern;
  pattern.add_text(text);
  return pattern;
}

void OutputPattern::add_text(std::string_view text) {
  if (text.empty()) return;
  if (pieces_.empty() || pieces_.back().is_field) pieces_.emplace_back();
  pieces_.back().text += text;
}

void OutputPattern::add_field(OutputField field, int width) {
  pieces_.push_back({.is_field = true, .field = field, .width = width});
}

std::string OutputPattern::expand(const OutputValues& values) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    text += piece.is_field ? value_of(piece.field, piece.width, values) : piece.text;
  }
  return text;
}

std::string OutputPattern::to_text() const {
  std::string text;
  for (const Piece& piece : pieces_) {
    if (piece.is_field) {
      text += '{' + std::string(name_in(kFieldNames, piece.field));
      if (piece.width > 0) text += fmt::format(":{}", piece.width);
      text += '}';
      continue;
    }
    for (const char letter : piece.text) {
      text += letter;
      if (letter == '{' || letter == '}') text += letter;
    }
  }
  return text;
}

Result<OutputPattern> OutputPattern::from_text(std::string_view text) {
  const auto wrong = [&] {
    return fail(ErrorCode::corrupt, fmt::format("\"{}\" is no pattern of a file name", text));
  };
  OutputPattern pattern;
  for (std::size_t at = 0; at < text.size();) {
    const char letter = text[at];
    if (letter != '{' && letter != '}') {
      pattern.add_text(text.substr(at++, 1));
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == letter) {
      pattern.add_text(text.substr(at, 1));
      at += 2;
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (letter == '}' || end == std::string_view::npos) return wrong();
    const std::string_view field = text.substr(at + 1, end - at - 1);
    const std::size_t colon = std::min(field.find(':'), field.size());
    const auto known = value_in(kFieldNames, field.substr(0, colon));
    if (!known) return wrong();
    int width = 0;
    if (colon < field.size()) {
      const char* last = field.data() + field.size();
      const auto [stop, error] = std::from_chars(field.data() + colon + 1, last, width);
      if (error != std::errc() || stop != last) return wrong();
    }
    pattern.add_field(*known, width);
    at = end + 1;
  }
  return pattern;
}

}  // namespace aloft::workload
