// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/index.h"

#include <algorithm>

namespace aloft::emulator::blob {

/// Applies one change under the lock; what it replaces is kept in `garbage`, since freeing contents
/// may touch files and must wait until the lock is released.
struct Index::Applier {
  struct Garbage {
    std::vector<std::shared_ptr<const Blob>> blobs;
    std::vector<StagedBlocks> staged;
    std::vector<Block> blocks;
    std::optional<Entry> container;
  };
  State& state;
  Guarded<SharedProperties>& properties;
  Garbage& garbage;

  Entry* find(const ContainerRef& ref) {
    const auto found = state.containers.find(ref.name);
    if (found != state.containers.end() && found->second.container->id == ref.id) {
      return &found->second;
    }
    // A write that began before its container was deleted is part of what is kept.
    const auto deleted = state.deleted.find(ref.id);
    return deleted == state.deleted.end() ? nullptr : &deleted->second;
  }

  /// The container leaves the place where it is.
  Entry take(const ContainerRef& ref) {
    Entry entry;
    const auto found = state.containers.find(ref.name);
    if (found != state.containers.end() && found->second.container->id == ref.id) {
      entry = std::move(found->second);
      state.containers.erase(found);
    } else if (const auto deleted = state.deleted.find(ref.id); deleted != state.deleted.end()) {
      entry = std::move(deleted->second);
      state.deleted.erase(deleted);
    }
    return entry;
  }

  void drop_staged(Entry& entry, std::string_view blob) {
    const auto found = entry.staged.find(blob);
    if (found == entry.staged.end()) return;
    garbage.staged.push_back(std::move(found->second));
    entry.staged.erase(found);
  }

  /// Sets or, where `blob` is null, erases a place of `map`.
  void set(auto& map, const auto& key, const std::shared_ptr<const Blob>& blob) {
    if (blob) {
      garbage.blobs.push_back(std::exchange(map[key], blob));
    } else if (const auto found = map.find(key); found != map.end()) {
      garbage.blobs.push_back(std::move(found->second));
      map.erase(found);
    }
  }

  bool operator()(const PutContainer& change) {
    const Container& container = change.container;
    Entry entry = take({.id = container.id, .name = container.name});
    entry.container = std::make_shared<const Container>(container);
    if (container.deletion) {
      state.deleted[container.id] = std::move(entry);
    } else {
      state.containers[container.name] = std::move(entry);
    }
    return true;
  }

  bool operator()(const DropContainer& change) {
    if (find(change.container) == nullptr) return false;
    garbage.container = take(change.container);
    return true;
  }

  bool operator()(const ChangeBlob& change) {
    Entry* entry = find(change.container);
    if (entry == nullptr) return false;
    for (const BlobItem& item : change.items) {
      if (item.key == 0) {
        set(entry->blobs, change.name, item.blob);
        continue;
      }
      PastBlobs& past = entry->past[change.name];
      set(past, item.key, item.blob);
      if (past.empty()) entry->past.erase(change.name);
    }
    if (!change.keeps_staged) drop_staged(*entry, change.name);
    return true;
  }

  bool operator()(const ChangeBlobs& changes) {
    bool applied = true;
    for (const ChangeBlob& change : changes.changes) applied = (*this)(change) && applied;
    return applied;
  }

  /// Takes what is at the name and below it out of `map`.
  template <class Map>
  static std::vector<typename Map::node_type> extract_tree(Map& map, const std::string& name) {
    std::vector<typename Map::node_type> nodes;
    if (auto node = map.extract(name)) nodes.push_back(std::move(node));
    const std::string prefix = name + "/";
    for (auto at = map.lower_bound(prefix); at != map.end() && at->first.starts_with(prefix);) {
      nodes.push_back(map.extract(at++));
    }
    return nodes;
  }

  void drop_tree(Entry& entry, const std::string& name) {
    for (auto& node : extract_tree(entry.blobs, name)) {
      garbage.blobs.push_back(std::move(node.mapped()));
    }
    for (auto& node : extract_tree(entry.staged, name)) {
      garbage.staged.push_back(std::move(node.mapped()));
    }
  }

  bool operator()(const DropTree& change) {
    Entry* entry = find(change.container);
    if (entry == nullptr) return false;
    drop_tree(*entry, change.name);
    return true;
  }

  bool operator()(const RenameTree& change) {
    Entry* from = find(change.from);
    Entry* to = find(change.to);
    if (from == nullptr || to == nullptr) return false;
    // Blocks that are staged for names below it, of which there are none yet, stay.
    (*this)(ChangeBlob{.container = change.to, .name = change.destination, .items = {BlobItem{}}});
    const auto renamed = [&](const std::string& name) {
      return change.destination + name.substr(change.source.size());
    };
    for (auto& node : extract_tree(from->blobs, change.source)) {
      auto blob = std::make_shared<Blob>(*node.mapped());
      blob->name = renamed(node.key());
      node.key() = blob->name;
      garbage.blobs.push_back(std::exchange(node.mapped(), std::move(blob)));
      to->blobs.insert(std::move(node));
    }
    for (auto& node : extract_tree(from->staged, change.source)) {
      node.key() = renamed(node.key());
      drop_staged(*to, node.key());
      to->staged.insert(std::move(node));
    }
    return true;
  }

  bool operator()(const StageBlock& change) {
    Entry* entry = find(change.container);
    if (entry == nullptr) return false;
    StagedBlocks& staged = entry->staged[change.blob_name];
    staged.last_staged_at = std::max(staged.last_staged_at, change.staged_at);
    garbage.blocks.push_back(std::exchange(staged.blocks[change.block.id], change.block));
    return true;
  }

