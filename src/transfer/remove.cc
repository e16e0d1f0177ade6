// SPDX-License-Identifier: Apache-2.0
#include "transfer/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "base/guarded.h"
#include "format/names.h"
#include "transfer/internal/object_writer.h"
#include "transfer/new_file.h"
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
    if (is_directory) TRY(walk(root));
    pool_.wait();
    const auto any_version = [](const Entry&) { return Conditions{}; };
    submit_directories(std::move(directories_), any_version);
    TRY(limits_.check(system_clock(), "removing " + tree_.name_of(root.path)));
    return std::move(*report_.lock());
  }

  RemoveReport run(std::span<const Entry> entries) {
    const auto this_version = [](const Entry& entry) {
      return Conditions{.if_match = entry.object->etag};
    };
    std::vector<Entry> directories;
    for (const Entry& entry : entries) {
      if (entry.kind() == FileKind::directory) {
        directories.push_back(entry);
      } else {
        submit(entry, this_version(entry));
      }
    }
    pool_.wait();
    submit_directories(std::move(directories), this_version);
    return std::move(*report_.lock());
  }

 private:
  Result<void> walk(const Entry& root) {
    const Visitor visitor{
        .found = [this](Entry entry) { return found(std::move(entry)); },
        .failed = [this](std::string name,
                         Error error) { failed(std::move(name), std::move(error)); },
        .second_marker = [&](Entry marker) -> Result<void> {
          if (root.object && root.object->key == marker.object->key) return {};
          return found(std::move(marker));
        }};
    return walk_selected(tree_, root.path, options_.selection, visitor, limits_);
  }

  Result<void> found(Entry entry) {
    TRY(limits_.check(system_clock(), "removing " + tree_.name_of(entry.path)));
    if (entry.kind() != FileKind::directory) {
      const auto kept = kept_.find(parent_of(entry.path));
      submit(std::move(entry), {}, kept == kept_.end() ? nullptr : &kept->second);
    } else if (!options_.selection.takes_all()) {
      // A file has the key of a directory that it shadows.
      const bool shadowed = format::component_of_name(base_of(entry.path)) != base_of(entry.key);
      if (!entry.object && !entry.path.empty() && !shadowed) {
        kept_[entry.path].key = std::move(entry.key);
      }
    } else if (entry.object) {
      directories_.push_back(std::move(entry));
    }
    return {};
  }

  /// A directory that stays and only is implied: it gets a marker before it loses what implies it.
  struct KeptDirectory {
    std::string key{};
    std::once_flag once{};
    Result<void> marked{};
  };

  Result<void> keep(const std::string& path, KeptDirectory& directory) {
    const FileAttributes attributes{.kind = FileKind::directory};
    std::call_once(directory.once, [&] {
      directory.marked =
          write_directory(tree_, {.path = path, .key = directory.key}, attributes, limits_);
    });
    return directory.marked;
  }

  /// The deepest first: some stores refuse to remove those that hold something.
  void submit_directories(std::vector<Entry> directories,
                          const std::function<Conditions(const Entry&)>& conditions) {
    const auto depth = [](const Entry& entry) { return std::ranges::count(entry.path, '/'); };
    std::ranges::sort(directories, std::ranges::greater(), depth);
    for (auto at = directories.begin(); at != directories.end();) {
      const auto level = depth(*at);
      for (; at != directories.end() && depth(*at) == level; ++at) submit(*at, conditions(*at));
      pool_.wait();
    }
  }

  /// `directory` is where the entry is, if it needs a marker; null: it does not.
  void submit(Entry entry, Conditions conditions = {}, KeptDirectory* directory = nullptr) {
    pool_.submit([this, entry = std::move(entry), conditions = std::move(conditions), directory] {
      if (directory != nullptr) {
        const auto kept = keep(std::string(parent_of(entry.path)), *directory);
        if (!kept) return failed(tree_.name_of(entry.path), kept.error());
      }
      const auto removed = tree_.store().remove(entry.object->key, conditions, limits_);
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
  std::map<std::string, KeptDirectory, std::less<>> kept_;  // By path; of the walking thread.
  Guarded<RemoveReport> report_;
  WorkPool pool_;  // Last: its threads end before what they use.
};

/// Removes names of this machine one after the other.
class LocalRemoval {
 public:
  LocalRemoval(const LocalDirectory& root, bool keep_filled)
      : root_(root), keep_filled_(keep_filled) {}

  Result<void> remove(const Entry& entry) {
    const std::string above(parent_of(entry.path));
    const UniqueFd parent = TRY(root_.open_parent(entry.path));
    TRY(remember_times(parent.get(), above));
    const std::string name(base_of(entry.path));
    const bool directory = entry.kind() == FileKind::directory;
    const auto unlink = [&] {
      return ::unlinkat(parent.get(), name.c_str(), directory ? AT_REMOVEDIR : 0) == 0 ? 0 : errno;
    };
    int error = unlink();
    if (error == ENOTEMPTY && TRY(remove_abandoned_in(entry.path))) error = unlink();
    if (error == 0) {
      ++(directory ? report.directories : report.files);
      return {};
    }
    if (error == ENOENT || (error == ENOTEMPTY && keep_filled_)) return {};
    return fail_os(error, "cannot delete " + root_.name_of(entry.path));
  }

  void restore_times() const {
    for (const auto& [path, times] : times_) {
      // A directory that went itself needs none, and a lost time is no reason to fail.
      const auto directory = root_.open_beneath(path, O_RDONLY | O_DIRECTORY);
      if (directory) ::futimens(directory->get(), times.data());
    }
  }

  RemoveReport report{};

 private:
  using Times = std::array<timespec, 2>;

  /// What walks do not show: files whose copies were killed. False where there is something else.
  Result<bool> remove_abandoned_in(const std::string& directory) const {
    const auto names = names_in(root_, directory);
    if (!names || !std::ranges::all_of(*names, is_temporary_name)) return false;
    for (const std::string& name : *names) {
      if (TRY(remove_abandoned(root_, join(directory, name)))) continue;
      if (keep_filled_) return false;
      return fail(os_error(
          ENOTEMPTY, "cannot delete " + root_.name_of(directory) + ": a copy may be writing " +
                         name + " in it; wait until that ends, or remove the file if none is"));
    }
    return true;
  }

  Result<void> remember_times(int directory, const std::string& path) {
    if (times_.contains(path)) return {};
    struct stat status {};
    if (::fstat(directory, &status) != 0) {
      return fail_os(errno, "cannot look at " + root_.name_of(path));
    }
    times_.emplace(path, Times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, status.st_mtim});
    return {};
  }

  const LocalDirectory& root_;
  const bool keep_filled_;
  std::map<std::string, Times> times_;
};

}  // namespace

Result<RemoveReport> remove_tree(ObjectTree& tree, const Entry& root, const RemoveOptions& options,
                                 const Limits& limits) {
  return Removal(tree, options, limits).run(root);
}

RemoveReport remove_objects(ObjectTree& tree, std::span<const Entry> entries, std::size_t threads,
                            const Limits& limits) {
  const RemoveOptions options{.threads = threads};
  return Removal(tree, options, limits).run(entries);
}

RemoveReport remove_local(LocalTree& tree, std::span<const Entry> entries, bool keep_filled,
                          const Limits& limits) {
  LocalRemoval removal(tree.directory(), keep_filled);
  for (const Entry& entry : entries) {
    if (limits.stop.stop_requested()) break;
    auto removed = removal.remove(entry);
    if (removed) continue;
    removal.report.failures.push_back(
        {.name = tree.name_of(entry.path), .error = std::move(removed).error()});
  }
  removal.restore_times();
  return std::move(removal.report);
}

}  // namespace aloft::transfer
