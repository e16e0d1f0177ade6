// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/inode_table.h"

#include <fmt/format.h>

#include <cerrno>

namespace aloft::posix {
namespace {

/// FNV-1a with a final mix: the same name gives the same number.
InodeId hash(InodeId parent, std::string_view name) {
  std::uint64_t value = 0xcbf29ce484222325ull ^ parent;
  for (const char c : name) value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ull;
  value ^= value >> 32;
  value *= 0x9e3779b97f4a7c15ull;
  return value ^ value >> 29;
}

}  // namespace

InodeTable::InodeTable(NodePointer root) {
  root->id = kRootInode;
  // The root is never forgotten.
  state_.lock()->slots.emplace(kRootInode, Slot{std::move(root), 1});
}

Result<NodePointer> InodeTable::find(InodeId id) {
  auto state = state_.lock();
  const auto found = state->slots.find(id);
  if (found != state->slots.end()) return found->second.node;
  return fail(os_error(ESTALE, fmt::format("inode {} is not known any more", id)));
}

NodePointer InodeTable::find(InodeId parent, std::string_view name) {
  auto state = state_.lock();
  const auto found = state->by_name.find(Name(parent, name));
  return found == state->by_name.end() ? nullptr : state->slots.at(found->second).node;
}

InodeId InodeTable::choose_id(const State& state, const Name& name) {
  const auto renamed = state.renamed.find(name);
  if (renamed != state.renamed.end()) return renamed->second;
  InodeId id = hash(name.first, name.second);
  while (id <= kRootInode || state.slots.contains(id) || state.renamed_ids.contains(id)) ++id;
  return id;
}

NodePointer InodeTable::refer(InodeId parent, std::string_view name,
                              const std::function<NodePointer()>& make) {
  auto state = state_.lock();
  const Name key(parent, name);
  const auto found = state->by_name.find(key);
  if (found != state->by_name.end()) {
    Slot& slot = state->slots.at(found->second);
    ++slot.references;
    return slot.node;
  }
  NodePointer node = make();
  insert(*state, key, node);
  return node;
}

NodePointer InodeTable::refer_present(InodeId parent, std::string_view name) {
  auto state = state_.lock();
  const auto found = state->by_name.find(Name(parent, name));
  if (found == state->by_name.end()) return nullptr;
  Slot& slot = state->slots.at(found->second);
  ++slot.references;
  return slot.node;
}

NodePointer InodeTable::add(InodeId parent, std::string_view name, const NodePointer& replaced,
                            const std::function<NodePointer()>& make) {
  auto state = state_.lock();
  const Name key(parent, name);
  const auto found = state->by_name.find(key);
  // That `replaced` was forgotten meanwhile is as good.
  if (found != state->by_name.end() && state->slots.at(found->second).node != replaced) {
    return nullptr;
  }
  NodePointer node = make();
  if (node == nullptr) return nullptr;
  if (found != state->by_name.end()) erase(*state, key);
  insert(*state, key, node);
  return node;
}

void InodeTable::insert(State& state, const Name& name, const NodePointer& node) {
  node->id = choose_id(state, name);
  {
    auto inside = node->state.lock();
    inside->parent = name.first;
    inside->name = name.second;
  }
  state.by_name.emplace(name, node->id);
  state.slots.emplace(node->id, Slot{node, 1});
}

void InodeTable::reference(InodeId id) {
  auto state = state_.lock();
  const auto found = state->slots.find(id);
  if (found != state->slots.end()) ++found->second.references;
}

void InodeTable::forget(InodeId id, std::uint64_t count) {
  NodePointer last;  // Released outside the lock.
  auto state = state_.lock();
  const auto found = state->slots.find(id);
  if (found == state->slots.end() || id == kRootInode) return;
  found->second.references -= std::min(count, found->second.references);
  if (found->second.references > 0) return;
  last = std::move(found->second.node);
  state->slots.erase(found);
  const auto inside = last->state.lock();
  const auto name = state->by_name.find(Name(inside->parent, inside->name));
  if (name != state->by_name.end() && name->second == id) state->by_name.erase(name);
}

void InodeTable::unlink(InodeId parent, std::string_view name) {
  auto state = state_.lock();
  erase(*state, Name(parent, name));
}

void InodeTable::unlink(InodeId parent, std::string_view name, const Node& node) {
  auto state = state_.lock();
  const Name key(parent, name);
  const auto found = state->by_name.find(key);
  if (found != state->by_name.end() && found->second == node.id) erase(*state, key);
}

void InodeTable::erase(State& state, const Name& name) {
  state.by_name.erase(name);
  const auto renamed = state.renamed.find(name);
  if (renamed == state.renamed.end()) return;
  state.renamed_ids.erase(renamed->second);
  state.renamed.erase(renamed);
}

void InodeTable::rename(InodeId parent, std::string_view name, InodeId new_parent,
                        std::string_view new_name) {
  auto state = state_.lock();
  const Name from(parent, name);
  const Name to(new_parent, new_name);
  const auto replaced = state->renamed.find(to);
  if (replaced != state->renamed.end()) {
    state->renamed_ids.erase(replaced->second);
    state->renamed.erase(replaced);
  }
  state->by_name.erase(to);
  const auto found = state->by_name.find(from);
  if (found == state->by_name.end()) return;
  const InodeId id = found->second;
  state->by_name.erase(found);
  state->renamed.erase(from);
  state->by_name.emplace(to, id);
  state->renamed.insert_or_assign(to, id);
  state->renamed_ids.insert(id);
  auto inside = state->slots.at(id).node->state.lock();
  inside->parent = new_parent;
  inside->name = new_name;
}

std::vector<NodePointer> InodeTable::all() {
  auto state = state_.lock();
  std::vector<NodePointer> nodes;
  nodes.reserve(state->slots.size());
  for (const auto& [id, slot] : state->slots) nodes.push_back(slot.node);
  return nodes;
}

}  // namespace aloft::posix
