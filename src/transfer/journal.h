// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "transfer/new_file.h"

namespace aloft::transfer {

/// One large file of a copy, as the journal knows it.
struct JournalKey {
  std::string source;       ///< Unambiguous on this machine: an absolute path, or az://….
  std::string destination;  ///< Likewise.
  std::string version;      ///< Of the source: whatever changes when its content does.
  std::uint64_t part_size_bytes = 0;
};

/// What copies have done so far of large files, on this machine, so that one that was killed or
/// lost the network goes on where it was when the same copy is asked for again, files that it had
/// completed included. What is written survives kill -9; whoever uses it sees to power cuts (see
/// JournalKey::version).
///
/// Safe from many threads and processes at once: an entry is claimed by one of them, and free again
/// when that one ends, however it ends. Entries that nobody has claimed for a week (as long as the
/// service keeps staged blocks) are removed at the first claim, and partial files with them.
class Journal {
 public:
  /// `directory` is made when it is first needed, for this user alone.
  explicit Journal(std::string directory, Clock& clock = system_clock());
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  /// The right to go on with one entry. Used by many threads at once where no call says otherwise.
  /// The journal outlives it. Without forget() the entry stays for the next one.
  class Claim {
   public:
    Claim(Claim&& other) noexcept;
    Claim& operator=(Claim&&) = delete;
    ~Claim();

    /// What an earlier copy left: the name of its blocks, or of its partial file. Empty if nothing
    /// is there to go on with.
    const std::string& token() const { return token_; }
    const PartialFile& partial() const { return partial_; }
    const std::set<std::uint64_t>& finished_parts() const { return finished_; }
    /// What completed() was told, where the file is complete; else empty.
    const std::string& made() const { return made_; }

    /// Begins anew, for one thread before all others; `partial` is removed with the entry.
    Result<void> begin(std::string token, PartialFile partial = {});
    Result<void> part_finished(std::uint64_t part);
    /// The file is complete, and `made` tells what is at the destination from whatever takes its
    /// place; not empty. For one thread behind all others. Its parts are of no use any more.
    Result<void> completed(std::string made);
    /// Nothing is left to do, or the file cannot be gone on with. The partial file is the caller's
    /// to remove.
    Result<void> forget();

   private:
    friend class Journal;
    Claim(Journal& journal, std::int64_t id) : journal_(&journal), id_(id) {}

    Journal* journal_;
    std::int64_t id_;
    std::string token_;
    PartialFile partial_;
    std::set<std::uint64_t> finished_;
    std::string made_;
  };

  /// Nothing where another copy of the same file to the same place is under way. What an earlier
  /// one left of another version, or in parts of another size, is removed.
  Result<std::optional<Claim>> claim(const JournalKey& key);

 private:
  struct State;
  Result<void> open(State& state);
  Result<bool> take(State& state, const JournalKey& key, Claim& claim);
  Result<void> remove_aged(State& state);
  void release(std::int64_t id);

  const std::string directory_;
  Clock& clock_;
  std::unique_ptr<State> state_;
};

}  // namespace aloft::transfer
