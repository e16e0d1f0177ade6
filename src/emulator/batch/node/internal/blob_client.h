// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "emulator/batch/node/internal/blob_url.h"
#include "http/client.h"

namespace aloft::emulator::batch {

struct ListedBlob {
  std::string name{};
  bool is_directory = false;  ///< A marker that stands for one: no content.
};

/// Moves files between a node and Blob storage, as the node's agent does. Passing faults (no
/// connection, 5xx, 429) are tried again a few times. Errors of storage have no os_errno, errors of
/// the local disk have theirs; no message holds a query, which may be a SAS. Safe from any thread.
class BlobClient {
 public:
  struct Options {
    /// Gives the bearer token of the node's identity; may be unset.
    std::function<Result<std::string>()> token{};
    Clock* clock = &system_clock();  ///< For pauses between tries.
    std::size_t part_bytes = 8u << 20;
  };
  explicit BlobClient(Options options) : options_(std::move(options)) {}

  /// Whether a request is authorised by the identity, or by what its URL has.
  enum class Access { url, identity };

  /// Writes the content to `fd`, from its front.
  Result<void> download(const BlobUrl& url, Access access, int fd, const Limits& limits);

  /// All blobs of a container whose names begin with `prefix`.
  Result<std::vector<ListedBlob>> list(const BlobUrl& container, std::string_view prefix,
                                       Access access, const Limits& limits);

  /// Makes a block blob of the first `size_bytes` of `fd`. `headers` as for Put Blob.
  using UploadHeaders = std::vector<std::pair<std::string, std::string>>;
  Result<void> upload(int fd, std::uint64_t size_bytes, const BlobUrl& url, Access access,
                      const UploadHeaders& headers, const Limits& limits);

 private:
  Result<void> perform(http::Exchange& exchange, const BlobUrl& url, Access access,
                       const Limits& limits);
  Result<void> attempt(http::Exchange& exchange, const BlobUrl& url, const Limits& limits);
  Result<void> add_token(http::Exchange& exchange, const BlobUrl& url);
  Result<void> put_blocks(int fd, std::uint64_t size_bytes, const BlobUrl& url, Access access,
                          const UploadHeaders& headers, const Limits& limits);
  Result<void> put(std::span<const std::byte> body, const BlobUrl& url, std::string_view parameters,
                   Access access, const UploadHeaders& headers, const Limits& limits);

  const Options options_;
  http::Client client_;
};

}  // namespace aloft::emulator::batch
