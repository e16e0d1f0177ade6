// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "object/metadata.h"

namespace aloft {

/// Opaque version of an object, as the store spells it; compared, never parsed.
using Etag = std::string;

/// The HTTP headers that a store keeps with an object for its readers; empty where not set.
struct ContentProperties {
  std::string content_type{};
  std::string content_encoding{};
  std::string content_language{};
  std::string content_disposition{};
  std::string cache_control{};
  std::string content_md5{};  ///< As the store spells it (base64).
};

enum class ObjectKind { block, append, page };

struct ObjectInfo {
  std::string key{};
  std::uint64_t size_bytes = 0;
  Etag etag{};
  std::chrono::system_clock::time_point last_modified{};
  ObjectKind kind = ObjectKind::block;
  std::string access_tier{};  ///< "Hot", "Archive", …; empty where the store does not say.
  ContentProperties properties{};
  Metadata metadata{};  ///< In listings only if it was asked for.
};

/// Bytes [offset, offset + length_bytes).
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length_bytes = 0;
};

/// Carried by a request that must not act on another version than the caller has seen. Fails with
/// precondition_failed, or already_exists where `if_none_match` is "*" and the object is there.
struct Conditions {
  Etag if_match{};       ///< Empty: any version. "*": any version, but it must exist.
  Etag if_none_match{};  ///< Empty: no condition. "*": it must not exist.
};

struct ReadRequest {
  std::string_view key;
  ByteRange range;
  std::string_view if_match{};
  bool want_info = false;  ///< Fill ReadResult::info; costs allocations.
};

struct ReadResult {
  std::size_t size_bytes = 0;  ///< How much of the buffer was filled.
  std::optional<ObjectInfo> info{};
};

/// One of several reads that are performed together. `buffer` holds at least range.length_bytes.
struct ReadPart {
  ReadRequest request;
  std::span<std::byte> buffer;
  Result<ReadResult> result = ReadResult{};
};

struct PutRequest {
  std::string_view key;
  std::span<const std::byte> content;
  const Metadata& metadata;
  ContentProperties properties{};
  Conditions conditions{};
  /// CRC-64/NVME (checksum/crc64.h) of the content, by which a service may check what arrives: for
  /// who knows it. Nothing: the store computes it, if it has a use for it.
  std::optional<std::uint64_t> crc64{};
};

/// What a write made.
struct PutResult {
  Etag etag;
  std::chrono::system_clock::time_point last_modified;
};

/// Names one block of one object: up to 64 bytes, not encoded; all ids of an object have the same
/// length.
using BlockId = std::string;

struct StageRequest {
  std::string_view key;
  std::string_view block_id;
  std::span<const std::byte> content;
  std::optional<std::uint64_t> crc64{};  ///< As in PutRequest.
};

/// An object as a store of the same service may read it for a copy: minted by the source's store,
/// may carry a secret, so it is never logged.
struct SourceRef {
  std::string url;
  std::string authorization{};
};

struct StageFromRequest {
  std::string_view key;
  std::string_view block_id;
  const SourceRef& source;
  ByteRange range;
  std::string_view source_if_match{};
};

struct BlockInfo {
  BlockId id;
  std::uint64_t size_bytes = 0;
};

struct BlockList {
  std::vector<BlockInfo> committed;
  std::vector<BlockInfo> uncommitted;
};

/// A block in the list that a commit makes the content: one staged since, or one of the present
/// content.
struct BlockRef {
  enum class From { staged, committed };
  BlockId id;
  From from = From::staged;
};

struct CommitRequest {
  std::string_view key;
  std::span<const BlockRef> blocks;
  const Metadata& metadata;
  ContentProperties properties{};
  Conditions conditions{};
};

struct CopyRequest {
  const SourceRef& source;
  std::string_view key;                ///< The destination, in this store.
  const Metadata* metadata = nullptr;  ///< Null: the source's.
  Conditions conditions{};             ///< On the destination.
  std::string_view source_if_match{};
  std::uint64_t size_bytes = 0;  ///< Of the source, if it is known.
};

/// Another name, in the same store, for an object or for a directory with all that is in it.
struct RenameRequest {
  std::string_view from;
  std::string_view to;
  /// On what is at `to`. An object may be replaced; a directory that is there never is, and none
  /// replaces anything: already_exists.
  Conditions conditions{};
  std::string_view source_if_match{};
};

