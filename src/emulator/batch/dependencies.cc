// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/dependencies.h"

#include <charconv>

namespace aloft::emulator::batch {

void NumberSet::insert(std::int64_t number) {
  auto after = ends_.upper_bound(number);
  std::int64_t start = number;
  if (after != ends_.begin()) {
    const auto before = std::prev(after);
    if (before->second >= number) return;
    if (before->second == number - 1) {
      start = before->first;
      ends_.erase(before);
    }
  }
  std::int64_t end = number;
  if (after != ends_.end() && after->first == number + 1) {
    end = after->second;
    ends_.erase(after);
  }
  ends_.emplace(start, end);
}

void NumberSet::erase(std::int64_t number) {
  const auto after = ends_.upper_bound(number);
  if (after == ends_.begin()) return;
  const auto [start, end] = *std::prev(after);
  if (end < number) return;
  ends_.erase(std::prev(after));
  if (start < number) ends_.emplace(start, number - 1);
  if (end > number) ends_.emplace(number + 1, end);
}

std::optional<std::int64_t> NumberSet::last_missing(IdRange range) const {
  if (range.end < range.start) return std::nullopt;
  const auto after = ends_.upper_bound(range.end);
  if (after == ends_.begin()) return range.end;
  const auto& [start, end] = *std::prev(after);
  if (end < range.end) return range.end;
  if (start <= range.start) return std::nullopt;
  return start - 1;
}

std::optional<std::int64_t> number_of_id(std::string_view id) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size() || id.starts_with('-')) {
    return std::nullopt;
  }
  return number;
}

bool Dependencies::add(std::uint32_t task, Wants wants) {
  if (!watch_next(task, wants)) return false;
  wants_.emplace(task, std::move(wants));
  return true;
}

bool Dependencies::watch_next(std::uint32_t task, const Wants& wants) {
  for (const IdRange& range : wants.ranges) {
    if (const auto missing = satisfied_.last_missing(range)) {
      watchers_by_number_[*missing].push_back(task);
      return true;
    }
  }
  for (const std::string& id : wants.ids) {
    const Task* parent = tasks_.find(id);
    if (parent == nullptr || !parent->satisfies) {
      watchers_by_id_[id].push_back(task);
      return true;
    }
  }
  return false;
}

void Dependencies::wake(std::vector<std::uint32_t> watchers, std::vector<std::uint32_t>& ready) {
  for (const std::uint32_t task : watchers) {
    const auto wants = wants_.find(task);
    if (wants == wants_.end() || watch_next(task, wants->second)) continue;
    wants_.erase(wants);
    ready.push_back(task);
  }
}

std::vector<std::uint32_t> Dependencies::satisfy(std::string_view id) {
  std::vector<std::uint32_t> ready;
  if (const auto number = number_of_id(id)) {
    satisfied_.insert(*number);
    auto watchers = watchers_by_number_.extract(*number);
    if (watchers) wake(std::move(watchers.mapped()), ready);
  }
  if (const auto found = watchers_by_id_.find(id); found != watchers_by_id_.end()) {
    auto watchers = std::move(found->second);
    watchers_by_id_.erase(found);
    wake(std::move(watchers), ready);
  }
  return ready;
}

void Dependencies::retract(std::string_view id) {
  if (const auto number = number_of_id(id)) satisfied_.erase(*number);
}

}  // namespace aloft::emulator::batch
