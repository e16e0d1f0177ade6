// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "emulator/blob/storage.h"

namespace aloft::emulator::blob {

/// Keeps everything in a directory: a journal, and a file for each content that is too large for
/// it. What commit() made last survives the end of the process and of the machine at any moment.
class DirectoryStorage : public Storage {
 public:
  struct Opened;
  /// Makes the directory where it is not there (for this user alone), takes its lock, and brings
  /// what it holds into the index, which outlives the storage. Fails with already_exists where
  /// another emulator has it, corrupt where it is damaged, invalid_argument where it holds an
  /// account of the other kind.
  static Result<Opened> open(const std::string& directory, Index& index,
                             Namespace kind = Namespace::flat);
};

struct DirectoryStorage::Opened {
  std::unique_ptr<DirectoryStorage> storage;
  Numbers numbers;
};

}  // namespace aloft::emulator::blob
