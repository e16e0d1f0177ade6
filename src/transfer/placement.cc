// SPDX-License-Identifier: Apache-2.0
#include "transfer/placement.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <map>

#include "format/names.h"
namespace aloft::transfer {

namespace {

std::string without_final_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

bool demands_directory(const Place& place) {
  const std::string_view last = base_of(place.path);
  return last.empty() || last == "." || last == "..";
}

bool is_not_found(const Error& error) {
  return error.code == ErrorCode::not_found;
}

tl::unexpected<Error> not_a_directory(const std::string& shown) {
  return fail(os_error(ENOTDIR, shown + " is not a directory"));
}

// The name that a copy of the source gets in a directory; empty: its contents go there.
std::string copied_name(const Place& source) {
  const std::string path = without_final_slashes(source.path);
  const std::string_view last = base_of(path);
  if (last == "." || last == "..") return "";
  if (!last.empty()) return std::string(last);
  return source.local() ? "" : std::string(base_of(source.store->name()));
}

// ---- This machine

Result<Located> at_directory(std::string path) {
  auto tree = std::make_shared<LocalTree>(TRY(LocalDirectory::open(std::move(path))));
  Entry entry = TRY(tree->look("", {}));
  return Located{.local = std::move(tree), .entry = std::move(entry), .exists = true};
}

// A name in its directory, which must exist; the name itself need not.
Result<Located> at_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path.substr(0, slash);
  auto tree = std::make_shared<LocalTree>(TRY(LocalDirectory::open(parent)));
  const std::string name(base_of(path));
  TRY(check_relative_path(name));
  Located located{.local = tree, .path = name};
  auto entry = tree->look(name, {});
  if (entry) {
    located.entry = std::move(*entry);
    located.exists = true;
  } else if (!is_not_found(entry.error())) {
    return fail(std::move(entry).error());
  }
  return located;
}

Result<std::string> real_path(const std::string& path) {
  char* const resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return fail_os(errno, "cannot follow the symbolic link " + path);
  const std::unique_ptr<char, decltype(&::free)> owned(resolved, ::free);
  return std::string(resolved);
}

bool leads_to_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// As locate(), but what is not there is no error.
Result<Located> locate_local(const Place& place, Links links) {
  if (place.path.empty()) return fail(ErrorCode::invalid_argument, "a path is empty");
  if (place.path.find('\0') != std::string::npos) {
    return fail(ErrorCode::invalid_argument, "a path holds a NUL byte");
  }
  const std::string path = without_final_slashes(place.path);
  const bool keep_link = links == Links::keep && !demands_directory(place);
  struct stat itself {};
  const bool is_link = ::lstat(path.c_str(), &itself) == 0 && S_ISLNK(itself.st_mode);
  if (leads_to_directory(place.path) && !(is_link && keep_link)) return at_directory(path);
  if (is_link && !keep_link) return at_name(TRY(real_path(path)));
  Located located = TRY(at_name(path));
  if (located.exists && demands_directory(place)) return not_a_directory(place.path);
  return located;
}

// ---- A container

// Directories above a new object need not be there, but what is there must be one: a mount could
// not show what is below a file. Nor does a mount take new names that are too long. The container
// itself must exist.
Result<void> check_new_path(ObjectTree& tree, std::string_view path, const Limits& limits) {
  while (true) {
    TRY(format::check_new_name(base_of(path)));
    path = parent_of(path);
    auto parent = follow(tree, path, limits);
    if (parent && parent->kind() == FileKind::directory) return {};
    if (parent) return not_a_directory(tree.name_of(path));
    if (parent.error().code != ErrorCode::not_found || path.empty()) {
      return fail(std::move(parent).error());
    }
  }
}

Result<Located> locate_object(const Place& place, Links links, const Limits& limits) {
  auto tree = std::make_shared<ObjectTree>(place.store);
  auto path = normalized(place.path);
  if (!path) return fail(ErrorCode::invalid_argument, place.shown() + ": " + path.error().message);
  Located located{.object = tree, .path = std::move(*path)};
  const bool keep_link = links == Links::keep && !demands_directory(place);
  auto entry = keep_link ? tree->look(located.path, limits) : follow(*tree, located.path, limits);
  if (entry) {
    located.path = entry->path;
    located.entry = std::move(*entry);
    located.exists = true;
  } else if (!is_not_found(entry.error())) {
    return fail(std::move(entry).error());
  } else {
    TRY(key_for(located.path, located.shown()));
    TRY(check_new_path(*tree, located.path, limits));
  }
  const bool is_directory = located.entry.kind() == FileKind::directory;
  if (located.exists && demands_directory(place) && !is_directory && !located.path.empty()) {
    return not_a_directory(place.shown());
  }
  return located;
}

Result<Located> locate_maybe(const Place& place, Links links, const Limits& limits) {
  return place.local() ? locate_local(place, links) : locate_object(place, links, limits);
}

// ---- cp(1)

Place inside(const Place& directory, const std::string& name) {
  return {.store = directory.store,
          .path = name.empty()             ? directory.path
                  : directory.path.empty() ? name
                                           : join(without_final_slashes(directory.path), name)};
}

bool same_place(const Located& a, const Located& b) {
  if (a.object && b.object) {
    return a.object->store().name() == b.object->store().name() && a.path == b.path;
  }
  return false;
}

Result<void> check_pair(const PlacedCopy& copy) {
  const bool from_directory = copy.source.entry.kind() == FileKind::directory;
  const bool onto_directory = copy.target.exists && copy.target.entry.kind() == FileKind::directory;
  if (same_place(copy.source, copy.target)) {
    return fail(ErrorCode::already_exists,
                "source and destination are the same, " + copy.source.shown());
  }
  if (from_directory && is_below(copy.target, copy.source)) {
    return fail(os_error(EINVAL, "cannot copy the directory " + copy.source.shown() +
                                     " into itself, " + copy.target.shown()));
  }
  if (copy.target.exists && from_directory && !onto_directory) {
    return fail(os_error(ENOTDIR, "cannot replace " + copy.target.shown() + ", a " +
                                      std::string(name_of(copy.target.entry.kind())) +
                                      ", by the directory " + copy.source.shown()));
  }
  if (onto_directory && !from_directory) {
    return fail(os_error(EISDIR, "cannot replace the directory " + copy.target.shown() +
                                     " by what is none, " + copy.source.shown()));
  }
  return {};
}

Result<PlacedCopy> place_one(const Place& source, const Place& destination,
                             const PlacementOptions& options, const Limits& limits) {
  // As cp -R and cp: a link is copied as a link, or what it leads to is copied.
  Located from = TRY(locate(source, options.recursive ? Links::keep : Links::follow, limits));
  PlacedCopy copy{.source = std::move(from), .target = {}};
  const bool directory = copy.source.entry.kind() == FileKind::directory;
  if (directory && !options.recursive) {
    return fail(
        os_error(EISDIR, source.shown() + " is a directory; copy it with all that is in it by -r"));
  }
  // The name itself is replaced, so a link there is not followed where a tree is copied.
  copy.target = TRY(locate_maybe(destination, Links::keep, limits));
  if (!copy.target.exists && demands_directory(destination) && !directory) {
    return fail(os_error(ENOENT, destination.shown() +
                                     " is no directory yet; make it with mkdir, or leave the "
                                     "final \"/\" away"));
  }
  TRY(check_pair(copy));
  return copy;
}

// Whether the source may go where another one goes already.
bool may_meet(const PlacedCopy& copy, const PlacementOptions& options) {
  return copy.source.entry.kind() == FileKind::directory && !options.distinct_directories;
}

tl::unexpected<Error> just_made(const PlacedCopy& copy) {
  return fail(ErrorCode::already_exists,
              "will not replace " + copy.target.shown() + ", just made, by " + copy.source.shown());
}

}  // namespace

