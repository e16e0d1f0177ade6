// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/sync_plan.h"

#include <ranges>

#include "base/clock.h"
#include "transfer/internal/case_folding.h"

namespace aloft::transfer {

namespace {

std::optional<std::chrono::nanoseconds> last_modified_of(const Entry& entry) {
  if (!entry.object) return std::nullopt;
  return entry.object->last_modified.time_since_epoch();
}

/// The times that the kernel gives to files are those of its last tick, so this much late at most.
constexpr std::chrono::milliseconds kTickMax{10};

/// Times that both sides stored are equal or not. Where one did not, the service's own counts, and
/// who is not older is up to date.
bool is_up_to_date(const std::optional<std::chrono::nanoseconds>& wanted,
                   const std::optional<std::chrono::nanoseconds>& wanted_modified,
                   const std::optional<std::chrono::nanoseconds>& there,
                   const std::optional<std::chrono::nanoseconds>& there_modified) {
  if (wanted && there) return *wanted == *there;
  const auto& wanted_time = wanted ? wanted : wanted_modified;
  const auto& there_time = there ? there : there_modified;
  return wanted_time && there_time && *there_time + kTickMax >= *wanted_time;
}

}  // namespace

Result<void> SyncPlan::read_target(const std::function<void(std::string, Error)>& failed,
                                   const Limits& limits) {
  const auto add = [&](const Entry& entry) -> Result<void> {
    TRY(limits.check(system_clock(), "reading " + target_.shown()));
    Present present{.attributes = entry.attributes,
                    .size_bytes = entry.size_bytes,
                    .last_modified = last_modified_of(entry),
                    .key = entry.object ? entry.object->key : entry.key};
    if (entry.object) present.etag = entry.object->etag;
    std::string path(below(entry.path, target_.path));
    if (folds_case_) spellings_.insert_or_assign(folded(path), path);
    present_.insert_or_assign(std::move(path), std::move(present));
    return {};
  };
  const auto add_marker = [&](Entry marker) -> Result<void> {
    std::string path(below(marker.path, target_.path));
    second_markers_.insert_or_assign(std::move(path), std::move(marker));
    return {};
  };
  TRY(add(target_.entry));
  return walk_selected(target_.tree(), target_.path, options_.copy.selection,
                       {.found = add, .failed = failed, .second_marker = add_marker}, limits);
}

SyncPlan::Listing::const_iterator SyncPlan::find(std::string_view path) const {
  const auto same = present_.find(path);
  if (same != present_.end() || !folds_case_) return same;
  const auto other = spellings_.find(folded(path));
  return other == spellings_.end() ? present_.end() : present_.find(other->second);
}

Step SyncPlan::step_for(const Entry& entry, const Limits& limits) {
  const std::string path(below(entry.path, source_.path));
  if (!conflicts_.empty() && is_in_conflict(path)) return Step::conflict;
  const auto found = find(path);
  if (found == present_.end()) {
    const bool may_be_there = folds_case_ && options_.remove_surplus;
    if (may_be_there && target_.tree().look(join(target_.path, path), limits)) {
      unlisted_.insert(path);
    }
    return Step::copy;
  }
  const auto present = present_.find(found->first);
  // Another name of the source is this one on the disk: the copy refuses to replace it.
  if (folds_case_ && present->second.meant) return Step::copy;
  const bool is_directory = entry.kind() == FileKind::directory;
  if (is_directory != (present->second.attributes.kind == FileKind::directory)) {
    conflicts_.insert(path);
    return Step::conflict;
  }
  present->second.meant = true;
  return compare(entry, path, found);
}

bool SyncPlan::is_in_conflict(std::string_view path) const {
  for (; !path.empty(); path = parent_of(path)) {
    if (conflicts_.contains(path)) return true;
  }
  return false;
}

Step SyncPlan::compare(const Entry& entry, std::string_view path,
                       Listing::const_iterator there) const {
  const Present& present = there->second;
  const bool same_attributes = has_same_attributes(entry.attributes, present.attributes);
  if (entry.kind() == FileKind::directory) {
    // The top of a container, and a directory that only is implied, have no attributes to give.
    const bool has_some = !source_.object || entry.object;
    const bool can_take_some = !target_.object || !join(target_.path, path).empty();
    return has_some && can_take_some && !same_attributes ? Step::attributes : Step::nothing;
  }
  if (entry.kind() != present.attributes.kind) return Step::copy;
  if (!is_same_content(entry, path, there)) return Step::copy;
  if (same_attributes) return Step::nothing;
  // A link is so small that it is made anew.
  return entry.kind() == FileKind::symlink ? Step::copy : Step::attributes;
}

bool SyncPlan::is_same_content(const Entry& entry, std::string_view path,
                               Listing::const_iterator there) const {
  const Present& present = there->second;
  if (entry.size_bytes != present.size_bytes) return false;
  // Contents were compared of what is spelled the same.
  if (differing_) return there->first == path && !differing_->contains(std::string(path));
  return is_up_to_date(entry.attributes.mtime, last_modified_of(entry), present.attributes.mtime,
                       present.last_modified);
}

// `there` is what restoring or storing `wanted` makes.
bool SyncPlan::has_same_attributes(const FileAttributes& wanted,
                                   const FileAttributes& there) const {
  const auto given = [](const auto& want, const auto& have) { return !want || want == have; };
  if (!given(wanted.mtime, there.mtime)) return false;
  const bool all_is_kept = target_.object || options_.copy.restore.trust_modes;
  if (wanted.permissions && wanted.kind != FileKind::symlink) {
    const mode_t kept = all_is_kept ? 07777 : 0777;
    if (!there.permissions) return false;
    if ((*wanted.permissions & kept) != (*there.permissions & kept)) return false;
  }
  if (!all_is_kept) return true;
  return given(wanted.uid, there.uid) && given(wanted.gid, there.gid);
}

Entry SyncPlan::entry_of(std::string_view path, const Present& present) const {
  Entry entry{.path = join(target_.path, path),
              .attributes = present.attributes,
              .size_bytes = present.size_bytes,
              .key = present.key};
  if (present.etag) {
    entry.object = ObjectInfo{.key = present.key, .etag = *present.etag};
  }
  return entry;
}

Entry SyncPlan::present_entry(std::string_view path) const {
  const auto present = find(path);
  CHECK(present != present_.end());
  return entry_of(present->first, present->second);
}

std::vector<Entry> SyncPlan::surplus() const {
  std::vector<Entry> entries;
  // In byte order of paths, what is in a directory comes behind it.
  for (const auto& [path, present] : present_ | std::views::reverse) {
    if (present.meant || path.empty()) continue;
    if (target_.object && !present.etag) continue;
    if (const auto second = second_markers_.find(path); second != second_markers_.end()) {
      entries.push_back(second->second);
    }
    entries.push_back(entry_of(path, present));
  }
  return entries;
}

}  // namespace aloft::transfer
