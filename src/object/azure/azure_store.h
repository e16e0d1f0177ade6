// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "object/object_store.h"

namespace aloft {

namespace http {
struct Exchange;
class Headers;
}  // namespace http
namespace internal {
class BlobService;
struct BlobPage;
struct Doing;
struct NativeAccess;
enum class AccessKept;
}  // namespace internal

/// One container of Azure Blob storage (or of an emulator) over its REST protocol. Made by
/// AzureAccount; each call is one request, but for copies, which are asked about until they are
/// complete, for directories, and writes with owner or permissions, of accounts with a hierarchical
/// namespace, and for reads whose
/// connection breaks within the body, which go on from there on another one (and fail with
/// precondition_failed if the object changed meanwhile). Bodies of reads go from the socket into
/// the caller's buffer.
///
/// Errors: what the service said by one table (internal/azure_error.cc), with its request id; an
/// answer that breaks the protocol is corrupt, a connection that broke unavailable.
class AzureStore final : public ObjectStore {
 public:
  AzureStore(std::shared_ptr<const internal::BlobService> service, std::string container);

  std::string name() const override { return name_; }
  Capabilities capabilities() const override;
  Result<ObjectInfo> head(std::string_view key, const Limits& limits) override;
  Result<ReadResult> read(const ReadRequest& request, std::span<std::byte> buffer,
                          const Limits& limits) override;
  void read_many(std::span<ReadPart> parts, const Limits& limits) override;
  Result<PutResult> put(const PutRequest& request, const Limits& limits) override;
  Result<void> stage_block(const StageRequest& request, const Limits& limits) override;
  Result<void> stage_block_from(const StageFromRequest& request, const Limits& limits) override;
  Result<PutResult> commit_blocks(const CommitRequest& request, const Limits& limits) override;
  Result<BlockList> block_list(std::string_view key, const Limits& limits) override;
  Result<PutResult> copy(const CopyRequest& request, const Limits& limits) override;
  Result<SourceRef> source_ref(std::string_view key) override;
  Result<PutResult> set_metadata(std::string_view key, const Metadata& metadata,
                                 const Conditions& conditions, const Limits& limits) override;
  Result<void> remove(std::string_view key, const Conditions& conditions,
                      const Limits& limits) override;
  Result<bool> hierarchical(const Limits& limits) override;
  Result<void> rename(const RenameRequest& request, const Limits& limits) override;
  Result<ListPage> list(const ListRequest& request, const Limits& limits) override;

 private:
  /// Writes with metadata that may lack what with_access() gives the service apart.
  using Write = std::function<Result<PutResult>(const Metadata& metadata)>;
  Result<PutResult> with_access(std::string_view key, const Metadata& metadata,
                                const Limits& limits, const Write& write);
  Result<PutResult> with_access(internal::AccessKept kept, std::string_view key,
                                const Metadata& metadata, const Limits& limits, const Write& write);
  Result<PutResult> earlier_write(std::string_view key, const Metadata& metadata, Error refusal,
                                  const Limits& limits);
  Result<PutResult> set_access(std::string_view key, const Metadata& metadata,
                               const internal::NativeAccess& access, const PutResult& made,
                               const Limits& limits);
  Result<PutResult> write_metadata(std::string_view key, const Metadata& metadata,
                                   const Conditions& conditions, const Limits& limits);
  Result<PutResult> commit_with(const CommitRequest& request, const Limits& limits);
  Result<PutResult> copy_with(const CopyRequest& request, const Limits& limits);
  Result<PutResult> put_object(const PutRequest& request, const Limits& limits);
  Result<PutResult> put_directory(const PutRequest& request, const Limits& limits);
  Result<void> look_at_directories(internal::BlobPage& page, const Limits& limits);
  std::string uri(std::string_view key) const;
  std::string path(std::string_view key) const;
  Result<ReadResult> read_nothing(const ReadRequest& request, bool must_end, const Limits& limits);
  Result<PutResult> end_of_copy(std::string_view key, const http::Exchange& begun,
                                const internal::Doing& doing, const Limits& limits);
  Result<PutResult> end_of_earlier_copy(const CopyRequest& request, Error refusal,
                                        const internal::Doing& doing, const Limits& limits);
  Result<PutResult> wait_for_copy(std::string_view key, const std::string& copy_id,
                                  const internal::Doing& doing, const Limits& limits);
  /// Waits for `pause` first. Nothing while it is not complete.
  Result<std::optional<PutResult>> look_at_copy(std::string_view key, const std::string& copy_id,
                                                std::chrono::milliseconds pause,
                                                const internal::Doing& doing, const Limits& limits);
  Error given_up(std::string_view key, const std::string& copy_id, const http::Headers& headers,
                 const internal::Doing& doing);
  void abort_copy(std::string_view key, const std::string& copy_id);
  void remove_remains(std::string_view key, const std::string& copy_id);

  const std::shared_ptr<const internal::BlobService> service_;
  const std::string container_;
  const std::string name_;
};

}  // namespace aloft
