// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "emulator/blob/index.h"

// Pages of listings: a walk over the ordered maps of a container as if they were one.
namespace aloft::emulator::blob {

namespace {

/// The key of the present blob in a ListPosition: behind all that is past.
constexpr Stamp kPresent = std::numeric_limits<Stamp>::max();

/// The first name, in byte order, that does not begin with `prefix` and comes behind those that do;
/// nothing where there is none.
std::optional<std::string> behind_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

/// A place in one of the maps, or in none where the listing does not want it.
template <class Map>
class Cursor {
 public:
  Cursor(const Map& map, bool wanted) : map_(map), wanted_(wanted) {}
  void seek(std::string_view name) {
    if (wanted_) at_ = map_.lower_bound(name);
  }
  const std::string* name() const { return wanted_ && at_ != map_.end() ? &at_->first : nullptr; }
  /// The value where the cursor is at this name, else null.
  const typename Map::mapped_type* at(std::string_view wanted) const {
    const std::string* here = name();
    return here != nullptr && *here == wanted ? &at_->second : nullptr;
  }
  void pass(std::string_view name_now) {
    if (at(name_now) != nullptr) ++at_;
  }

 private:
  const Map& map_;
  const bool wanted_;
  typename Map::const_iterator at_{};
};

bool is_listed(const ListRequest& request, const Blob& past) {
  if (past.deletion && !request.deleted) return false;
  if (past.snapshot != 0) return request.snapshots;
  return past.version != 0 ? request.versions : past.deletion.has_value();
}

}  // namespace

/// Makes one page. Where a step returns false, the page is full and knows where the next begins.
class Index::Lister {
 public:
  Lister(const Entry& entry, const ListRequest& request)
      : request_(request),
        all_blobs_(entry.blobs),
        all_staged_(entry.staged),
        blobs_(entry.blobs, true),
        staged_(entry.staged, request.uncommitted),
        past_(entry.past, request.wants_past()) {}

  ListPage run() {
    seek(std::max(request_.prefix, std::string_view(request_.from.name)));
    find_empty_directories_behind(request_.from.name);
    for (const std::string* name = next_listed(); name != nullptr || !empty_directories_.empty();
         name = next_listed()) {
      const auto empty = empty_directories_.begin();
      if (empty != empty_directories_.end() && (name == nullptr || empty->first < *name)) {
        if (!add(empty->first, 0, {.is_prefix = true, .blob = empty->second})) break;
        empty_directories_.erase(empty);
        continue;
      }
      const std::size_t cut = request_.delimiter.empty()
                                  ? std::string::npos
                                  : name->find(request_.delimiter, request_.prefix.size());
      if (cut == std::string::npos) {
        if (!add_name(*name)) break;
      } else if (!add_prefix(*name, cut + request_.delimiter.size())) {
        break;
      }
    }
    return std::move(page_);
  }

 private:
  void seek(std::string_view name) {
    blobs_.seek(name);
    staged_.seek(name);
    past_.seek(name);
  }

  const std::string* next_name() const {
    const std::string* first = blobs_.name();
    for (const std::string* other : {staged_.name(), past_.name()}) {
      if (other != nullptr && (first == nullptr || *other < *first)) first = other;
    }
    return first;
  }

  /// Null behind the last one.
  const std::string* next_listed() const {
    const std::string* name = next_name();
    return name != nullptr && name->starts_with(request_.prefix) ? name : nullptr;
  }

  bool add(std::string_view name, Stamp key, ListEntry entry) {
    if (page_.entries.size() == request_.entries_max) {
      page_.next = ListPosition{.name = std::string(name), .key = key};
      return false;
    }
    entry.name = name;
    page_.entries.push_back(std::move(entry));
    return true;
  }

  /// Everything that the name stands for.
  bool add_name(const std::string& name) {
    const auto* blob = blobs_.at(name);
    if (blob != nullptr && (*blob)->is_directory && !request_.delimiter.empty()) {
      return add_directory(name, *blob);
    }
    if (const PastBlobs* past = past_.at(name)) {
      if (!add_past(name, *past, blob != nullptr)) return false;
    }
    if (blob != nullptr) {
      if (!add(name, kPresent, {.blob = *blob, .is_current = true})) return false;
    } else if (staged_.at(name) != nullptr) {
      if (!add(name, kPresent, {})) return false;
    }
    const std::string passed = name;  // It goes with the cursor that it is of.
    blobs_.pass(passed);
    staged_.pass(passed);
    past_.pass(passed);
    return true;
  }

