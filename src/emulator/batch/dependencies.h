// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/batch/task_table.h"

namespace aloft::emulator::batch {

/// Numbers from `start` to `end`, both included.
struct IdRange {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

/// What a task depends on: all of it.
struct Wants {
  std::vector<std::string> ids{};
  std::vector<IdRange> ranges{};
};

/// A set of numbers as the ranges that it is made of.
class NumberSet {
 public:
  void insert(std::int64_t number);
  void erase(std::int64_t number);
  /// The largest number of the range that is not in the set.
  std::optional<std::int64_t> last_missing(IdRange range) const;

 private:
  std::map<std::int64_t, std::int64_t> ends_;  // By start; ranges neither touch nor overlap.
};

/// The integer that an id is, as ranges of ids understand it: "4" and "04" are both 4. Nothing for
/// other ids.
std::optional<std::int64_t> number_of_id(std::string_view id);

/// Which tasks of a job wait for which others. Each waiting task watches one id that it lacks; only
/// when that is satisfied it looks for the next, beginning with the last of a range: tasks end
/// about in the order of their ids, so a task that waits for a thousand others is looked at a few
/// times only.
class Dependencies {
 public:
  /// `tasks` outlives it: ids that are not numbers are satisfied where their task says so.
  explicit Dependencies(const TaskTable& tasks) : tasks_(tasks) {}

  /// Whether `task` has to wait; if so, satisfy() will name it once.
  bool add(std::uint32_t task, Wants wants);
  /// The task with this id is completed and satisfies. Returns the tasks that wait no more.
  std::vector<std::uint32_t> satisfy(std::string_view id);
  /// The task with this id is there no more, or has become active again.
  void retract(std::string_view id);
  /// This task waits no more, because it ended without having run.
  void remove(std::uint32_t task) { wants_.erase(task); }

 private:
  /// False where nothing is missing any more.
  bool watch_next(std::uint32_t task, const Wants& wants);
  void wake(std::vector<std::uint32_t> watchers, std::vector<std::uint32_t>& ready);

  const TaskTable& tasks_;
  NumberSet satisfied_;
  std::unordered_map<std::uint32_t, Wants> wants_;
  std::unordered_map<std::int64_t, std::vector<std::uint32_t>> watchers_by_number_;
  std::unordered_map<std::string, std::vector<std::uint32_t>, IdHash, IdEqual> watchers_by_id_;
};

}  // namespace aloft::emulator::batch
