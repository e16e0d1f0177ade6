// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "transfer/sync.h"

namespace aloft::transfer {

/// What is to be done for one entry of the source of a sync.
enum class Step {
  nothing,
  copy,
  attributes,  ///< The content is equal already.
  conflict,    ///< A directory stands where a file should go, or the other way round; or this entry
               ///< lies below such a place.
};

/// Compares a source with what is at the destination, entry by entry. Holds the names and
/// attributes at the destination in memory. For one thread.
class SyncPlan {
 public:
  /// `folds_case`: at the destination, names that differ by case alone are one, so an entry there
  /// counts as the first of the source that has its name, and keeps how it is spelled. All
  /// arguments outlive it.
  SyncPlan(const Located& source, const Located& target, const SyncOptions& options,
           bool folds_case)
      : source_(source), target_(target), options_(options), folds_case_(folds_case) {}

  /// Reads the names at the destination; `failed` as in Visitor.
  Result<void> read_target(const std::function<void(std::string, Error)>& failed,
                           const Limits& limits);

  /// `paths`, below the places compared, hold other content: from now on that decides instead of
  /// size and time.
  void set_differing(std::set<std::string> paths) { differing_ = std::move(paths); }

  /// `entry` is one of the source: the place itself, or what a walk finds, in its order.
  Step step_for(const Entry& entry, const Limits& limits);

  /// Paths, below the places, of the entries that were a conflict themselves.
  const std::set<std::string, std::less<>>& conflicts() const { return conflicts_; }
  /// Whether `path`, below the places, is one of them or below one.
  bool is_in_conflict(std::string_view path) const;

  /// Paths, below the places, that the disk finds though the listing has nothing of that name: it
  /// takes names for one that folded() tells apart. One of what seems surplus is this.
  const std::set<std::string>& unlisted() const { return unlisted_; }

  /// What is at the destination and should not be, as far as it has a name of its own (a directory
  /// that is only implied goes with what is in it): each behind what is in it. Meaningful once all
  /// of the source has been seen.
  std::vector<Entry> surplus() const;

  /// What is at the destination for `path`, as the listing said; it must be there.
  Entry present_entry(std::string_view path) const;

 private:
  // An Entry without what a comparison can spare.
  struct Present {
    FileAttributes attributes;
    std::uint64_t size_bytes = 0;
    std::optional<std::chrono::nanoseconds> last_modified{};
    std::string key{};  // Of the object, with the final "/" of a marker that has one.
    std::optional<Etag> etag{};
    bool meant = false;  // The source has it.
  };

  using Listing = std::map<std::string, Present, std::less<>>;
  Listing::const_iterator find(std::string_view path) const;
  Step compare(const Entry& entry, std::string_view path, Listing::const_iterator there) const;
  bool is_same_content(const Entry& entry, std::string_view path,
                       Listing::const_iterator there) const;
  bool has_same_attributes(const FileAttributes& wanted, const FileAttributes& there) const;
  Entry entry_of(std::string_view path, const Present& present) const;

  const Located& source_;
  const Located& target_;
  const SyncOptions& options_;
  const bool folds_case_;
  std::optional<std::set<std::string>> differing_;
  Listing present_;
  std::map<std::string, std::string> spellings_;  // By folded path; empty where case counts.
  std::set<std::string> unlisted_;
  std::map<std::string, Entry, std::less<>> second_markers_;  // By the directory's path.
  std::set<std::string, std::less<>> conflicts_;
};

}  // namespace aloft::transfer
