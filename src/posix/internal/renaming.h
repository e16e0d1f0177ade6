// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "posix/internal/staging_hold.h"
#include "posix/internal/state.h"

namespace aloft::posix {

/// One rename, and what it has found out.
struct FileSystem::State::Renaming {
  NodePointer from_directory;
  std::string from_name;
  NodePointer to_directory;
  std::string to_name;
  std::string to_key;
  bool no_replace = false;
  NodePointer node{};    ///< What is renamed; referred to for as long as this takes.
  NodePointer target{};  ///< What is replaced, if somebody refers to it.
  std::optional<format::ListedEntry> target_entry{};
  std::shared_ptr<FileContent> content{};  ///< Of what is renamed, if it is open.
  StagingHold staging{};                   ///< Of what is renamed, until it knows its new key.
};

}  // namespace aloft::posix
