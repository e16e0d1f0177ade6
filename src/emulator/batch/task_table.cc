// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/task_table.h"

#include "base/error.h"

namespace aloft::emulator::batch {

std::size_t IdHash::operator()(std::string_view id) const {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a.
  for (const char c : id) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    hash = (hash ^ static_cast<unsigned char>(lower)) * 0x100000001b3;
  }
  return hash;
}

Task* TaskTable::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : at(found->second);
}

Task& TaskTable::add(std::unique_ptr<Task> task) {
  CHECK(task->number >= by_number_.size());
  CHECK(by_id_.emplace(task->id, task->number).second);
  by_number_.resize(task->number);
  by_number_.push_back(std::move(task));
  return *by_number_.back();
}

void TaskTable::remove(std::uint32_t number) {
  CHECK(at(number) != nullptr);
  by_id_.erase(at(number)->id);
  by_number_[number].reset();
}

}  // namespace aloft::emulator::batch
