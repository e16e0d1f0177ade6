// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "format/listing.h"

namespace aloft::posix {

/// What is known of the names in one directory: the last listing, names looked up one by one,
/// present or absent, and files made here that the store does not have yet. Own changes are there
/// at once, also in a listing that was under way when they happened. Safe from any thread.
class DirectoryCache {
 public:
  using Listing = std::map<std::string, format::ListedEntry, std::less<>>;

  enum class Answer { unknown, absent, present };
  struct Found {
    Answer answer = Answer::unknown;
    format::ListedEntry entry{};
    Clock::time_point asked_at{};  ///< When the store said so.
  };
  /// What is known and not older than `ttl`.
  Found find(std::string_view name, Clock::time_point now, std::chrono::nanoseconds ttl);

  /// Handed out before a request, given back with its answer: own changes in between win.
  struct Ticket {
    std::uint64_t changes = 0;
    Clock::time_point asked_at{};
  };
  Ticket begin(Clock::time_point now);
  void learn(const Ticket& ticket, const std::string& name,
             std::optional<format::ListedEntry> entry);
  void learn_all(const Ticket& ticket, Listing listing);

  /// Own changes: the name leads to `entry` now, or to nothing.
  void put(const std::string& name, format::ListedEntry entry, Clock::time_point now);
  void remove(const std::string& name, Clock::time_point now);
  /// Somebody else changed something: ask again.
  void forget(const std::string& name);
  void forget_all();

  /// The listing if it is not older than `ttl`, and when the store gave it: own changes since are
  /// in it, but an entry is never younger than it claims.
  struct Listed {
    Listing listing;
    Clock::time_point asked_at{};
  };
  std::optional<Listed> listing(Clock::time_point now, std::chrono::nanoseconds ttl);

  /// Names of files that were made here and that the store does not have yet. False, and nothing
  /// done, if the name changed here since the ticket: whoever found it absent must look again.
  [[nodiscard]] bool claim(const Ticket& ticket, const std::string& name);
  void remove_uncommitted(const std::string& name);
  std::set<std::string, std::less<>> uncommitted();

 private:
  struct Single {
    Clock::time_point asked_at;
    std::optional<format::ListedEntry> entry;
  };
  struct State {
    std::optional<Listing> listing;
    Clock::time_point listed_at{};
    std::map<std::string, Single, std::less<>> singles;
    std::set<std::string, std::less<>> uncommitted;
    std::uint64_t changes = 0;
    std::map<std::string, std::uint64_t, std::less<>> changed;  // Recent own changes…
    std::uint64_t changed_from = 0;                             // …all since this one.
  };
  static bool changed_since(const State& state, const Ticket& ticket, std::string_view name);
  static void note_change(State& state, const std::string& name);

  Guarded<State> state_;
};

}  // namespace aloft::posix
