// SPDX-License-Identifier: Apache-2.0
#include "transfer/remove.h"

#include <ranges>

#include "base/clock.h"
#include "base/guarded.h"
#include "transfer/work_pool.h"

namespace aloft::transfer {

namespace {

class Removal {
 public:
  Removal(ObjectTree& tree, const RemoveOptions& options, const Limits& limits)
      : tree_(tree), options_(options), limits_(limits), pool_(options.threads, limits.stop) {}

  Result<RemoveReport> run(const Entry& root) {
    const bool is_directory = root.kind() == FileKind::directory;
    if (is_directory || options_.selection.takes(base_of(root.path), root.kind())) TRY(found(root));
    if (is_directory) TRY(walk(root.path));
    pool_.wait();
    for (const Entry& directory : directories_ | std::views::reverse) submit(directory);
    pool_.wait();
    TRY(limits_.check(system_clock(), "removing " + tree_.name_of(root.path)));
    return std::move(*report_.lock());
  }

 private:
  Result<void> walk(const std::string& path) {
    const Visitor visitor{
        .found = [this](Entry entry) { return found(std::move(entry)); },
        .failed = [this](std::string name,
                         Error error) { failed(std::move(name), std::move(error)); }};
    return walk_selected(tree_, path, options_.selection, visitor, limits_);
  }

  Result<void> found(Entry entry) {
    TRY(limits_.check(system_clock(), "removing " + tree_.name_of(entry.path)));
    if (entry.kind() == FileKind::directory) {
      if (entry.object && options_.selection.takes_all()) directories_.push_back(std::move(entry));
    } else {
      submit(std::move(entry));
    }
    return {};
  }

  void submit(Entry entry) {
    pool_.submit([this, entry = std::move(entry)] {
      const auto removed = tree_.store().remove(entry.object->key, {}, limits_);
      // Somebody else was faster: it is gone, as asked.
      if (!removed && removed.error().code != ErrorCode::not_found) {
        return failed(tree_.name_of(entry.path), removed.error());
      }
      auto report = report_.lock();
      ++(entry.kind() == FileKind::directory ? report->directories : report->files);
    });
  }

  void failed(std::string name, Error error) {
    if (error.code == ErrorCode::cancelled && limits_.stop.stop_requested()) return;
    report_.lock()->failures.push_back({.name = std::move(name), .error = std::move(error)});
  }

  ObjectTree& tree_;
  const RemoveOptions& options_;
  const Limits& limits_;
  std::vector<Entry> directories_;
  Guarded<RemoveReport> report_;
  WorkPool pool_;  // Last: its threads end before what they use.
};

}  // namespace

Result<RemoveReport> remove_tree(ObjectTree& tree, const Entry& root, const RemoveOptions& options,
                                 const Limits& limits) {
  return Removal(tree, options, limits).run(root);
}

}  // namespace aloft::transfer
