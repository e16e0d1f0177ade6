// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/internal/output_pattern.h"

#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <span>

namespace aloft::emulator::batch {

namespace {

constexpr std::string_view kAnyDirectories = "**";

bool is_name_character(char character) {
  return std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '_';
}

/// What stands at the front of `text`, behind a "$": the name of a variable, and how long it is
/// with its braces.
std::pair<std::string, std::size_t> variable_at(std::string_view text) {
  if (text.starts_with('{')) {
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return {};
    return {std::string(text.substr(1, end - 1)), end + 1};
  }
  const auto end = std::ranges::find_if_not(text, is_name_character);
  const auto length = static_cast<std::size_t>(end - text.begin());
  return {std::string(text.substr(0, length)), length};
}

std::string expand_variables(std::string_view text,
                             const std::map<std::string, std::string>& environment) {
  std::string expanded;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    expanded += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.empty()) break;
    const auto [name, length] = variable_at(text.substr(1));
    const auto found = environment.find(name);
    // What is not set stays as it is written.
    expanded +=
        found == environment.end() ? std::string(text.substr(0, length + 1)) : found->second;
    text.remove_prefix(length + 1);
  }
  return expanded;
}

std::vector<std::string> split_names(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0 && path.substr(0, slash) != ".") names.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return names;
}

bool is_wildcard(const std::string& name) {
  return name.find_first_of("*?[") != std::string::npos;
}

/// The absolute directory that `names` lead to from `directory`.
std::string enter(const std::string& directory, std::span<const std::string> names) {
  std::vector<std::string> path = split_names(directory);
  for (const std::string& name : names) {
    if (name != "..") {
      path.push_back(name);
    } else if (!path.empty()) {
      path.pop_back();
    }
  }
  std::string joined;
  for (const std::string& name : path) (joined += '/') += name;
  return joined;
}

bool matches(std::span<const std::string> pattern, std::span<const std::string> names) {
  if (pattern.empty()) return names.empty();
  if (pattern.front() == kAnyDirectories) {
    // At the end of a pattern it stands for the files as well.
    if (pattern.size() == 1)
      return std::ranges::none_of(names,
                                  [](const std::string& name) { return name.starts_with('.'); });
    if (matches(pattern.subspan(1), names)) return true;
    return !names.empty() && !names.front().starts_with('.') && matches(pattern, names.subspan(1));
  }
  if (names.empty()) return false;
  const int flags = FNM_PERIOD | FNM_NOESCAPE;
  return ::fnmatch(pattern.front().c_str(), names.front().c_str(), flags) == 0 &&
         matches(pattern.subspan(1), names.subspan(1));
}

}  // namespace

Result<OutputPattern> parse_output_pattern(std::string_view text,
                                           const std::map<std::string, std::string>& environment,
                                           const std::string& working_directory,
                                           const std::string& root) {
  const std::string expanded = expand_variables(text, environment);
  std::vector<std::string> names = split_names(expanded);
  if (names.empty()) return fail(ErrorCode::invalid_argument, "the pattern names no file");
  const auto wild = std::ranges::find_if(names, is_wildcard);
  OutputPattern pattern{.has_wildcards = wild != names.end()};
  const auto first = pattern.has_wildcards ? wild : std::prev(names.end());
  const std::string from = expanded.starts_with('/') ? "/" : working_directory;
  const std::string directory = enter(from, std::span(names.begin(), first)) + "/";
  const std::string top = enter(root, {}) + "/";
  pattern.names.assign(first, names.end());
  if (!directory.starts_with(top) ||
      std::ranges::find(pattern.names, "..") != pattern.names.end()) {
    return fail(ErrorCode::invalid_argument,
                "the pattern " + std::string(text) + " leads out of the node's directory");
  }
  pattern.directory = directory.substr(top.size());
  if (pattern.directory.ends_with('/')) pattern.directory.pop_back();
  return pattern;
}

std::vector<FileEntry> matching_files(const OutputPattern& pattern, const std::string& root) {
  const FileView view(root, pattern.directory);
  std::vector<FileEntry> found;
  if (!pattern.has_wildcards) {
    const auto entry = view.find(pattern.names.front());
    if (entry && !entry->is_directory) found.push_back(*entry);
    return found;
  }
  const auto all = view.list(pattern.names.size() > 1 || pattern.names.front() == kAnyDirectories);
  if (!all) return found;
  std::ranges::copy_if(*all, std::back_inserter(found), [&](const FileEntry& entry) {
    return !entry.is_directory && matches(pattern.names, split_names(entry.name));
  });
  return found;
}

}  // namespace aloft::emulator::batch