struct ListRequest {
  std::string_view prefix{};
  /// Empty: all keys below the prefix. "/": keys with a "/" behind the prefix are folded into
  /// `prefixes`.
  std::string_view delimiter{};
  std::string_view marker{};         ///< Empty: from the start; else ListPage::next_marker.
  std::uint32_t entries_max = 5000;  ///< A page may hold fewer, even none, and yet not be the last.
  bool metadata = true;              ///< Fill ObjectInfo::metadata.
};

struct ListPage {
  std::vector<ObjectInfo> objects;    ///< In byte order of their keys.
  std::vector<std::string> prefixes;  ///< Each ends with the delimiter; in byte order.
  std::string next_marker;            ///< Empty: this was the last page.
};

/// What a backend cannot do; callers choose another way before they start.
struct Capabilities {
  bool stage_from_object = true;
  std::uint64_t put_size_bytes_max = 0;
  std::uint64_t block_size_bytes_max = 0;
  std::uint32_t blocks_max = 50'000;
};

/// A map from keys to immutable byte strings with metadata: one Azure container, or one in memory.
/// It is flat, but for accounts where keys are paths: see hierarchical().
///
/// Every call blocks until it succeeds, fails, or reaches `limits`; callers that want parallelism
/// bring threads or use the *_many form. Safe to call from many threads at once; holds no lock
/// while it waits. Sizes and offsets are bytes. A call is one attempt (see RetryingStore).
/// not_found means the object or its container; the message says which.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// "az://account/container", for messages.
  virtual std::string name() const = 0;
  virtual Capabilities capabilities() const = 0;

  virtual Result<ObjectInfo> head(std::string_view key, const Limits& limits) = 0;

  /// Fills the front of `buffer`, which holds at least range.length_bytes. Reads fewer bytes than
  /// asked only where the object ends, none at or behind its end.
  virtual Result<ReadResult> read(const ReadRequest& request, std::span<std::byte> buffer,
                                  const Limits& limits) = 0;

  /// As read() for each part, all under way at a time on the calling thread; each part has its own
  /// result.
  virtual void read_many(std::span<ReadPart> parts, const Limits& limits) = 0;

  /// Creates or replaces a whole object.
  virtual Result<PutResult> put(const PutRequest& request, const Limits& limits) = 0;

  /// Keeps a block until a commit names it (or the store forgets it, on Azure after a week).
  /// Idempotent by id.
  virtual Result<void> stage_block(const StageRequest& request, const Limits& limits) = 0;
  virtual Result<void> stage_block_from(const StageFromRequest& request, const Limits& limits) = 0;

  /// Makes the blocks named, in this order, the content. Staged blocks that it does not name are
  /// forgotten.
  virtual Result<PutResult> commit_blocks(const CommitRequest& request, const Limits& limits) = 0;
  /// Blocks of a put object: committed is empty though it has content. An object that has only
  /// staged blocks is listed too.
  virtual Result<BlockList> block_list(std::string_view key, const Limits& limits) = 0;

  /// Copies within the service, without the bytes passing through here; returns when it is
  /// complete.
  virtual Result<PutResult> copy(const CopyRequest& request, const Limits& limits) = 0;
  virtual Result<SourceRef> source_ref(std::string_view key) = 0;

  virtual Result<PutResult> set_metadata(std::string_view key, const Metadata& metadata,
                                         const Conditions& conditions, const Limits& limits) = 0;
  virtual Result<void> remove(std::string_view key, const Conditions& conditions,
                              const Limits& limits) = 0;

  /// Whether keys are paths, as in an account of Azure with a hierarchical namespace. Asks once
  /// for each account; false where that cannot be found out with these credentials.
  ///
  /// If so: directories are there of their own, with kDirectoryKey in their metadata, and putting
  /// that makes one, or where one is, sets its metadata; writing "a/b" makes "a"; where an object
  /// is at "a" there is nothing below it; a directory is removed only when it is empty
  /// (already_exists, ENOTEMPTY). A listing with delimiter has directories among its objects, and
  /// may have them among its prefixes, too.
  virtual Result<bool> hierarchical(const Limits& limits) = 0;

  /// All at once or not at all, where keys are paths; unsupported elsewhere. What is renamed stays
  /// the version that it was, with its etag. The directory above `to` must be there (not_found).
  virtual Result<void> rename(const RenameRequest& request, const Limits& limits) = 0;

  virtual Result<ListPage> list(const ListRequest& request, const Limits& limits) = 0;
};

}  // namespace aloft
