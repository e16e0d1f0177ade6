// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/memory_storage.h"

#include <algorithm>
#include <cstring>

namespace aloft::emulator::blob {

namespace {

// As much as clients send in one block; a larger body is several parts.
constexpr std::uint64_t kPartBytesMax = std::uint64_t{8} << 20;

class MemoryContent final : public Content {
 public:
  MemoryContent(std::uint64_t id, std::uint64_t size_bytes, BodyBuffer buffer)
      : Content(id, size_bytes), buffer_(std::move(buffer)) {}

  std::span<const std::span<const std::byte>> memory() const override { return buffer_.spans(); }

  Result<void> read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    for (const auto& part : buffer_.spans()) {
      if (buffer.empty()) break;
      if (offset >= part.size()) {
        offset -= part.size();
        continue;
      }
      const auto skip = static_cast<std::size_t>(offset);
      const std::size_t taken = std::min(buffer.size(), part.size() - skip);
      std::memcpy(buffer.data(), part.data() + skip, taken);
      buffer = buffer.subspan(taken);
      offset = 0;
    }
    return {};
  }

 private:
  BodyBuffer buffer_;
};

}  // namespace

Outcome<void> BodyBuffer::receive(http::RequestBody& body, std::uint64_t length_bytes,
                                  const BodyObserver& observer) {
  while (length_bytes > 0) {
    const auto part_bytes = static_cast<std::size_t>(std::min(length_bytes, kPartBytesMax));
    parts_.push_back(std::make_unique_for_overwrite<std::byte[]>(part_bytes));
    const std::span part(parts_.back().get(), part_bytes);
    // Checksums are taken while the bytes are still in the cache.
    for (std::size_t filled = 0; filled < part_bytes;) {
      const std::size_t got = TRY(read_part(body, part.subspan(filled)));
      if (observer) observer(part.subspan(filled, got));
      filled += got;
    }
    spans_.push_back(part);
    length_bytes -= part_bytes;
  }
  return {};
}

Outcome<std::shared_ptr<const Content>> MemoryStorage::receive(http::RequestBody& body,
                                                               std::uint64_t length_bytes,
                                                               const BodyObserver& observer) {
  BodyBuffer buffer;
  TRY(buffer.receive(body, length_bytes, observer));
  return std::make_shared<const MemoryContent>(next_content_id_++, length_bytes, std::move(buffer));
}

}  // namespace aloft::emulator::blob
