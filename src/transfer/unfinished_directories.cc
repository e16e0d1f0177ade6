// SPDX-License-Identifier: Apache-2.0
#include "transfer/unfinished_directories.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <ranges>
#include <utility>

namespace aloft::transfer {

namespace {

Result<void> restore(const LocalTree& tree, const std::string& path,
                     const FileAttributes& attributes, const RestoreOptions& options) {
  const UniqueFd directory = TRY(tree.directory().open_beneath(path, O_RDONLY | O_DIRECTORY));
  return restore_attributes(directory.get(), attributes, options, tree.name_of(path));
}

Result<void> bring_to_disk(const LocalTree& tree, const std::string& path) {
  const auto directory = tree.directory().open_beneath(path, O_RDONLY | O_DIRECTORY);
  // One that takes new files but cannot be read; the system writes it in its own time.
  if (!directory && directory.error().os_errno == EACCES) return {};
  if (!directory) return fail(directory.error());
  if (::fsync(directory->get()) == 0) return {};
  // Not every network file system knows how.
  if (errno == EINVAL || errno == EOPNOTSUPP) return {};
  return fail_os(errno, "cannot bring the directory " + tree.name_of(path) + " to disk");
}

}  // namespace

void UnfinishedDirectories::add(std::shared_ptr<LocalTree> tree, std::string path,
                                FileAttributes attributes) {
  directories_.push_back({std::move(tree), std::move(path), std::move(attributes)});
}

void UnfinishedDirectories::filled(const std::shared_ptr<LocalTree>& tree, std::string_view path) {
  auto& paths = filled_[tree];
  if (!paths.contains(path)) paths.emplace(path);
}

std::vector<Failure> UnfinishedDirectories::finish(const RestoreOptions& options) {
  std::vector<Failure> failures;
  const auto note = [&](const LocalTree& tree, const std::string& path, Result<void> done) {
    if (done) return;
    failures.push_back({.name = tree.name_of(path), .error = std::move(done).error()});
  };
  const auto filled = std::exchange(filled_, {});
  for (const auto& [tree, paths] : filled) {
    for (const std::string& path : paths) note(*tree, path, bring_to_disk(*tree, path));
  }
  const auto directories = std::exchange(directories_, {});
  for (const auto& [tree, path, attributes] : directories | std::views::reverse) {
    note(*tree, path, restore(*tree, path, attributes, options));
  }
  return failures;
}

}  // namespace aloft::transfer
