// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/blob/access_control.h"
#include "emulator/blob/access_policy.h"
#include "emulator/blob/content.h"
#include "emulator/blob/copy_state.h"
#include "emulator/blob/lease.h"
#include "emulator/blob/slice_map.h"
#include "emulator/blob/tags.h"
#include "emulator/wire/dates.h"

namespace aloft::emulator::blob {

/// Names as the client spelled them; unique without regard to case.
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// A moment as the service tells them apart, in ticks of 100 ns since the year 1. Grows with every
/// use; none is used twice in one data directory. 0: no moment.
using Stamp = std::uint64_t;
/// As snapshot=, versionid= and x-ms-snapshot show it: "2026-11-21T03:30:00.1234567Z".
std::string format_stamp(Stamp stamp);
std::optional<Stamp> parse_stamp(std::string_view text);

/// Changes with every write.
using EtagNumber = Stamp;
/// As the header field shows it, with quotation marks: "0x8DC…".
std::string format_etag(EtagNumber etag);
/// As listings do, without them.
std::string format_bare_etag(EtagNumber etag);

/// The header fields that a blob keeps for its readers; empty where not set.
struct ContentProperties {
  std::string content_type{};
  std::string content_encoding{};
  std::string content_language{};
  std::string content_disposition{};
  std::string cache_control{};
  std::string content_md5{};  ///< Base64.
};

/// Of what was deleted and is kept for some days.
struct Deletion {
  Seconds deleted_at{};
  Seconds expires_at{};  ///< Then it goes for good.
};

struct Block {
  std::string id;  ///< Decoded; empty for the one block of Put Blob.
  std::vector<Slice> slices;
  std::uint64_t size_bytes = 0;
};
using BlockList = std::vector<Block>;

/// On the way out of the archive tier.
struct Rehydration {
  std::string tier{};
  bool is_high = false;  ///< Its priority.
  Seconds done_at{};
};

enum class BlobType { block, append, page };

/// One state of a blob: the present one, a snapshot, a former version, or what was deleted and is
/// kept. Never changes once others can see it; copies share the content.
struct Blob {
  std::string name{};
  BlobType type = BlobType::block;
  EtagNumber etag = 0;
  Seconds created_at{};
  Seconds modified_at{};
  ContentProperties properties{};
  Metadata metadata{};
  std::string access_tier{};  ///< Empty: the account's, which is Hot; see tier_of().
  std::optional<Seconds> tier_changed_at{};
  std::optional<Rehydration> rehydration{};
  Tags tags{};
  std::optional<CopyState> copy{};
  std::uint64_t size_bytes = 0;

  std::shared_ptr<const BlockList> blocks{};  ///< Of a block blob; null: none.
  SliceMap extents{};                         ///< Of an append or page blob.
  std::uint64_t append_count = 0;             ///< Of an append blob: its blocks.
  bool is_sealed = false;                     ///< Of an append blob.
  std::uint64_t sequence_number = 0;          ///< Of a page blob.

  Stamp snapshot = 0;  ///< Of a snapshot alone.
  Stamp version = 0;   ///< 0: written while the account had no versioning.
  std::optional<Deletion> deletion{};
  std::optional<Lease> lease{};  ///< Of the present state alone.

  /// In an account with a hierarchical namespace: a directory, which has no content.
  bool is_directory = false;
  /// Its content is written by the DFS endpoint, which then alone adds to it.
  bool is_appendable = false;
  std::shared_ptr<const AccessControl> access{};  ///< There alone; else null.

  /// For the journal: the edits of the extents that it keeps one by one, since it last kept all of
  /// them.
  std::uint64_t edits = 0;

  std::span<const Block> block_list() const {
    return blocks ? std::span<const Block>(*blocks) : std::span<const Block>();
  }
  /// A part of the content; the range lies within it.
  std::vector<Slice> slices(std::uint64_t offset, std::uint64_t length_bytes) const;
};

inline bool is_copy_pending(const Blob& blob) {
  return blob.copy && blob.copy->status == CopyState::Status::pending;
}

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
  /// Of a container that was deleted and can be restored; tells it from others of its name.
  Stamp deleted_version = 0;
  std::optional<Deletion> deletion{};
  std::optional<Lease> lease{};
  PublicAccess public_access = PublicAccess::none;
  std::vector<AccessPolicy> access_policies{};
  /// Of its root directory, in an account with a hierarchical namespace; else null.
  std::shared_ptr<const AccessControl> access{};
};

}  // namespace aloft::emulator::blob
