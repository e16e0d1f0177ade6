// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transfer/copy.h"

namespace aloft::transfer {

struct SyncOptions {
  CopyOptions copy{};  ///< `placement` and `wanted` mean nothing here.
  /// Remove at the destination what the source does not have.
  bool remove_surplus = false;
  /// Change nothing, only say in SyncReport::changes what would be done.
  bool dry_run = false;
  /// Files of equal size are compared byte by byte, not by their times.
  bool compare_contents = false;
};

struct SyncChange {
  enum class Kind { copy, attributes, remove };
  Kind kind;
  std::string path;  ///< Below the two places; ".": they themselves.
};

struct SyncReport {
  CopyReport copied{};           ///< All failures are in it.
  std::uint64_t unchanged = 0;   ///< Files and links.
  std::uint64_t attributes = 0;  ///< Entries whose attributes alone were brought up to date.
  std::uint64_t removed = 0;
  std::vector<SyncChange> changes{};  ///< Of a dry run.
};

/// Makes what is in the directory `target` equal to what is in the directory `source`; one of the
/// two is in a container. Names, kinds, contents and the attributes that a copy keeps count;
/// contents are taken for equal where size and mtime are (where one side has none stored, the
/// service's time counts, and the destination is up to date if it is not older).
///
/// Copies first. Then, with remove_surplus, what the source does not have is removed, and what
/// stands where something of another kind should go gives way; none of this if anything failed
/// before. What the selection leaves out is neither copied nor removed. Objects are only removed in
/// the version that was compared. Fails as copy() does; where it is interrupted, doing it again
/// completes it.
Result<SyncReport> sync(const Place& source, const Place& target, const SyncOptions& options,
                        Progress& progress, const Limits& limits);

}  // namespace aloft::transfer
