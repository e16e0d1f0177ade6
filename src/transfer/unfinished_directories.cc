// SPDX-License-Identifier: Apache-2.0
#include "transfer/unfinished_directories.h"

#include <fcntl.h>

#include <ranges>
#include <utility>

namespace aloft::transfer {

namespace {

Result<void> restore(const LocalTree& tree, const std::string& path,
                     const FileAttributes& attributes, const RestoreOptions& options) {
  const UniqueFd directory = TRY(tree.directory().open_beneath(path, O_RDONLY | O_DIRECTORY));
  return restore_attributes(directory.get(), attributes, options, tree.name_of(path));
}

}  // namespace

void UnfinishedDirectories::add(std::shared_ptr<LocalTree> tree, std::string path,
                                FileAttributes attributes) {
  directories_.push_back({std::move(tree), std::move(path), std::move(attributes)});
}

std::vector<Failure> UnfinishedDirectories::finish(const RestoreOptions& options) {
  std::vector<Failure> failures;
  for (const auto& [tree, path, attributes] :
       std::exchange(directories_, {}) | std::views::reverse) {
    auto restored = restore(*tree, path, attributes, options);
    if (restored) continue;
    failures.push_back({.name = tree->name_of(path), .error = std::move(restored).error()});
  }
  return failures;
}

}  // namespace aloft::transfer
