// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/local_directory.h"

namespace aloft::transfer {

/// Whether names that differ by case alone name one file in the directory `path` (FAT, NTFS and
/// SMB shares; ext4 where somebody asked for it). Makes a file there and removes it; a directory
/// that takes none does not fold.
bool folds_case(const LocalDirectory& root, std::string_view path);

/// What all names that differ by case alone have in common; UTF-8, other bytes stay as they are.
/// File systems differ about letters that have no simple lower case.
std::string folded(std::string_view name);

}  // namespace aloft::transfer
