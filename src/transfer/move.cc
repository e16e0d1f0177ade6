// SPDX-License-Identifier: Apache-2.0
#include "transfer/move.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

#include "base/guarded.h"
#include "transfer/internal/renaming.h"
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

struct Renamed {
  std::uint64_t count = 0;
  std::vector<Failure> failures{};
};

/// Leaves those in the placement that have to be copied.
Renamed rename_what_can_be(Placement& placement, const Limits& limits) {
  Renamed renamed;
  std::vector<PlacedCopy> others;
  for (PlacedCopy& copy : placement.copies) {
    auto done = rename_placed(copy, limits);
    if (!done) {
      renamed.failures.push_back({.name = copy.source.shown(), .error = std::move(done).error()});
    } else if (*done) {
      ++renamed.count;
    } else {
      others.push_back(std::move(copy));
    }
  }
  placement.copies = std::move(others);
  return renamed;
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
  Placement placement = TRY(place_copies(sources, destination, moving.placement, limits));
  const Renamed renamed = rename_what_can_be(placement, limits);
  CopyReport report = TRY(copy_placed(std::move(placement), moving, progress, limits));
  report.renamed = renamed.count;
  std::ranges::copy(renamed.failures, std::back_inserter(report.failures));
  // What stays keeps its directory.
  if (report.failures.empty()) departure.remove_directories(options.threads, report.failures);
  TRY(limits.check(system_clock(), "the move"));
  return report;
}

}  // namespace aloft::transfer
