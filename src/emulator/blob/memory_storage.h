// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "emulator/blob/storage.h"

namespace aloft::emulator::blob {

/// Keeps everything in memory; a change costs no more than a look into the index.
class MemoryStorage : public Storage {
 public:
  /// `index` outlives it.
  explicit MemoryStorage(Index& index) : index_(index) {}

  Outcome<std::shared_ptr<const Content>> receive(http::RequestBody& body,
                                                  std::uint64_t length_bytes,
                                                  const BodyObserver& observer) override;
  Result<bool> commit(Change change) override { return index_.apply(change); }

 private:
  Index& index_;
  std::atomic<std::uint64_t> next_content_id_{1};
};

/// Receives a body into memory, in parts that are allocated as it comes: a peer that promises much
/// and sends little costs little.
class BodyBuffer {
 public:
  Outcome<void> receive(http::RequestBody& body, std::uint64_t length_bytes,
                        const BodyObserver& observer);
  std::span<const std::span<const std::byte>> spans() const { return spans_; }

 private:
  std::vector<std::unique_ptr<std::byte[]>> parts_;
  std::vector<std::span<const std::byte>> spans_;
};

}  // namespace aloft::emulator::blob
