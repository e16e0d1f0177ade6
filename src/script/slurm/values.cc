// SPDX-License-Identifier: Apache-2.0
#include "script/slurm/internal/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

namespace aloft::script::slurm {
namespace {

using workload::Dependencies;
using workload::Dependency;
using workload::EnvironmentExport;
using workload::OutputField;
using workload::OutputPattern;

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  // The bound keeps later arithmetic (days into seconds, terabytes into bytes) from wrapping
  // around.
  if (error != std::errc() || end != last || number > 1'000'000'000'000) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(mark);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool equals(std::string_view text, std::string_view upper) {
  return text.size() == upper.size() &&
         std::equal(text.begin(), text.end(), upper.begin(), [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
         });
}

tl::unexpected<Error> wrong(std::string_view text, std::string_view form) {
  return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not {}", text, form));
}

/// Commas inside single or double quotes do not separate.
std::vector<std::string> split_export(std::string_view text) {
  std::vector<std::string> parts(1);
  char quote = 0;
  for (const char letter : text) {
    if (quote != 0 ? letter == quote : letter == '\'' || letter == '"') {
      quote = quote != 0 ? static_cast<char>(0) : letter;
    } else if (letter == ',' && quote == 0) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

Result<void> add_dependency(std::string_view item, Dependencies& dependencies) {
  static constexpr std::pair<std::string_view, Dependency::Kind> kKinds[] = {
      {"after", Dependency::Kind::after},
      {"afterany", Dependency::Kind::after_any},
      {"afterok", Dependency::Kind::after_ok},
      {"afternotok", Dependency::Kind::after_not_ok},
      {"aftercorr", Dependency::Kind::after_corresponding},
  };
  if (item == "singleton") {
    dependencies.terms.push_back({.kind = Dependency::Kind::singleton});
    return {};
  }
  const auto parts = split(item, ':');
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const auto& entry) { return entry.first == parts.front(); });
  if (kind == std::end(kKinds)) {
    return wrong(item,
                 "a dependency; known are after, afterany, afterok, afternotok, aftercorr and "
                 "singleton");
  }
  if (parts.size() < 2) return wrong(item, "complete: job ids follow, as in afterok:12");
  for (std::size_t i = 1; i < parts.size(); ++i) {
    std::string_view id = parts[i];
    Dependency term{.kind = kind->second};
    const std::size_t plus = id.find('+');
    if (term.kind == Dependency::Kind::after && plus != std::string_view::npos) {
      const auto minutes = whole_number(id.substr(plus + 1));
      if (!minutes || *minutes > 60 * 24 * 366)
        return wrong(id, "a job id and minutes, as in 12+5");
      term.delay = std::chrono::minutes(*minutes);
      id = id.substr(0, plus);
    }
    // "12_*" is how Slurm itself writes a whole array.
    if (id.ends_with("_*")) id.remove_suffix(2);
    term.on = TRY(workload::parse_task_name(id));
    dependencies.terms.push_back(term);
  }
  return {};
}

std::optional<OutputField> field_of(char letter) {
  switch (letter) {
    case 'A':
      return OutputField::array_job;
    case 'a':
      return OutputField::array_index;
    case 'J':  // The batch step of a job is written as the job alone.
    case 'j':
      return OutputField::task_number;
    case 'N':
      return OutputField::node;
    case 'n':
      return OutputField::node_number;
    case 's':
      return OutputField::step;
    case 't':
      return OutputField::rank;
    case 'u':
      return OutputField::user;
    case 'x':
      return OutputField::job_name;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<std::optional<std::chrono::seconds>> parse_time_limit(std::string_view text) {
  constexpr std::string_view kForm =
      "a time; forms are minutes, minutes:seconds, hours:minutes:seconds, days-hours, "
      "days-hours:minutes and days-hours:minutes:seconds";
  if (text == "-1" || equals(text, "INFINITE") || equals(text, "UNLIMITED")) return std::nullopt;
  std::uint64_t days = 0;
  std::string_view rest = text;
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) {
    const auto number = whole_number(text.substr(0, dash));
    if (!number || *number > 100'000) return wrong(text, kForm);
    days = *number;
    rest = text.substr(dash + 1);
  }
  std::vector<std::uint64_t> numbers;
  for (const std::string_view part : split(rest, ':')) {
    const auto number = whole_number(part);
    if (!number || *number > 1'000'000'000) return wrong(text, kForm);
    numbers.push_back(*number);
  }
  if (numbers.size() > 3) return wrong(text, kForm);
  std::uint64_t seconds = 0;
  if (dash != std::string_view::npos) {
    numbers.resize(3);
    seconds = ((days * 24 + numbers[0]) * 60 + numbers[1]) * 60 + numbers[2];
  } else if (numbers.size() == 3) {
    seconds = (numbers[0] * 60 + numbers[1]) * 60 + numbers[2];
  } else {
    seconds = numbers[0] * 60 + (numbers.size() == 2 ? numbers[1] : 0);
  }
  if (seconds == 0) return std::nullopt;
  return std::chrono::seconds((seconds + 59) / 60 * 60);
}

Result<std::uint64_t> parse_memory(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = whole_number(text.substr(0, digits));
  std::string_view unit = text.substr(digits);
  if (unit.size() == 2 && (unit[1] == 'b' || unit[1] == 'B')) unit.remove_suffix(1);
  constexpr std::string_view kForm =
      "a size; write a whole number of megabytes, or one followed by K, M, G or T";
  if (!number || *number > 1'000'000'000 || unit.size() > 1) return wrong(text, kForm);
  std::uint64_t kibibytes = *number;
  switch (unit.empty() ? 'M' : unit[0]) {
    case 'k':
    case 'K':
      break;
    case 'm':
    case 'M':
      kibibytes <<= 10;
      break;
    case 'g':
    case 'G':
      kibibytes <<= 20;
      break;
    case 't':
    case 'T':
      if (*number > 1'000'000) return wrong(text, kForm);
      kibibytes <<= 30;
      break;
    default:
      return wrong(text, kForm);
  }
  return (kibibytes + 1023) / 1024 * (1u << 20);
}

Result<std::uint32_t> parse_count(std::string_view text) {
  const auto number = whole_number(text);
  if (!number || *number == 0 || *number > 1'000'000) return wrong(text, "a number from 1");
  return static_cast<std::uint32_t>(*number);
}

Result<Dependencies> parse_dependency(std::string_view text) {
  const bool any = text.find('?') != std::string_view::npos;
  if (any && text.find(',') != std::string_view::npos) {
    return wrong(text,
                 "a dependency: conditions are joined by commas (all) or by ? (any), not both");
  }
  Dependencies dependencies{.need = any ? Dependencies::Need::any : Dependencies::Need::all};
  for (const std::string_view item : split(text, any ? '?' : ',')) {
    TRY(add_dependency(item, dependencies));
  }
  return dependencies;
}

Result<EnvironmentExport> parse_export(std::string_view text) {
  EnvironmentExport rule{.inherit = EnvironmentExport::Inherit::named,
                         .written = std::string(text)};
  for (const std::string& item : split_export(text)) {
    if (equals(item, "ALL")) {
      rule.inherit = EnvironmentExport::Inherit::all;
    } else if (equals(item, "NONE")) {
      rule.inherit = EnvironmentExport::Inherit::login;
    } else if (equals(item, "NIL")) {
      rule.inherit = EnvironmentExport::Inherit::none;
    } else if (const std::size_t mark = item.find('='); mark != std::string::npos && mark > 0) {
      rule.assignments.emplace_back(item.substr(0, mark), item.substr(mark + 1));
    } else if (!item.empty() && mark != 0) {
      rule.names.push_back(item);
    } else {
      return wrong(text, "a list of variables, as in ALL,NAME=value");
    }
  }
  return rule;
}

Result<std::uint32_t> parse_gpus(std::string_view text) {
  std::uint32_t sum = 0;
  for (const std::string_view item : split(text, ',')) {
    const std::size_t colon = item.rfind(':');
    const auto count = parse_count(colon == std::string_view::npos ? item : item.substr(colon + 1));
    if (!count) return wrong(item, "a number of GPUs, as in 2 or a100:2");
    sum += *count;
  }
  return sum;
}

Result<std::uint32_t> parse_gres(std::string_view text) {
  if (equals(text, "NONE")) return 0u;
  std::uint32_t sum = 0;
  for (std::string_view item : split(text, ',')) {
    const auto parts = split(item, ':');
    if (parts.front() != "gpu" || parts.size() > 3) {
      return wrong(item, "a resource known here; only gpu, gpu:N and gpu:TYPE:N are");
    }
    const auto count = parts.size() == 1 ? Result<std::uint32_t>(1u) : parse_count(parts.back());
    // "gpu:a100" means one of that type.
    if (!count && parts.size() == 3) return wrong(item, "a number of GPUs, as in gpu:2");
    sum += count.value_or(1);
  }
  return sum;
}

Result<std::uint32_t> parse_nodes(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto least = parse_count(text.substr(0, dash));
  const bool good = least && (dash == std::string_view::npos || parse_count(text.substr(dash + 1)));
  if (!good) return wrong(text, "a number of nodes, as in 1 or 2-4");
  return *least;
}

OutputPattern parse_file_pattern(std::string_view text) {
  OutputPattern pattern;
  const bool plain = text.find('\\') != std::string_view::npos;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%' || plain) {
      if (text[at] != '\\') pattern.add_text(text.substr(at, 1));
      ++at;
      continue;
    }
    std::size_t letter = at + 1;
    int width = 0;
    while (letter < text.size() && text[letter] >= '0' && text[letter] <= '9') {
      width = std::min(width * 10 + (text[letter] - '0'), 10);
      ++letter;
    }
    const auto field = letter < text.size() ? field_of(text[letter]) : std::nullopt;
    if (field) {
      pattern.add_field(*field, width);
      at = letter + 1;
    } else {
      const bool percent = at + 1 < text.size() && text[at + 1] == '%';
      pattern.add_text("%");
      at += percent ? 2 : 1;
    }
  }
  return pattern;
}

}  // namespace aloft::script::slurm