  /// By levels, a directory is a prefix, also where nothing is below it. It has its place by the
  /// prefix, not by the name: behind names that begin with its own and go on with a dash.
  bool add_directory(const std::string& name, const std::shared_ptr<const Blob>& directory) {
    const std::string prefix = name + std::string(request_.delimiter);
    if (!has_below(all_blobs_, prefix) &&
        !(request_.uncommitted && has_below(all_staged_, prefix))) {
      empty_directories_.emplace(prefix, directory);
    }
    const std::string passed = name;
    blobs_.pass(passed);
    return true;
  }

  template <class Map>
  static bool has_below(const Map& map, const std::string& prefix) {
    const auto below = map.lower_bound(prefix);
    return below != map.end() && below->first.starts_with(prefix);
  }

  /// Those whose names lie before the first of this page, but whose places do not.
  void find_empty_directories_behind(std::string_view from) {
    if (request_.delimiter.empty() || !from.starts_with(request_.prefix)) return;
    for (std::size_t end = request_.prefix.size() + 1; end < from.size(); ++end) {
      const std::string name(from.substr(0, end));
      if (name + std::string(request_.delimiter) < from) continue;
      const auto found = all_blobs_.find(name);
      if (found != all_blobs_.end() && found->second->is_directory) {
        add_directory(name, found->second);
      }
    }
  }

  bool add_past(const std::string& name, const PastBlobs& past, bool is_there) {
    const Stamp from = name == request_.from.name ? request_.from.key : 0;
    for (auto at = past.lower_bound(from); at != past.end(); ++at) {
      if (is_listed(request_, *at->second) && !add(name, at->first, {.blob = at->second})) {
        return false;
      }
    }
    if (is_there || !request_.deleted_with_versions) return true;
    const auto latest = std::find_if(past.rbegin(), past.rend(), [](const auto& item) {
      return item.second->version != 0 && !item.second->deletion;
    });
    return latest == past.rend() ||
           add(name, kPresent, {.blob = latest->second, .has_versions_only = true});
  }

  bool add_prefix(const std::string& name, std::size_t length) {
    const std::string prefix = name.substr(0, length);
    if (!is_any_listed(prefix)) return true;
    if (!add(prefix, 0, {.is_prefix = true, .blob = directory_of(prefix)})) return false;
    return pass_prefix(prefix);
  }

  /// Null in a flat namespace.
  std::shared_ptr<const Blob> directory_of(std::string_view prefix) const {
    const auto found = all_blobs_.find(prefix.substr(0, prefix.size() - request_.delimiter.size()));
    return found != all_blobs_.end() && found->second->is_directory ? found->second : nullptr;
  }

  /// Whether something below the prefix is listed; where not, it is passed. Names that are in the
  /// past alone may be of kinds that nobody asked for.
  bool is_any_listed(const std::string& prefix) {
    for (const std::string* name = next_name(); name != nullptr && name->starts_with(prefix);
         name = next_name()) {
      const std::string present = *name;
      if (blobs_.at(present) != nullptr || staged_.at(present) != nullptr) return true;
      for (const auto& [key, blob] : *past_.at(present)) {
        if (is_listed(request_, *blob)) return true;
        if (request_.deleted_with_versions && blob->version != 0 && !blob->deletion) return true;
      }
      past_.pass(present);
    }
    return false;
  }

  bool pass_prefix(const std::string& prefix) {
    const auto behind = behind_prefix(prefix);
    if (!behind) return false;
    seek(*behind);
    return true;
  }

  const ListRequest& request_;
  const decltype(Entry::blobs)& all_blobs_;
  const decltype(Entry::staged)& all_staged_;
  Cursor<decltype(Entry::blobs)> blobs_;
  Cursor<decltype(Entry::staged)> staged_;
  Cursor<decltype(Entry::past)> past_;
  /// By their prefixes: what is still to be listed of them.
  std::map<std::string, std::shared_ptr<const Blob>> empty_directories_;
  ListPage page_;
};

std::optional<ListPage> Index::list_blobs(std::string_view container,
                                          const ListRequest& request) const {
  const auto state = state_.lock();
  const Entry* entry = state->find(container);
  if (entry == nullptr) return std::nullopt;
  return Lister(*entry, request).run();
}

}  // namespace aloft::emulator::blob