std::string Place::shown() const {
  return local() ? path : join(store->name(), path);
}

bool is_below(const Located& inner, const Located& outer) {
  if (!inner.object || !outer.object) return false;
  if (inner.object->store().name() != outer.object->store().name()) return false;
  return outer.path.empty() ? !inner.path.empty() : inner.path.starts_with(outer.path + '/');
}

Result<Located> locate(const Place& place, Links links, const Limits& limits) {
  Located located = TRY(locate_maybe(place, links, limits));
  if (located.exists) return located;
  return fail(ErrorCode::not_found, place.shown() + " does not exist");
}

Result<Placement> place_copies(std::span<const Place> sources, const Place& destination,
                               const PlacementOptions& options, const Limits& limits) {
  const Located at = TRY(locate_maybe(destination, Links::follow, limits));
  const bool is_directory = at.exists && at.entry.kind() == FileKind::directory;
  const bool into = is_directory && !options.no_target_directory;
  if (!into && sources.size() > 1) {
    return fail(os_error(ENOTDIR, destination.shown() +
                                      " is not a directory, so it cannot take several sources; "
                                      "make it with mkdir"));
  }
  // A link given as destination is written through, as cp does.
  Place target{.store = destination.store, .path = destination.path};
  if (at.exists && at.object) {
    target.path = at.path;
  } else if (at.exists && !is_directory) {
    target.path = TRY(real_path(destination.path));
  }
  Placement placement;
  std::map<std::string, std::string> taken;  // Destinations, with their sources.
  for (const Place& source : sources) {
    auto copy =
        place_one(source, into ? inside(target, copied_name(source)) : target, options, limits);
    if (copy) {
      const auto [there, fresh] = taken.emplace(copy->target.shown(), copy->source.shown());
      if (!fresh && there->second == copy->source.shown()) continue;
      if (!fresh && !may_meet(*copy, options)) copy = just_made(*copy);
    }
    if (copy) {
      placement.copies.push_back(std::move(*copy));
    } else if (copy.error().code == ErrorCode::cancelled) {
      return fail(std::move(copy).error());
    } else {
      placement.failures.push_back({.name = source.shown(), .error = std::move(copy).error()});
    }
  }
  return placement;
}

}  // namespace aloft::transfer
