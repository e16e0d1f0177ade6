// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "emulator/blob/pending_copies.h"
#include "emulator/blob/repository.h"

// Hierarchical namespaces: every directory above a blob is there, as a blob without content whose
// metadata says hdi_isfolder, as the Blob API shows it.
namespace aloft::emulator::blob {

namespace {

constexpr std::string_view kDirectoryMark = "hdi_isfolder";

/// Empty for what lies in the root.
std::string_view parent_of(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
}

bool is_directory_mark(const Metadata::value_type& pair) {
  return http::equal_ignoring_case(pair.first, kDirectoryMark);
}

void mark_directory(Metadata& metadata) {
  if (std::ranges::none_of(metadata, is_directory_mark))
    metadata.emplace_back(kDirectoryMark, "true");
}

bool is_below(std::string_view name, std::string_view directory) {
  return name.size() > directory.size() && name.starts_with(directory) &&
         name[directory.size()] == '/';
}

ChangeBlob change_of(const ContainerRef& container, std::shared_ptr<const Blob> blob,
                     ContentChange::Kind kind) {
  return {.container = container,
          .name = blob->name,
          .items = {{.blob = blob, .content = {.kind = kind}}},
          .keeps_staged = true};
}

}  // namespace

Repository::PathLock Repository::lock_path(std::string_view container, std::string_view blob,
                                           TreeUse use) {
  PathLock lock;
  if (settings_.hierarchical_namespace) {
    if (use == TreeUse::changes) {
      lock.tree = std::unique_lock(tree_);
    } else {
      lock.tree_shared = std::shared_lock(tree_);
    }
  }
  lock.path = std::unique_lock(lock_of(container, blob));
  return lock;
}

/// Where all directories are there already, writers go side by side.
Repository::PathLock Repository::lock_for_write(std::string_view container, std::string_view blob) {
  PathLock lock = lock_path(container, blob, TreeUse::stays);
  const std::string_view parent = parent_of(blob);
  if (!settings_.hierarchical_namespace || parent.empty()) return lock;
  const auto found = index_.find_blob(container, parent).blob;
  if (found && found->is_directory) return lock;
  lock = {};
  return lock_path(container, blob, TreeUse::changes);
}

Repository::PathLock Repository::lock_for_drop(std::string_view container, std::string_view blob) {
  PathLock lock = lock_path(container, blob, TreeUse::stays);
  if (!settings_.hierarchical_namespace) return lock;
  const auto found = index_.find_blob(container, blob).blob;
  if (!found || !found->is_directory) return lock;
  lock = {};
  return lock_path(container, blob, TreeUse::changes);
}

Outcome<std::vector<ChangeBlob>> Repository::settle_in_tree(const BlobLookup& current, Blob& edited,
                                                            const NewAccess& access) {
  std::vector<ChangeBlob> parents;
  if (!settings_.hierarchical_namespace) return parents;
  if (edited.is_directory) {
    mark_directory(edited.metadata);
  } else {
    std::erase_if(edited.metadata, is_directory_mark);
  }
  if (current.blob) {
    if (current.blob->is_directory != edited.is_directory) return refuse(Refusal::path_conflict);
    // Who overwrites does not change whose it is.
    if (!edited.access) edited.access = current.blob->access;
    return parents;
  }
  const auto parent = TRY(make_parents(*current.container, edited.name, access, parents));
  edited.access =
      std::make_shared<const AccessControl>(TRY(new_access(*parent, access, edited.is_directory)));
  return parents;
}

Outcome<std::shared_ptr<const AccessControl>> Repository::make_parents(
    const Container& container, std::string_view name, const NewAccess& access,
    std::vector<ChangeBlob>& changes) {
  auto above = container.access;
  for (std::size_t slash = name.find('/'); slash != std::string_view::npos;
       slash = name.find('/', slash + 1)) {
    const std::string_view directory = name.substr(0, slash);
    const auto found = index_.find_blob(container.name, directory).blob;
    if (found) {
      if (!found->is_directory) return refuse(Refusal::path_conflict);
      above = found->access;
      continue;
    }
    auto made = std::make_shared<Blob>(
        Blob{.name = std::string(directory), .etag = next_stamp(), .is_directory = true});
    made->created_at = made->modified_at = now();
    mark_directory(made->metadata);
    // What the request says of permissions is about the blob alone.
    const NewAccess whose{.creator = access.creator, .umask = access.umask};
    above = std::make_shared<const AccessControl>(TRY(new_access(*above, whose, true)));
    made->access = above;
    changes.push_back(change_of(ref_of(container), std::move(made), ContentChange::Kind::replaced));
  }
  return above;
}

Outcome<void> Repository::drop_tree(std::string_view container, std::string_view name,
                                    const BlobCheck& check) {
  const PathLock lock = lock_path(container, name, TreeUse::changes);
  const BlobLookup current = index_.find_blob(container, name);
  if (!current.container) return refuse(Refusal::container_not_found);
  if (!current.blob) return refuse(Refusal::blob_not_found);
  TRY(check(*current.blob));
  return commit(DropTree{.container = ref_of(*current.container), .name = std::string(name)});
}

Outcome<std::shared_ptr<const Blob>> Repository::rename_tree(const Rename& rename) {
  // Writers wait, whatever their names, and both containers stay: rows that went into one that is
  // gone would be lost.
  const std::unique_lock lock(tree_);
  std::shared_mutex& from_lock = lock_of(rename.from_container, {});
  std::shared_mutex& to_lock = lock_of(rename.to_container, {});
  std::unique_lock from_held(from_lock, std::defer_lock);
  std::unique_lock to_held(to_lock, std::defer_lock);
  if (&from_lock == &to_lock) {
    from_held.lock();
  } else {
    std::lock(from_held, to_held);
  }
  const BlobLookup source = index_.find_blob(rename.from_container, rename.source);
  const auto to = TRY(find_container(rename.to_container));
  if (!source.container || !source.blob) return refuse(Refusal::source_path_not_found);
  TRY(rename.check_source(*source.blob));
  const bool is_same_container = rename.from_container == rename.to_container;
  if (is_same_container &&
      (rename.source == rename.destination || is_below(rename.destination, rename.source))) {
    return refuse(Refusal::rename_into_itself);
  }
  const auto destination = index_.find_blob(rename.to_container, rename.destination).blob;
  TRY(rename.check_destination(destination.get()));
  TRY(check_no_copy_pending(destination.get()));
  if (pending_copies_->has_any_in(rename.from_container, rename.source)) {
    return refuse(Refusal::pending_copy_operation);
  }
  if (destination) {
    if (destination->is_directory != source.blob->is_directory) {
      return refuse(Refusal::resource_types_differ);
    }
    if (index_.has_children(rename.to_container, rename.destination)) {
      return refuse(Refusal::path_already_exists);
    }
  }
  const std::string_view parent = parent_of(rename.destination);
  if (!parent.empty()) {
    const auto above = index_.find_blob(rename.to_container, parent).blob;
    if (!above) return refuse(Refusal::rename_parent_not_found);
    if (!above->is_directory) return refuse(Refusal::path_conflict);
  }
  TRY(commit(RenameTree{.from = ref_of(*source.container),
                        .source = std::string(rename.source),
                        .to = ref_of(*to),
                        .destination = std::string(rename.destination)}));
  return find_blob(rename.to_container, rename.destination);
}

Outcome<void> Repository::write_access(std::string_view container,
                                       const std::vector<std::string>& names,
                                       const AccessEdit& edit) {
  // One path is locked by its name, so that many may be changed side by side.
  const PathLock lock = names.size() == 1 ? lock_path(container, names.front(), TreeUse::stays)
                                          : lock_path(container, {}, TreeUse::changes);
  const auto present = TRY(find_container(container));
  ChangeBlobs changed;
  for (const std::string& name : names) {
    if (name.empty()) {
      Container root = *present;
      root.access = std::make_shared<const AccessControl>(TRY(edit(nullptr, *root.access)));
      root.etag = next_stamp();
      TRY(commit(PutContainer{std::move(root)}));
      continue;
    }
    const auto found = index_.find_blob(container, name).blob;
    if (!found) continue;
    auto blob = std::make_shared<Blob>(*found);
    blob->access = std::make_shared<const AccessControl>(TRY(edit(found.get(), *found->access)));
    blob->etag = next_stamp();
    changed.changes.push_back(
        change_of(ref_of(*present), std::move(blob), ContentChange::Kind::kept));
  }
  if (changed.changes.empty()) return {};
  return commit(std::move(changed));
}

}  // namespace aloft::emulator::blob
