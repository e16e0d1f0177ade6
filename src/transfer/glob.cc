// SPDX-License-Identifier: Apache-2.0
#include "transfer/glob.h"

#include <algorithm>
#include <optional>

namespace aloft::transfer {

namespace {

constexpr std::string_view kAnyDirectories = "**";

/// The character at the front: a sequence of UTF-8 by its first byte, or a byte that begins none.
std::string_view first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (length > text.size()) return text.substr(0, 1);
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  const bool whole = std::ranges::all_of(text.substr(1, length - 1), continues);
  return text.substr(0, whole ? length : 1);
}

std::string_view take_character(std::string_view& text) {
  const std::string_view character = first_character(text);
  text.remove_prefix(character.size());
  return character;
}

/// Takes "[…]" off the front of `pattern` and tells whether it holds `character`; empty, and
/// nothing taken, where it is not closed. Sequences of UTF-8 sort as their code points do.
std::optional<bool> take_set(std::string_view& pattern, std::string_view character) {
  std::string_view rest = pattern.substr(1);
  const bool negated = rest.starts_with('!') || rest.starts_with('^');
  if (negated) rest.remove_prefix(1);
  bool found = false;
  for (bool first = true; !rest.empty(); first = false) {
    if (rest.front() == ']' && !first) {
      pattern = rest.substr(1);
      return found != negated;
    }
    if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
    const std::string_view low = take_character(rest);
    std::string_view high = low;
    if (rest.size() > 1 && rest[0] == '-' && rest[1] != ']') {
      rest.remove_prefix(1);
      high = take_character(rest);
    }
    found = found || (low <= character && character <= high);
  }
  return std::nullopt;
}

/// Takes what matches one character off the front of `pattern`, which does not begin with "*".
bool take_one(std::string_view& pattern, std::string_view character) {
  if (pattern.front() == '?') {
    pattern.remove_prefix(1);
    return true;
  }
  if (pattern.front() == '[') {
    if (const auto in_set = take_set(pattern, character)) return *in_set;
  }
  if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return take_character(pattern) == character;
}

std::vector<std::string_view> components_of(std::string_view path) {
  std::vector<std::string_view> components;
  while (true) {
    const std::size_t slash = path.find('/');
    components.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return components;
    path.remove_prefix(slash + 1);
  }
}

using NameMatches = bool (*)(std::string_view pattern, std::string_view name);

bool shows_dots(std::string_view pattern, std::string_view name) {
  return !name.starts_with('.') || pattern.starts_with('.') || pattern.starts_with("\\.");
}

bool matches_as_in_shell(std::string_view pattern, std::string_view name) {
  return shows_dots(pattern, name) && glob_matches_name(pattern, name);
}

// As with "*" in a name: only the last "**" ever needs to be stretched.
bool path_matches(std::span<const std::string_view> pattern, std::span<const std::string_view> path,
                  NameMatches matches) {
  std::size_t at = 0;
  std::size_t in_path = 0;
  std::optional<std::size_t> stretch;
  std::size_t stretched_to = 0;
  while (in_path < path.size() || at < pattern.size()) {
    if (at < pattern.size() && pattern[at] == kAnyDirectories) {
      stretch = at++;
      stretched_to = in_path;
      // As the last name it is what is in the directory, not the directory itself.
      if (at == pattern.size() && in_path == path.size()) return false;
      if (at == pattern.size()) return true;
      continue;
    }
    if (at < pattern.size() && in_path < path.size() && matches(pattern[at], path[in_path])) {
      ++at;
      ++in_path;
      continue;
    }
    if (!stretch || stretched_to >= path.size()) return false;
    at = *stretch + 1;
    in_path = ++stretched_to;
  }
  return true;
}

/// Finds what matches, directory by directory.
class Search {
 public:
  Search(Tree& tree, const Limits& limits) : tree_(tree), limits_(limits) {}

