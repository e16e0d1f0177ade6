// SPDX-License-Identifier: Apache-2.0
#include "transfer/move.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

#include "base/guarded.h"
#include "transfer/remove.h"

namespace aloft::transfer {

namespace {

/// Removes what was copied, unless it is another version by now.
class Departure {
 public:
  explicit Departure(const Limits& limits) : limits_(limits) {}

  /// On any thread. precondition_failed where it changed since it was copied.
  Result<void> copied(const std::shared_ptr<ObjectTree>& tree, const Entry& entry) {
    if (entry.kind() == FileKind::directory) {
      (*directories_.lock())[tree].push_back(entry);
      return {};
    }
    auto removed =
        tree->store().remove(entry.object->key, {.if_match = entry.object->etag}, limits_);
    // Somebody else removed it: it is gone, as asked.
    if (!removed && removed.error().code == ErrorCode::not_found) return {};
    return removed;
  }

  /// The markers of directories, for when all that was in them has gone.
  void remove_directories(std::size_t threads, std::vector<Failure>& failures) {
    const auto directories = std::move(*directories_.lock());
    for (const auto& [tree, entries] : directories) {
      RemoveReport removed = remove_objects(*tree, entries, threads, limits_);
      std::ranges::move(removed.failures, std::back_inserter(failures));
    }
  }

 private:
  const Limits& limits_;
  Guarded<std::map<std::shared_ptr<ObjectTree>, std::vector<Entry>>> directories_;
};

Result<void> check_containers(std::span<const Place> sources, const Place& destination) {
  const bool any_local = destination.local() || std::ranges::any_of(sources, &Place::local);
  if (!any_local) return {};
  return fail(ErrorCode::invalid_argument,
              "mv moves within and between containers; for what is on this machine use cp, and "
              "remove the source when verify finds no difference");
}

}  // namespace

Result<CopyReport> move(std::span<const Place> sources, const Place& destination,
                        const CopyOptions& options, Progress& progress, const Limits& limits) {
  TRY(check_containers(sources, destination));
  Departure departure(limits);
  CopyOptions moving = options;
  moving.placement.recursive = true;
  moving.placement.distinct_directories = true;
  moving.after_server_copy = [&](const std::shared_ptr<ObjectTree>& tree, const Entry& entry) {
    return departure.copied(tree, entry);
  };
  CopyReport report = TRY(copy(sources, destination, moving, progress, limits));
  // What stays keeps its directory.
  if (report.failures.empty()) departure.remove_directories(options.threads, report.failures);
  TRY(limits.check(system_clock(), "the move"));
  return report;
}

}  // namespace aloft::transfer