  bool operator()(const DropStaged& change) {
    Entry* entry = find(change.container);
    if (entry == nullptr) return false;
    drop_staged(*entry, change.blob_name);
    return true;
  }

  bool operator()(const PutServiceProperties& change) {
    *properties.lock() = change.properties;
    return true;
  }
};

bool Index::apply(const Change& change) {
  Applier::Garbage garbage;  // Outlives the lock.
  const auto state = state_.lock();
  return std::visit(Applier{*state, properties_, garbage}, change);
}

std::shared_ptr<const ServiceProperties> Index::service_properties() const {
  return *properties_.lock();
}

const Index::Entry* Index::State::find(std::string_view container) const {
  const auto found = containers.find(container);
  return found == containers.end() ? nullptr : &found->second;
}

std::shared_ptr<const Container> Index::find_container(std::string_view name) const {
  const auto state = state_.lock();
  const Entry* entry = state->find(name);
  return entry == nullptr ? nullptr : entry->container;
}

std::vector<std::shared_ptr<const Container>> Index::deleted_containers() const {
  std::vector<std::shared_ptr<const Container>> all;
  const auto state = state_.lock();
  for (const auto& [id, entry] : state->deleted) all.push_back(entry.container);
  return all;
}

BlobLookup Index::find_blob(std::string_view container, std::string_view name) const {
  const auto state = state_.lock();
  const Entry* entry = state->find(container);
  if (entry == nullptr) return {};
  const auto blob = entry->blobs.find(name);
  return {.container = entry->container,
          .blob = blob == entry->blobs.end() ? nullptr : blob->second};
}

BlobLookup Index::find_past_blob(std::string_view container, std::string_view name,
                                 Stamp key) const {
  const auto state = state_.lock();
  const Entry* entry = state->find(container);
  if (entry == nullptr) return {};
  BlobLookup found{.container = entry->container, .blob = nullptr};
  const auto past = entry->past.find(name);
  if (past == entry->past.end()) return found;
  const auto blob = past->second.find(key);
  if (blob != past->second.end()) found.blob = blob->second;
  return found;
}

PastBlobs Index::past_blobs(std::string_view container, std::string_view name) const {
  const auto state = state_.lock();
  const Entry* entry = state->find(container);
  if (entry == nullptr) return {};
  const auto past = entry->past.find(name);
  return past == entry->past.end() ? PastBlobs{} : past->second;
}

bool Index::has_children(std::string_view container, std::string_view directory) const {
  const std::string prefix = std::string(directory) + "/";
  const auto state = state_.lock();
  const Entry* entry = state->find(container);
  if (entry == nullptr) return false;
  const auto first = entry->blobs.lower_bound(prefix);
  return first != entry->blobs.end() && first->first.starts_with(prefix);
}

StagedSummary Index::staged_summary(std::string_view container, std::string_view blob) const {
  const auto state = state_.lock();
  const Entry* entry = state->find(container);
  if (entry == nullptr) return {};
  const auto staged = entry->staged.find(blob);
  if (staged == entry->staged.end()) return {};
  return {.count = staged->second.blocks.size(),
          .id_length = staged->second.blocks.begin()->first.size()};
}

StagedBlocks Index::staged(std::string_view container, std::string_view blob) const {
  const auto state = state_.lock();
  const Entry* entry = state->find(container);
  if (entry == nullptr) return {};
  const auto staged = entry->staged.find(blob);
  return staged == entry->staged.end() ? StagedBlocks{} : staged->second;
}

std::vector<std::shared_ptr<const Container>> Index::list_containers(std::string_view prefix,
                                                                     std::string_view from,
                                                                     std::size_t count_max) const {
  std::vector<std::shared_ptr<const Container>> page;
  const auto state = state_.lock();
  for (auto at = state->containers.lower_bound(std::max(prefix, from));
       at != state->containers.end() && at->first.starts_with(prefix) && page.size() < count_max;
       ++at) {
    page.push_back(at->second.container);
  }
  return page;
}

std::vector<DropStaged> Index::staged_before(Seconds before) const {
  std::vector<DropStaged> expired;
  const auto state = state_.lock();
  for (const auto& [name, entry] : state->containers) {
    for (const auto& [blob, staged] : entry.staged) {
      if (staged.last_staged_at < before) {
        expired.push_back(
            {.container = {.id = entry.container->id, .name = name}, .blob_name = blob});
      }
    }
  }
  return expired;
}

Expired Index::expired(Seconds now) const {
  Expired expired;
  const auto is_over = [now](const auto& value) {
    return value.deletion && value.deletion->expires_at <= now;
  };
  const auto state = state_.lock();
  for (const auto& [id, entry] : state->deleted) {
    if (is_over(*entry.container)) {
      expired.containers.push_back({.id = id, .name = entry.container->name});
    }
  }
  for (const auto& [container, entry] : state->containers) {
    for (const auto& [name, past] : entry.past) {
      ChangeBlob change{.container = {.id = entry.container->id, .name = container},
                        .name = name,
                        .items = {},
                        .keeps_staged = true};
      for (const auto& [key, blob] : past) {
        if (is_over(*blob)) change.items.push_back({.key = key});
      }
      if (!change.items.empty()) expired.blobs.push_back(std::move(change));
    }
  }
  return expired;
}

}  // namespace aloft::emulator::blob
