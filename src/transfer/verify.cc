// SPDX-License-Identifier: Apache-2.0
#include "transfer/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/clock.h"
#include "transfer/internal/comparison.h"

namespace aloft::transfer {

namespace {

std::string time_text(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{}.{:09}", seconds.count(), (time - seconds).count());
}

void compare_targets(Comparison& comparison, const std::string& path, const Entry& a,
                     const Entry& b) {
  const auto left = comparison.a_root.tree().link_target(a, comparison.limits);
  if (!left) return comparison.failed(comparison.a_root.tree().name_of(a.path), left.error());
  const auto right = comparison.b_root.tree().link_target(b, comparison.limits);
  if (!right) return comparison.failed(comparison.b_root.tree().name_of(b.path), right.error());
  if (*left == *right) return;
  comparison.contents_differ(path,
                             fmt::format("link leads to {} here and to {} there", *left, *right));
}

void compare_attributes(Comparison& comparison, const std::string& path, const FileAttributes& a,
                        const FileAttributes& b) {
  const auto say = [&](std::string_view what, const std::string& left, const std::string& right) {
    comparison.differs(path, fmt::format("{} is {} here and {} there", what, left, right));
  };
  if (comparison.options.modes_and_times) {
    // The kernel gives every link the mode 0777.
    const bool has_mode = a.kind != FileKind::symlink;
    if (has_mode && a.permissions && b.permissions && *a.permissions != *b.permissions) {
      say("mode", fmt::format("{:04o}", *a.permissions), fmt::format("{:04o}", *b.permissions));
    }
    if (a.mtime && b.mtime && *a.mtime != *b.mtime) {
      say("mtime", time_text(*a.mtime), time_text(*b.mtime));
    }
  }
  if (!comparison.options.owners) return;
  if (a.uid && b.uid && *a.uid != *b.uid) {
    say("owner", std::to_string(*a.uid), std::to_string(*b.uid));
  }
  if (a.gid && b.gid && *a.gid != *b.gid) {
    say("group", std::to_string(*a.gid), std::to_string(*b.gid));
  }
}

void compare_entries(Comparison& comparison, const std::string& path, Entry a, Entry b) {
  ++comparison.report.lock()->entries;
  if (a.kind() != b.kind()) {
    return comparison.differs(
        path, fmt::format("is a {} here and a {} there", name_of(a.kind()), name_of(b.kind())));
  }
  compare_attributes(comparison, path, a.attributes, b.attributes);
  if (a.kind() == FileKind::symlink) {
    comparison.pool.submit([&comparison, path, a = std::move(a), b = std::move(b)] {
      compare_targets(comparison, path, a, b);
    });
    return;
  }
  if (a.kind() == FileKind::directory) {
    a.size_bytes = bytes_in_directory(a);
    b.size_bytes = bytes_in_directory(b);
    if (a.size_bytes == 0 && b.size_bytes == 0) return;
  } else if (a.kind() != FileKind::regular) {
    return;
  }
  if (a.size_bytes != b.size_bytes) {
    return comparison.contents_differ(
        path,
        fmt::format("{} {} bytes here and {} there",
                    a.kind() == FileKind::directory ? "is a directory, but of a blob of" : "has",
                    a.size_bytes, b.size_bytes));
  }
  compare_content(comparison, path, std::move(a), std::move(b));
}

// The object "d/" beside the marker "d": nothing, unless it holds something.
Result<void> name_if_filled(Comparison& comparison, const Located& root, const Entry& marker) {
  const bool is_root = root.entry.object && root.entry.object->key == marker.object->key;
  if (!is_root && bytes_in_directory(marker) > 0) {
    comparison.failed(root.object->name_of(marker.path), no_place_for_bytes(*root.object, marker));
  }
  return {};
}

using Entries = std::unordered_map<std::string, Entry>;

Result<Entries> entries_below(Comparison& comparison, const Located& root) {
  Entries entries;
  const Visitor collect{
      .found = [&](Entry entry) -> Result<void> {
        TRY(comparison.limits.check(system_clock(), "the comparison"));
        std::string path(below(entry.path, root.path));
        entries.insert_or_assign(std::move(path), std::move(entry));
        return {};
      },
      .failed = [&](std::string name,
                    Error error) { comparison.failed(std::move(name), std::move(error)); },
      .second_marker =
          [&](const Entry& marker) { return name_if_filled(comparison, root, marker); }};
  TRY(walk_selected(root.tree(), root.path, comparison.options.selection, collect,
                    comparison.limits));
  return entries;
}

Result<void> compare_trees(Comparison& comparison) {
  Entries there = TRY(entries_below(comparison, comparison.b_root));
  const Visitor compare{
      .found = [&](Entry entry) -> Result<void> {
        TRY(comparison.limits.check(system_clock(), "the comparison"));
        const std::string path(below(entry.path, comparison.a_root.path));
        auto other = there.extract(path);
        if (other.empty()) {
          comparison.differs(path, "is missing in " + comparison.b_root.shown());
        } else {
          compare_entries(comparison, path, std::move(entry), std::move(other.mapped()));
        }
        return {};
      },
      .failed = [&](std::string name,
                    Error error) { comparison.failed(std::move(name), std::move(error)); },
      .second_marker =
          [&](const Entry& marker) {
            return name_if_filled(comparison, comparison.a_root, marker);
          }};
  TRY(walk_selected(comparison.a_root.tree(), comparison.a_root.path, comparison.options.selection,
                    compare, comparison.limits));
  for (const auto& [path, entry] : there) {
    comparison.differs(path, "is missing in " + comparison.a_root.shown());
  }
  return {};
}

Result<void> compare_all(Comparison& comparison) {
  const Entry& a = comparison.a_root.entry;
  const Entry& b = comparison.b_root.entry;
  compare_entries(comparison, "", a, b);
  if (a.kind() == FileKind::directory && b.kind() == FileKind::directory) {
    TRY(compare_trees(comparison));
  }
  return {};
}

}  // namespace

Result<VerifyReport> verify(const Located& a, const Located& b, const VerifyOptions& options,
                            Progress& progress, const Limits& limits) {
  Comparison comparison(a, b, options, progress, limits);
  auto compared = compare_all(comparison);
  progress.all_found = true;
  comparison.pool.wait();
  if (!compared) return fail(std::move(compared).error());
  TRY(limits.check(system_clock(), "the comparison"));
  VerifyReport report = std::move(*comparison.report.lock());
  std::ranges::stable_sort(report.differences, {}, &Difference::path);
  return report;
}

}  // namespace aloft::transfer
