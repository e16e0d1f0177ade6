// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "object/object_store.h"
#include "workload/job.h"

namespace aloft::executor {

/// Makes a blob's content follow a growing local file: each commit() uploads what the file has
/// gained. The file is the truth: after a failed commit the next one carries everything.
///
/// Full blocks are staged once; the last, partial one is staged anew with each commit, so that a
/// log of any length stays within the limit of blocks. One thread at a time.
class BlobLog {
 public:
  struct Options {
    std::shared_ptr<ObjectStore> store{};
    std::string key{};
    std::string file{};  ///< That the task writes.
    workload::OpenMode mode = workload::OpenMode::truncate;
    Random* random = &system_random();
    std::uint64_t block_size_bytes = 4u << 20;
  };
  explicit BlobLog(Options options);

  /// Makes the blob (empty, or what is there for append), so that a wrong name or a missing right
  /// shows before the task starts.
  Result<void> open(const Limits& limits);
  /// Uploads what is new; no request if nothing is.
  Result<void> commit(const Limits& limits);
  std::string name() const;

 private:
  Result<void> take_over_content(const Limits& limits);
  Result<void> look_again(const Limits& limits);
  Result<void> commit_up_to(std::uint64_t size, int fd, const Limits& limits);
  Result<void> stage(BlockId id, std::string_view bytes, const Limits& limits);
  BlockId next_id();

  Options options_;
  std::string writer_;
  std::uint32_t next_index_ = 0;
  std::vector<BlockRef> blocks_;       // Whole blocks, and those that were there before.
  std::uint64_t staged_bytes_ = 0;     // Of the file, in whole blocks.
  std::uint64_t committed_bytes_ = 0;  // Of the file, in sight of readers.
  bool uncertain_ = false;             // A commit failed: perhaps it was carried out all the same.
};

}  // namespace aloft::executor
