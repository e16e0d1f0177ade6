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
    const auto found = state.find(ref.name);
    if (found == state.end() || found->second.container->id != ref.id) return nullptr;
    return &found->second;
  }

  void drop_staged(Entry& entry, std::string_view blob) {
    const auto found = entry.staged.find(blob);
    if (found == entry.staged.end()) return;
    garbage.staged.push_back(std::move(found->second));
    entry.staged.erase(found);
  }

  bool operator()(const PutContainer& change) {
    state[change.container.name].container = std::make_shared<const Container>(change.container);
    return true;
  }

  bool operator()(const DropContainer& change) {
    Entry* entry = find(change.container);
    if (entry == nullptr) return false;
    garbage.container = std::move(*entry);
    state.erase(state.find(change.container.name));
    return true;
  }

  bool operator()(const PutBlob& change) {
    Entry* entry = find(change.container);
    if (entry == nullptr) return false;
    auto& place = entry->blobs[change.blob->name];
    garbage.blobs.push_back(std::exchange(place, change.blob));
    if (!change.keeps_staged) drop_staged(*entry, change.blob->name);
    return true;
  }

  bool operator()(const DropBlob& change) {
    Entry* entry = find(change.container);
    if (entry == nullptr) return false;
    const auto found = entry->blobs.find(change.name);
    if (found != entry->blobs.end()) {
      garbage.blobs.push_back(std::move(found->second));
      entry->blobs.erase(found);
    }
    drop_staged(*entry, change.name);
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

std::shared_ptr<const Container> Index::find_container(std::string_view name) const {
  const auto state = state_.lock();
  const auto found = state->find(name);
  return found == state->end() ? nullptr : found->second.container;
}

BlobLookup Index::find_blob(std::string_view container, std::string_view name) const {
  const auto state = state_.lock();
  const auto found = state->find(container);
  if (found == state->end()) return {};
  const auto blob = found->second.blobs.find(name);
  return {.container = found->second.container,
          .blob = blob == found->second.blobs.end() ? nullptr : blob->second};
}

StagedSummary Index::staged_summary(std::string_view container, std::string_view blob) const {
  const auto state = state_.lock();
  const auto found = state->find(container);
  if (found == state->end()) return {};
  const auto staged = found->second.staged.find(blob);
  if (staged == found->second.staged.end()) return {};
  return {.count = staged->second.blocks.size(),
          .id_length = staged->second.blocks.begin()->first.size()};
}

StagedBlocks Index::staged(std::string_view container, std::string_view blob) const {
  const auto state = state_.lock();
  const auto found = state->find(container);
  if (found == state->end()) return {};
  const auto staged = found->second.staged.find(blob);
  return staged == found->second.staged.end() ? StagedBlocks{} : staged->second;
}

std::vector<std::shared_ptr<const Container>> Index::list_containers(std::string_view prefix,
                                                                     std::string_view from,
                                                                     std::size_t count_max) const {
  std::vector<std::shared_ptr<const Container>> page;
  const auto state = state_.lock();
  for (auto at = state->lower_bound(std::max(prefix, from));
       at != state->end() && at->first.starts_with(prefix) && page.size() < count_max; ++at) {
    page.push_back(at->second.container);
  }
  return page;
}

namespace {

/// The first name, in byte order, that does not begin with `prefix` and comes behind those that do;
/// nothing where there is none.
std::optional<std::string> behind_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

/// Walks the names of two ordered maps as one; where both have a name, the first map's counts.
template <class First, class Second>
class MergedNames {
 public:
  MergedNames(const First& first, const Second* second) : first_(first), second_(second) {}
  void seek(std::string_view name) {
    at_first_ = first_.lower_bound(name);
    if (second_ != nullptr) at_second_ = second_->lower_bound(name);
  }
  /// Null behind the last.
  const std::string* name() const {
    const std::string* one = at_first_ == first_.end() ? nullptr : &at_first_->first;
    const std::string* two =
        second_ == nullptr || at_second_ == second_->end() ? nullptr : &at_second_->first;
    if (one == nullptr || two == nullptr) return one != nullptr ? one : two;
    return *one <= *two ? one : two;
  }
  bool in_first() const { return at_first_ != first_.end() && &at_first_->first == name(); }
  const auto& first_value() const { return at_first_->second; }
  void next() {
    const std::string name_now = *name();
    if (at_first_ != first_.end() && at_first_->first == name_now) ++at_first_;
    if (second_ != nullptr && at_second_ != second_->end() && at_second_->first == name_now) {
      ++at_second_;
    }
  }

 private:
  const First& first_;
  const Second* second_;
  typename First::const_iterator at_first_;
  typename Second::const_iterator at_second_;
};

template <class Names>
ListPage make_page(Names& names, const ListRequest& request) {
  ListPage page;
  names.seek(std::max(request.prefix, request.from));
  for (const std::string* name = names.name(); name != nullptr && name->starts_with(request.prefix);
       name = names.name()) {
    if (page.entries.size() == request.entries_max) {
      page.next = *name;
      return page;
    }
    const std::size_t cut = request.delimiter.empty()
                                ? std::string::npos
                                : name->find(request.delimiter, request.prefix.size());
    if (cut == std::string::npos) {
      page.entries.push_back(
          {.name = *name, .blob = names.in_first() ? names.first_value() : nullptr});
      names.next();
      continue;
    }
    std::string prefix = name->substr(0, cut + request.delimiter.size());
    const auto behind = behind_prefix(prefix);
    page.entries.push_back({.name = std::move(prefix), .is_prefix = true});
    if (!behind) return page;
    names.seek(*behind);
  }
  return page;
}

}  // namespace

std::optional<ListPage> Index::list_blobs(std::string_view container,
                                          const ListRequest& request) const {
  const auto state = state_.lock();
  const auto found = state->find(container);
  if (found == state->end()) return std::nullopt;
  const Entry& entry = found->second;
  MergedNames names(entry.blobs, request.uncommitted ? &entry.staged : nullptr);
  return make_page(names, request);
}

std::vector<DropStaged> Index::staged_before(Seconds before) const {
  std::vector<DropStaged> expired;
  const auto state = state_.lock();
  for (const auto& [name, entry] : *state) {
    for (const auto& [blob, staged] : entry.staged) {
      if (staged.last_staged_at < before) {
        expired.push_back(
            {.container = {.id = entry.container->id, .name = name}, .blob_name = blob});
      }
    }
  }
  return expired;
}

}  // namespace aloft::emulator::blob
