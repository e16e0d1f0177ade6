// SPDX-License-Identifier: Apache-2.0
#include "transfer/usage.h"

#include <algorithm>
#include <map>

#include "base/clock.h"

namespace aloft::transfer {

namespace {

/// Puts what is in a directory before it, and names in byte order.
struct DeepestFirst {
  bool operator()(std::string_view a, std::string_view b) const {
    while (true) {
      if (a.empty() || b.empty()) return !a.empty();
      const std::string_view left = a.substr(0, a.find('/'));
      const std::string_view right = b.substr(0, b.find('/'));
      if (left != right) return left < right;
      a = below(a, left);
      b = below(b, right);
    }
  }
};

class Addition {
 public:
  explicit Addition(std::size_t depth_max) : depth_max_(depth_max) { sums_[""]; }

  /// `path` is below the root.
  void add(std::string_view path, const Entry& entry) {
    const bool is_directory = entry.kind() == FileKind::directory;
    const std::string_view directory = is_directory ? path : parent_of(path);
    if (!is_directory) count(sums_[""], entry);
    std::size_t depth = 0;
    for (std::size_t end = 0; end < directory.size() && depth < depth_max_; ++depth) {
      end = std::min(directory.find('/', end + 1), directory.size());
      DirectoryUsage& sum = sums_[std::string(directory.substr(0, end))];
      if (!is_directory) count(sum, entry);
    }
  }

  std::vector<DirectoryUsage> take(const std::string& root) {
    std::vector<DirectoryUsage> list;
    for (auto& [path, sum] : sums_) {
      sum.path = join(root, path);
      list.push_back(std::move(sum));
    }
    return list;
  }

 private:
  static void count(DirectoryUsage& sum, const Entry& entry) {
    sum.bytes += entry.size_bytes;
    ++sum.files;
  }

  const std::size_t depth_max_;
  std::map<std::string, DirectoryUsage, DeepestFirst> sums_;
};

}  // namespace

Result<UsageReport> usage(const Located& root, const UsageOptions& options, const Limits& limits) {
  Addition addition(options.depth_max);
  UsageReport report;
  if (root.entry.kind() == FileKind::directory) {
    const Visitor visitor{.found = [&](const Entry& entry) -> Result<void> {
                            TRY(limits.check(system_clock(), "adding up " + root.shown()));
                            addition.add(below(entry.path, root.path), entry);
                            return {};
                          },
                          .failed =
                              [&](std::string name, Error error) {
                                report.failures.push_back({std::move(name), std::move(error)});
                              }};
    TRY(walk_selected(root.tree(), root.path, options.selection, visitor, limits));
  } else if (options.selection.takes(base_of(root.entry.path), root.entry.kind())) {
    addition.add("", root.entry);
  }
  report.directories = addition.take(root.path);
  return report;
}

}  // namespace aloft::transfer
