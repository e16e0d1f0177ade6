// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_size.h"
#include "base/limits.h"
#include "transfer/memory_budget.h"
#include "transfer/placement.h"
#include "transfer/progress.h"
#include "transfer/selection.h"

namespace aloft::transfer {

struct VerifyOptions {
  /// Compare owners and groups; a download without trust in modes changes them.
  bool owners = true;
  /// Read contents even where a checksum that was recorded at upload speaks for them.
  bool read = false;
  /// Compare modes and times.
  bool modes_and_times = true;
  Selection selection{};  ///< Of both trees; two single files are compared whatever it says.
  std::size_t threads = 64;
  std::uint64_t memory_bytes = default_memory_bytes();
  std::uint64_t part_size_bytes = 8_MiB;
};

/// One way in which a file differs: "mode is 0644 here and 0600 there".
struct Difference {
  std::string path;  ///< Below the places compared; ".": they themselves.
  std::string what;
  bool content = false;  ///< In the bytes, the size, or where a link leads.
};

struct VerifyReport {
  std::uint64_t entries = 0;  ///< Files, directories and links that both have.
  std::uint64_t files = 0;    ///< Whose contents were compared.
  std::uint64_t bytes = 0;
  /// Of these files, those whose recorded checksum stood for reading one side, or both.
  std::uint64_t files_by_checksum = 0;
  std::vector<Difference> differences{};  ///< In byte order of their paths.
  std::vector<Failure> failures{};        ///< What could not be read.
};

/// Compares two files or two trees, wherever each is: names, kinds, contents byte by byte, targets
/// of links, and the attributes that both sides have stored. An object with a recorded checksum
/// that is of its content still (format/content_notes.h) is not read unless the checksum says that
/// the other side differs, or VerifyOptions::read asks for it. Holds the names of one side in
/// memory.
Result<VerifyReport> verify(const Located& a, const Located& b, const VerifyOptions& options,
                            Progress& progress, const Limits& limits);

}  // namespace aloft::transfer
