// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "transfer/local_tree.h"
#include "transfer/object_tree.h"

namespace aloft::transfer {

/// What a user names on the command line: a path of this machine or of a container.
struct Place {
  std::shared_ptr<ObjectStore> store{};  ///< Null: this machine.
  /// Literal; in a container without "/" at its front. A final "/" demands a directory; final "."
  /// and ".." mean what is in the directory rather than the directory.
  std::string path{};

  bool local() const { return store == nullptr; }
  std::string shown() const;
};

/// A thing that failed, by the name that the user knows, while others went on.
struct Failure {
  std::string name;
  Error error;
};

/// Where in a tree a place is.
struct Located {
  std::shared_ptr<LocalTree> local{};  ///< One of the two.
  std::shared_ptr<ObjectTree> object{};
  std::string path{};
  Entry entry{};        ///< What is there.
  bool exists = false;  ///< False only for destinations; then `entry` is empty.

  Tree& tree() const { return local ? static_cast<Tree&>(*local) : *object; }
  std::string shown() const { return tree().name_of(path); }
};

enum class Links { follow, keep };

/// Finds what a place names; a final symbolic link is followed or kept, but always followed where
/// the place demands a directory. not_found, ENOTDIR (a final "/" behind a file) and what the store
/// says name the place.
Result<Located> locate(const Place& place, Links links, const Limits& limits);

/// Whether both are in one container and `inner` is below the directory `outer`.
bool is_below(const Located& inner, const Located& outer);

struct PlacementOptions {
  bool recursive = false;
  /// The destination is the name of the copy, even if a directory is there.
  bool no_target_directory = false;
  /// Directories of one name are refused, too, as mv(1) does; else their contents come together.
  bool distinct_directories = false;
};

/// One source and the exact place that its copy gets.
struct PlacedCopy {
  Located source;
  Located target;
};

struct Placement {
  std::vector<PlacedCopy> copies;
  std::vector<Failure> failures;  ///< Sources that cannot be copied.
};

/// Decides as cp(1) does where each source goes: into a destination that is a directory, else to
/// the name given. Unlike there, the directories above a destination in a container need not exist.
/// A source that is named twice is copied once; what another source is placed at already is a
/// failure. Fails if the destination cannot take any.
Result<Placement> place_copies(std::span<const Place> sources, const Place& destination,
                               const PlacementOptions& options, const Limits& limits);

}  // namespace aloft::transfer
