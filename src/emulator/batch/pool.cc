// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/pool.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/name_table.h"
#include "http/message.h"

namespace aloft::emulator::batch {

namespace {

/// Families of 2026; Batch takes none of the others.
constexpr std::array<std::string_view, 26> kFamilies{
    "A",  "B",  "D",  "DC", "DS", "E",  "EB", "EC", "F",  "FX", "G",  "GS", "H",
    "HB", "HC", "HX", "L",  "M",  "NC", "ND", "NG", "NM", "NP", "NV", "PB", "LS"};

template <class Is>
std::string_view take_while(std::string_view& text, Is is) {
  std::size_t length = 0;
  while (length < text.size() && is(text[length])) ++length;
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length);
  return taken;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_letter_or_digit(char c) {
  return is_capital(c) || (c >= 'a' && c <= 'z') || is_digit(c);
}

}  // namespace

std::string_view name_of(PoolState state) {
  return state == PoolState::active ? "active" : "deleting";
}

std::string_view name_of(AllocationState state) {
  static constexpr NameTable<AllocationState, 3> kNames{{{AllocationState::steady, "steady"},
                                                         {AllocationState::resizing, "resizing"},
                                                         {AllocationState::stopping, "stopping"}}};
  return name_in(kNames, state);
}

std::string_view name_of(NodeState state) {
  static constexpr NameTable<NodeState, 13> kNames{
      {{NodeState::idle, "idle"},
       {NodeState::rebooting, "rebooting"},
       {NodeState::reimaging, "reimaging"},
       {NodeState::running, "running"},
       {NodeState::unusable, "unusable"},
       {NodeState::creating, "creating"},
       {NodeState::starting, "starting"},
       {NodeState::waiting_for_start_task, "waitingforstarttask"},
       {NodeState::start_task_failed, "starttaskfailed"},
       {NodeState::unknown, "unknown"},
       {NodeState::leaving_pool, "leavingpool"},
       {NodeState::offline, "offline"},
       {NodeState::preempted, "preempted"}}};
  return name_in(kNames, state);
}

NodeOption parse_node_option(std::string_view name) {
  static constexpr NameTable<NodeOption, 4> kNames{{{NodeOption::requeue, "requeue"},
                                                    {NodeOption::terminate, "terminate"},
                                                    {NodeOption::task_completion, "taskcompletion"},
                                                    {NodeOption::retained_data, "retaineddata"}}};
  return value_in(kNames, name).value_or(NodeOption::requeue);
}

std::int64_t Pool::count(bool dedicated) const {
  return std::ranges::count_if(nodes, [&](const auto& node) {
    return node.second->is_dedicated == dedicated && !node.second->is_lost;
  });
}

PoolNode* Pool::find(std::string_view node) const {
  const auto found = nodes.find(std::string(node));
  return found == nodes.end() ? nullptr : found->second.get();
}

std::optional<int> cores_of_vm_size(std::string_view name) {
  constexpr std::string_view kTier = "standard_";
  if (!http::equal_ignoring_case(name.substr(0, kTier.size()), kTier)) return std::nullopt;
  name.remove_prefix(kTier.size());
  const std::string_view family = take_while(name, is_capital);
  if (std::ranges::find(kFamilies, family) == kFamilies.end()) return std::nullopt;
  const std::string_view digits = take_while(name, is_digit);
  int cores = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), cores);
  if (cores <= 0) return std::nullopt;
  if (name.starts_with('-')) {  // Of so many cores, fewer are for use: "E8-4s_v5".
    name.remove_prefix(1);
    const std::string_view fewer = take_while(name, is_digit);
    if (fewer.empty()) return std::nullopt;
    std::from_chars(fewer.data(), fewer.data() + fewer.size(), cores);
  }
  take_while(name, is_letter_or_digit);
  while (name.starts_with('_')) {
    name.remove_prefix(1);
    if (take_while(name, is_letter_or_digit).empty()) return std::nullopt;
  }
  return name.empty() ? std::optional(cores) : std::nullopt;
}

}  // namespace aloft::emulator::batch
