// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/byte_size.h"
#include "base/limits.h"
#include "transfer/journal.h"
#include "transfer/memory_budget.h"
#include "transfer/new_file.h"
#include "transfer/placement.h"
#include "transfer/progress.h"
#include "transfer/selection.h"
#include "transfer/unfinished_directories.h"

namespace aloft::transfer {

struct CopyOptions {
  PlacementOptions placement{};
  RestoreOptions restore{};
  /// Of each source; rules see paths below it, or the name of a source that is no directory.
  Selection selection{};
  /// Asked about each entry that would be copied, on the walking thread, directories before what is
  /// in them (which is asked about all the same); null: all are wanted.
  std::function<bool(const Entry& source)> wanted{};
  /// Called when the service has copied an object, on any thread. With precondition_failed the
  /// object is copied again, as one that changed; another error is that of its copy.
  std::function<Result<void>(const std::shared_ptr<ObjectTree>& tree, const Entry& source)>
      after_server_copy{};
  std::size_t threads = 64;
  std::uint64_t memory_bytes = default_memory_bytes();
  /// Size of a staged block; larger for a file that would need more blocks than the service takes.
  /// Of a ranged read to disk: 2 MiB at most.
  std::uint64_t part_size_bytes = 8_MiB;
  /// Uploads record the MD5 of the content, for which large files are read twice; downloads fail
  /// with corrupt where the content is not that of the MD5 that is recorded.
  bool md5 = false;
  /// Where it notes which parts of large files are done, to go on after an interruption; null: each
  /// copy begins anew. Outlives the copy.
  Journal* journal = nullptr;
  /// Takes the directories on disk, for one of several copies to the same place: the caller
  /// restores their attributes behind the last one. Null: the copy does. Outlives the copy.
  UnfinishedDirectories* directories = nullptr;
};

struct CopyReport {
  std::uint64_t files = 0;  ///< With their content.
  std::uint64_t bytes = 0;
  std::uint64_t directories = 0;
  std::uint64_t symlinks = 0;
  /// Of these files, the names that lead to a file copied under another one (hard links).
  std::uint64_t hard_linked = 0;
  /// Files, and directories with all that is in them, that only got another name (move()).
  std::uint64_t renamed = 0;
  std::vector<Failure> failures{};
  /// Why an interrupted copy would begin anew: the journal could not be kept. Nothing else failed
  /// for that.
  std::optional<Error> journal_failure{};
};

/// Copies files and trees between this machine and containers, or between containers without the
/// bytes passing through here; places them as place_copies() says. Mode, owner, group, times,
/// symbolic links, empty directories and holes are kept (on disk as RestoreOptions say), and names
/// that are one file (hard links) are one at the destination, if the copy has several of them.
///
/// With a journal, large files, and parts of them, that an earlier copy to the same place brought
/// over are not moved again, unless that copy ended without a failure, as long as the source, and a
/// complete file on disk, are what they were.
///
/// What fails by itself is in the report, everything else is copied; the call as a whole fails if
/// nothing could begin, or with cancelled. Files on disk and objects appear whole or not at all. A
/// file that changes while it is copied is copied again, and fails if it keeps changing; so is a
/// large one whose staged blocks another writer's commit takes away.
Result<CopyReport> copy(std::span<const Place> sources, const Place& destination,
                        const CopyOptions& options, Progress& progress, const Limits& limits);

/// The same for what has its place already; CopyOptions::placement is ignored.
Result<CopyReport> copy_placed(Placement placement, const CopyOptions& options, Progress& progress,
                               const Limits& limits);

}  // namespace aloft::transfer
