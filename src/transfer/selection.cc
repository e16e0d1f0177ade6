// SPDX-License-Identifier: Apache-2.0
#include "transfer/selection.h"

#include <algorithm>
#include <map>

#include "transfer/glob.h"

namespace aloft::transfer {

Result<Selection> Selection::of(std::vector<Rule> rules) {
  Selection selection;
  for (Rule& rule : rules) {
    Parsed parsed{.effect = rule.effect,
                  .pattern = rule.pattern,
                  .anchored = false,
                  .directories_only = rule.pattern.ends_with('/')};
    while (parsed.pattern.ends_with('/')) parsed.pattern.pop_back();
    parsed.anchored = parsed.pattern.find('/') != std::string::npos;
    parsed.pattern.erase(0, parsed.pattern.find_first_not_of('/'));
    if (parsed.pattern.empty() || parsed.pattern == "." || parsed.pattern.starts_with("./")) {
      return fail(ErrorCode::invalid_argument,
                  "the pattern '" + rule.pattern +
                      "' matches nothing; patterns are globs such as '*.tmp' or 'build/**'");
    }
    selection.rules_.push_back(std::move(parsed));
  }
  return selection;
}

bool Selection::matches(const Parsed& rule, std::string_view path, bool is_directory) {
  if (rule.directories_only && !is_directory) return false;
  return rule.anchored ? glob_matches_path(rule.pattern, path)
                       : glob_matches_name(rule.pattern, base_of(path));
}

std::ptrdiff_t Selection::deciding(std::string_view path, bool is_directory) const {
  for (auto index = std::ssize(rules_) - 1; index >= 0; --index) {
    const Parsed& rule = rules_[static_cast<std::size_t>(index)];
    if (matches(rule, path, is_directory)) return index;
    for (std::string_view above = parent_of(path); !above.empty(); above = parent_of(above)) {
      if (matches(rule, above, true)) return index;
    }
  }
  return -1;
}

bool Selection::takes(std::string_view path, FileKind kind) const {
  if (rules_.empty()) return true;
  const std::ptrdiff_t index = deciding(path, kind == FileKind::directory);
  if (index < 0) return rules_.front().effect == Effect::exclude;
  return rules_[static_cast<std::size_t>(index)].effect == Effect::include;
}

bool Selection::enters(std::string_view path) const {
  if (rules_.empty() || takes(path, FileKind::directory)) return true;
  const std::ptrdiff_t index = deciding(path, true);
  const auto includes = [](const Parsed& rule) { return rule.effect == Effect::include; };
  return std::any_of(rules_.begin() + index + 1, rules_.end(), includes);
}

namespace {

/// Holds directories back that are not taken themselves until something in them is.
class SelectedWalk {
 public:
  SelectedWalk(std::string_view root, const Selection& selection, const Visitor& visitor)
      : root_(root), selection_(selection), visitor_(visitor) {}

  Result<void> found(Entry entry) {
    if (!selection_.takes(below(entry.path, root_), entry.kind())) {
      if (entry.kind() == FileKind::directory) held_.emplace(entry.path, std::move(entry));
      return {};
    }
    TRY(release(parent_of(entry.path)));
    return visitor_.found(std::move(entry));
  }

 private:
  Result<void> release(std::string_view directory) {
    if (directory.size() <= root_.size()) return {};
    TRY(release(parent_of(directory)));
    const auto held = held_.find(directory);
    if (held == held_.end()) return {};
    Entry entry = std::move(held->second);
    held_.erase(held);
    return visitor_.found(std::move(entry));
  }

  const std::string root_;
  const Selection& selection_;
  const Visitor& visitor_;
  std::map<std::string, Entry, std::less<>> held_;
};

}  // namespace

Result<void> walk_selected(Tree& tree, std::string_view root, const Selection& selection,
                           const Visitor& visitor, const Limits& limits) {
  if (selection.takes_all()) return tree.walk(root, visitor, limits);
  SelectedWalk walk(root, selection, visitor);
  const Visitor selecting{
      .found = [&](Entry entry) { return walk.found(std::move(entry)); },
      .failed = visitor.failed,
      .enter = [&](const Entry& entry) { return selection.enters(below(entry.path, root)); }};
  return tree.walk(root, selecting, limits);
}

}  // namespace aloft::transfer
