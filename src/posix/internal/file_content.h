// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/limits.h"
#include "base/result.h"
#include "object/object_store.h"
#include "posix/internal/block_cache.h"
#include "posix/internal/interval_set.h"
#include "posix/internal/part_layout.h"

namespace aloft::posix {

/// The version in the store that the dirty data of a file lie upon.
struct Base {
  std::optional<ObjectInfo> info{};  ///< Empty: the store has none yet.
  ContentId content = 0;             ///< In the block cache.
  /// Its committed blocks where they are known; empty for an object that was put.
  std::optional<std::vector<BlockInfo>> blocks{};
  /// What the ids of further blocks must be long; empty: not looked at.
  std::optional<std::size_t> block_id_length{};
  /// When the store was known to have it: what was learnt earlier is older.
  Clock::time_point known_at{};

  std::uint64_t size_bytes() const { return info ? info->size_bytes : 0; }
};

/// Written bytes of one part of a file, not yet committed.
struct DirtyPart {
  enum class Stage { memory, staging, staged };
  Interval range;                   ///< The part; `bytes` begin at range.begin.
  std::shared_ptr<Buffer> bytes{};  ///< Null: staged, and dropped for want of memory.
  IntervalSet valid{};              ///< What was written of it.
  std::uint64_t generation = 0;     ///< Changes with each write.
  Stage stage = Stage::memory;
  BlockId block_id{};  ///< If staged: holds the hull of `valid`, its holes filled from the base.
};

/// What a commit makes the content: a state of a FileContent at one moment.
struct ContentSnapshot {
  Base base;
  std::uint64_t base_limit = 0;  ///< Bytes of the base behind it are gone: they read as zeros.
  std::uint64_t size_bytes = 0;
  std::uint64_t changes = 0;
  std::optional<std::chrono::nanoseconds> written_at{};
  std::vector<DirtyPart> parts{};  ///< In order; none is `staging`.
};

/// The content of one open file: the base and what was written upon it, shared by all its handles.
/// Keeps state only: requests are made by Reader, Stager and Committer. Safe from any thread.
///
/// Invariants: bytes of a file are those of the dirty parts; where these are not valid, those of
/// the base below base_limit; zeros elsewhere. Bytes in `staging` and in snapshots are never
/// changed in place: a write makes a copy. What the store holds staged (and memory no longer does)
/// is never written over or cut: then a commit comes first (Outcome::needs_commit).
class FileContent {
 public:
  FileContent(Base base, PartLayout layout, BlockCache& cache, MemoryBudget& budget);

  enum class Outcome { done, needs_commit, needs_room };

  std::uint64_t size_bytes();
  bool is_dirty();
  /// Time of the last write that no commit carries yet.
  std::optional<std::chrono::nanoseconds> written_at();
  /// An explicit time replaces that of the writes so far.
  void forget_written_at();
  Base base();
  /// Counts adoptions of content that somebody else wrote.
  std::uint64_t lineage();

  /// One piece, within one part. `filled_part`: this write completed it, so it can be staged.
  struct Written {
    Outcome outcome = Outcome::done;
    bool filled_part = false;
    std::uint64_t part_begin = 0;
    std::uint64_t offset = 0;  ///< Where it was written (`append` decides here).
    std::size_t size_bytes = 0;
  };
  Result<Written> write(std::optional<std::uint64_t> offset, std::span<const std::byte> bytes,
                        std::chrono::nanoseconds now);
  /// Only by the holder of the file's turn.
  Result<Outcome> resize(std::uint64_t size_bytes, std::chrono::nanoseconds now);

  /// What a read is made of.
  struct ReadPlan {
    Outcome outcome = Outcome::done;  ///< done or needs_commit.
    std::size_t size_bytes = 0;       ///< Less than asked only at the end of the file.
    Base base{};                      ///< To read `from_base` of.
    std::uint64_t lineage = 0;
    std::vector<Interval> from_base{};
  };
  /// Fills what memory and zeros give and says what the base must.
  Result<ReadPlan> begin_read(std::uint64_t offset, std::span<std::byte> out);

  // Staging ---------------------------------------------------------------------------------------
  /// What staging of a part needs; empty if there is nothing to do or staging is held.
  struct StagingJob {
    DirtyPart part;
    Base base;
    std::uint64_t base_limit = 0;
  };
  std::optional<StagingJob> begin_staging(std::uint64_t part_begin);
  void finish_staging(const DirtyPart& part, Result<BlockId> block_id);
  /// Beginnings of the parts that could be staged; completely written ones, or any.
  std::vector<std::uint64_t> stageable_parts(bool complete_only);
  /// Gives up the memory of parts that the store holds staged; returns how much.
  std::uint64_t drop_staged_bytes();
  /// The error of the last staging in the background, once.
  std::optional<Error> take_staging_error();

  /// While held no staging starts; hold_staging() returns when none is under way.
  Result<void> hold_staging(const Limits& limits);
  void let_staging_go_on();

  // Committing (by the holder of the turn, with staging held)
  // ---------------------------------------
  Result<ContentSnapshot> snapshot();
  /// The version under which the store is about to be given the state of `changes`.
  void note_attempt(std::string version, std::uint64_t changes);
  /// The state that an earlier attempt gave the store under this version, though it seemed to fail.
  std::optional<std::uint64_t> attempted(std::string_view version);
  /// An earlier state of this content is in the store: what is dirty lies upon that now.
  void rebase(const ObjectInfo& info, Clock::time_point known_at);
  /// The store now has the snapshot as `base`.
  void committed(const ContentSnapshot& snapshot, Base base);
  /// The content `seen` (ignored if it is another by now) has another etag or metadata.
  void adopt_attributes(ContentId seen, const ObjectInfo& info, Clock::time_point known_at);
  /// Other content instead of `seen`; false if something is dirty.
  bool adopt_content(ContentId seen, const ObjectInfo& info, Clock::time_point known_at);
  /// What a look at the blocks of `seen` told; ignored if the base is another by now.
  void learn_blocks(const Base& seen, std::size_t id_length,
                    const std::optional<std::vector<BlockInfo>>& blocks);
  /// The store lost what it held staged: it is staged again from memory. False if some of it is not
  /// in memory any more.
  bool forget_staged();
  /// Nothing can prove this content complete any more: all later calls return this error.
  void fail_for_good(Error error);
  /// That error, if there is one.
  Result<void> status();
  /// Nobody will ask for the dirty data again.
  void discard();

 private:
  struct State {
    Base base;
    std::uint64_t base_limit = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t changes = 0;
    std::uint64_t committed_changes = 0;
    std::uint64_t lineage = 1;
    std::optional<std::chrono::nanoseconds> written_at;
    std::map<std::uint64_t, DirtyPart> parts;  // By beginning.
    unsigned staging = 0;
    unsigned staging_holds = 0;
    std::vector<std::pair<std::string, std::uint64_t>> attempts;  // Since the last success.
    std::optional<Error> staging_error;
    std::optional<Error> failed;
  };
  bool make_writable(DirtyPart& part, std::uint64_t end);
  static Result<void> check(const State& state);

  const PartLayout layout_;
  BlockCache& cache_;
  MemoryBudget& budget_;
  Guarded<State> state_;
  std::condition_variable_any changed_;
};

}  // namespace aloft::posix
