// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace aloft::emulator::blob {

/// Bytes that never change, shared by all blobs and blocks that hold a part of them; when the last
/// of those is gone, so is the place where they were kept. Safe from any thread.
class Content {
 public:
  Content(std::uint64_t id, std::uint64_t size_bytes) : id_(id), size_bytes_(size_bytes) {}
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;
  virtual ~Content() = default;

  /// Names it in the data directory; unique there.
  std::uint64_t id() const { return id_; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  /// All of it where it is in memory, in order; else empty.
  virtual std::span<const std::span<const std::byte>> memory() const { return {}; }
  /// Fills `buffer` from `offset`; the range lies within the content.
  virtual Result<void> read(std::uint64_t offset, std::span<std::byte> buffer) const = 0;

 private:
  const std::uint64_t id_;
  const std::uint64_t size_bytes_;
};

/// Bytes [offset, offset + length) of a content, which it keeps alive; zeros where it has none.
struct Slice {
  std::shared_ptr<const Content> content{};
  std::uint64_t offset = 0;
  std::uint64_t length_bytes = 0;
};

/// The part of `slices`, laid end to end, that begins at `offset`; the range lies within them.
std::vector<Slice> sub_slices(std::span<const Slice> slices, std::uint64_t offset,
                              std::uint64_t length_bytes);

std::uint64_t total_length(std::span<const Slice> slices);

/// Reads slices front to back.
class SliceReader {
 public:
  explicit SliceReader(std::vector<Slice> slices) : slices_(std::move(slices)) {}
  /// Fills `buffer`, or what is left.
  Result<std::size_t> read(std::span<std::byte> buffer);

 private:
  std::vector<Slice> slices_;
  std::size_t next_ = 0;
  std::uint64_t done_bytes_ = 0;  // Of slices_[next_].
};

/// The bytes of `slices` as spans into memory, or nothing at all if any of them is not in memory or
/// they have more zeros than are worth spans.
std::vector<std::span<const std::byte>> memory_spans(std::span<const Slice> slices);

}  // namespace aloft::emulator::blob
