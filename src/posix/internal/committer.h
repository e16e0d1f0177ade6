// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/random.h"
#include "posix/internal/commit_plan.h"
#include "posix/internal/file_content.h"
#include "posix/internal/stager.h"

namespace aloft::posix {

/// Where a file is in the store.
struct Place {
  std::shared_ptr<ObjectStore> store{};
  std::string key{};
};
/// "az://account/container/key", for messages.
std::string name_of(const Place& place);

/// Makes dirty content the content of its object, in one conditional request at the end: a small
/// file by a put, others by blocks, of which the untouched are named again. Safe from any thread.
class Committer {
 public:
  struct Options {
    std::uint64_t part_size_bytes = 0;  ///< Up to here a file is put whole.
    Clock* clock = &system_clock();
  };
  Committer(Random& random, Stager& stager, Options options)
      : random_(random), stager_(stager), options_(options) {}

  /// Sets the attributes that belong to this commit in the metadata of the base (empty for a new
  /// object); `written_at` is the time of the last write that no explicit mtime replaced.
  using SetAttributes =
      std::function<void(Metadata& metadata, std::optional<std::chrono::nanoseconds> written_at)>;

  /// Called by the holder of the file's turn. Returns what the store has now. If somebody changed
  /// attributes alone meanwhile, theirs and ours are merged; if the content, the file has failed
  /// for good (ESTALE). Other errors leave the content dirty: a later commit may succeed.
  Result<ObjectInfo> commit(const Place& place, FileContent& content,
                            const SetAttributes& set_attributes, const Limits& limits);

 private:
  struct Attempt;
  Result<void> try_commit(Attempt& attempt, const Limits& limits);
  Result<void> put(Attempt& attempt, const Limits& limits);
  Result<void> commit_blocks(Attempt& attempt, const Limits& limits);
  Result<std::vector<StagedExtent>> stage_parts(Attempt& attempt, std::size_t id_length,
                                                const Limits& limits);
  Result<void> stage_planned(Attempt& attempt, std::vector<PlannedBlock>& plan,
                             std::size_t id_length, const Limits& limits);
  Result<void> stage_from_base(const Attempt& attempt, const SourceRef& source,
                               const PlannedBlock& block, const Limits& limits);
  /// After a failed condition: whether to try again; the commit was ours; or an error.
  enum class Next { again, done };
  Result<Next> resolve(Attempt& attempt, Error condition_error, const Limits& limits);

  Random& random_;
  Stager& stager_;
  const Options options_;
};

}  // namespace aloft::posix
