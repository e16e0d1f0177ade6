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
  /// All arguments outlive it.
  SyncPlan(const Located& source, const Located& target, const SyncOptions& options)
      : source_(source), target_(target), options_(options) {}

  /// Reads the names at the destination; `failed` as in Visitor.
  Result<void> read_target(const std::function<void(std::string, Error)>& failed,
                           const Limits& limits);

  /// `paths`, below the places compared, hold other content: from now on that decides instead of
  /// size and time.
  void set_differing(std::set<std::string> paths) { differing_ = std::move(paths); }

  /// `entry` is one of the source: the place itself, or what a walk finds, in its order.
  Step step_for(const Entry& entry);

  /// Paths, below the places, of the entries that were a conflict themselves.
  const std::set<std::string, std::less<>>& conflicts() const { return conflicts_; }
  /// Whether `path`, below the places, is one of them or below one.
  bool is_in_conflict(std::string_view path) const;

  /// What is at the destination and should not be, as far as it has a name of its own (a directory
  /// that is only implied goes with what is in it): each behind what is in it. Meaningful once all
  /// of the source has been seen.
  std::vector<Entry> surplus() const;

  /// What is at the destination, as the listing said; it must be there.
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

  Step compare(const Entry& entry, std::string_view path, const Present& present) const;
  bool is_same_content(const Entry& entry, std::string_view path, const Present& present) const;
  bool has_same_attributes(const FileAttributes& wanted, const FileAttributes& there) const;
  Entry entry_of(std::string_view path, const Present& present) const;

  const Located& source_;
  const Located& target_;
  const SyncOptions& options_;
  std::optional<std::set<std::string>> differing_;
  std::map<std::string, Present, std::less<>> present_;
  std::map<std::string, Entry, std::less<>> second_markers_;  // By the directory's path.
  std::set<std::string, std::less<>> conflicts_;
};

}  // namespace aloft::transfer