  Result<std::vector<std::string>> run(std::string_view pattern) {
    directories_only_ = pattern.ends_with('/');
    const std::string whole = TRY(normalized(pattern));
    if (!whole.empty()) TRY(find("", components_of(whole)));
    std::ranges::sort(found_);
    return std::move(found_);
  }

 private:
  using Components = std::span<const std::string_view>;

  Result<void> find(std::string directory, Components pattern) {
    while (!pattern.empty() && !has_wildcards(pattern.front())) {
      directory = join(directory, pattern.front());
      pattern = pattern.subspan(1);
    }
    if (pattern.empty()) return found_if_there(directory);
    auto found = pattern.front() == kAnyDirectories ? find_below(directory, pattern)
                                                    : find_in(directory, pattern);
    // No directory, or gone by now.
    const bool no_match =
        !found && (found.error().code == ErrorCode::not_found || found.error().os_errno == ENOTDIR);
    return no_match ? Result<void>() : found;
  }

  Result<void> find_in(const std::string& directory, Components pattern) {
    const Components rest = pattern.subspan(1);
    for (const Entry& entry : TRY(tree_.children(directory, limits_))) {
      if (!matches_as_in_shell(pattern.front(), base_of(entry.path))) continue;
      if (rest.empty()) {
        keep(entry);
      } else if (entry.kind() == FileKind::directory) {
        TRY(find(entry.path, rest));
      }
    }
    return {};
  }

  Result<void> find_below(const std::string& directory, Components pattern) {
    const auto found = [&](Entry entry) -> Result<void> {
      const std::string_view path = below(entry.path, directory);
      const auto names = components_of(path);
      const bool hidden =
          std::ranges::any_of(names, [](std::string_view name) { return name.starts_with('.'); });
      const bool asks_for_hidden = std::ranges::any_of(
          pattern, [](std::string_view component) { return component.starts_with('.'); });
      if (hidden && !asks_for_hidden) return {};
      if (path_matches(pattern, names, matches_as_in_shell)) keep(entry);
      return {};
    };
    std::optional<Error> first;
    const auto failed = [&](const std::string&, Error error) {
      if (!first) first = std::move(error);
    };
    TRY(tree_.walk(directory, {.found = found, .failed = failed}, limits_));
    if (first) return fail(std::move(*first));
    return {};
  }

  Result<void> found_if_there(const std::string& path) {
    const auto entry = tree_.look(path, limits_);
    if (entry) {
      keep(*entry);
    } else if (entry.error().code != ErrorCode::not_found) {
      return fail(entry.error());
    }
    return {};
  }

  void keep(const Entry& entry) {
    if (directories_only_ && entry.kind() != FileKind::directory) return;
    found_.push_back(directories_only_ ? entry.path + '/' : entry.path);
  }

  Tree& tree_;
  const Limits& limits_;
  bool directories_only_ = false;
  std::vector<std::string> found_;
};

}  // namespace

bool has_wildcards(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

bool glob_matches_name(std::string_view pattern, std::string_view name) {
  // Only the last "*" ever needs to be stretched.
  std::optional<std::string_view> behind_star;
  std::string_view stretched;
  while (true) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      behind_star = pattern;
      stretched = name;
      continue;
    }
    if (name.empty() && pattern.empty()) return true;
    if (!name.empty() && !pattern.empty()) {
      std::string_view rest = name;
      if (take_one(pattern, take_character(rest))) {
        name = rest;
        continue;
      }
    }
    if (!behind_star || stretched.empty()) return false;
    take_character(stretched);
    name = stretched;
    pattern = *behind_star;
  }
}

bool glob_matches_path(std::string_view pattern, std::string_view path) {
  return path_matches(components_of(pattern), components_of(path), glob_matches_name);
}

Result<std::vector<std::string>> find_matching(Tree& tree, std::string_view pattern,
                                               const Limits& limits) {
  return Search(tree, limits).run(pattern);
}

}  // namespace aloft::transfer
