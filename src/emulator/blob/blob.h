// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emulator/blob/content.h"
#include "emulator/wire/dates.h"

namespace aloft::emulator::blob {

/// Names as the client spelled them; unique without regard to case.
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// Changes with every write; never used twice in one data directory.
using EtagNumber = std::uint64_t;
/// As the header field shows it, with quotation marks: "0x8DC…".
std::string format_etag(EtagNumber etag);

/// The header fields that a blob keeps for its readers; empty where not set.
struct ContentProperties {
  std::string content_type{};
  std::string content_encoding{};
  std::string content_language{};
  std::string content_disposition{};
  std::string cache_control{};
  std::string content_md5{};  ///< Base64.
};

/// How the content came to be, where that was by Copy Blob.
struct CopyState {
  std::string id{};
  std::string source{};  ///< The URL without its query.
  Seconds completed_at{};
};

struct Block {
  std::string id;  ///< Decoded; empty for the one block of Put Blob.
  std::vector<Slice> slices;
  std::uint64_t size_bytes = 0;
};

/// One version of a block blob; never changes once others can see it.
struct Blob {
  std::string name{};
  EtagNumber etag = 0;
  Seconds created_at{};
  Seconds modified_at{};
  ContentProperties properties{};
  Metadata metadata{};
  std::string access_tier{};  ///< Empty: the account's, which is Hot.
  std::optional<CopyState> copy{};
  std::vector<Block> blocks{};
  std::uint64_t size_bytes = 0;

  /// A part of the content; the range lies within it.
  std::vector<Slice> slices(std::uint64_t offset, std::uint64_t length_bytes) const;
};

/// Blocks of one blob that no Put Block List has named yet, by id.
struct StagedBlocks {
  std::map<std::string, Block, std::less<>> blocks{};
  Seconds last_staged_at{};  ///< A week later all are forgotten.
};

struct Container {
  /// Tells one container from a later one of the same name.
  std::uint64_t id = 0;
  std::string name{};
  EtagNumber etag = 0;
  Seconds modified_at{};
  Metadata metadata{};
};

}  // namespace aloft::emulator::blob
