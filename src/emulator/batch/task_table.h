// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/batch/task.h"
#include "http/message.h"

namespace aloft::emulator::batch {

/// Ids differ by more than the case of their letters.
struct IdHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view id) const;
};
struct IdEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return http::equal_ignoring_case(a, b);
  }
};

/// The tasks of a job, by number and by id. Tasks stay where they are until they are removed.
class TaskTable {
 public:
  std::size_t size() const { return by_id_.size(); }
  /// Numbers below it are, or were, of tasks.
  std::uint32_t next_number() const { return static_cast<std::uint32_t>(by_number_.size()); }

  Task* find(std::string_view id) const;
  /// Null where the task was removed.
  Task* at(std::uint32_t number) const {
    return number < by_number_.size() ? by_number_[number].get() : nullptr;
  }
  /// Its id is new. Its number is the next one, or (when loading) a later one.
  Task& add(std::unique_ptr<Task> task);
  void remove(std::uint32_t number);

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& task : by_number_) {
      if (task) visit(*task);
    }
  }

 private:
  std::vector<std::unique_ptr<Task>> by_number_;
  std::unordered_map<std::string_view, std::uint32_t, IdHash, IdEqual> by_id_;
};

}  // namespace aloft::emulator::batch
