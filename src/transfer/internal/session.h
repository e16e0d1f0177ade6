// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "transfer/copy.h"
#include "transfer/work_pool.h"

namespace aloft::transfer {

/// How often a file that changed while it was copied is copied again.
inline constexpr int kAttemptsMax = 3;

/// What all tasks of one copy share. Outlives them.
class Session {
 public:
  Session(const CopyOptions& copy_options, Progress& copy_progress, const Limits& copy_limits)
      : options(copy_options),
        progress(copy_progress),
        limits(copy_limits),
        memory(copy_options.memory_bytes, copy_options.part_size_bytes),
        pool(copy_options.threads, copy_limits.stop) {}

  const CopyOptions& options;
  Progress& progress;
  const Limits& limits;
  MemoryBudget memory;
  Guarded<CopyReport> report{};
  Guarded<std::vector<std::shared_ptr<Journal::Claim>>> completed{};
  WorkPool pool;  // Last: its threads end before what they use.

  /// Keeps the failure for the report. An interruption is not one: the whole copy reports it.
  void failed(std::string name, Error error);
  /// The journal's entry for a file; null where there is none to be had: then it is copied without.
  std::shared_ptr<Journal::Claim> claim(const JournalKey& key);
  /// The file of `claim`, which may be null, is complete: the same copy, if this one is broken off,
  /// does not move it again.
  void keep_completed(std::shared_ptr<Journal::Claim> claim);
  /// The copy is at its end: unless something failed, the journal needs nothing of it any more.
  void forget_completed();
  /// What the journal could not do fails no copy; the report says so, once.
  void note(Result<void> journal_result);
  /// Counts a thing that is copied.
  void copied(FileKind kind, std::uint64_t size_bytes);
};

/// The error of a file that did not hold still.
Error kept_changing(const std::string& shown);

}  // namespace aloft::transfer
