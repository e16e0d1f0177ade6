// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace aloft::emulator {

/// The CRC-64 of the Blob service: polynomial 0x9A6C9329AC4BC9B5 (reflected), all ones before and
/// after; known as CRC-64/NVME.
class Crc64 {
 public:
  void add(std::span<const std::byte> bytes);
  std::uint64_t value() const { return ~state_; }
  /// As header fields hold it before base64: 8 bytes, the least significant first.
  std::string bytes() const;

 private:
  std::uint64_t state_ = ~std::uint64_t{0};
};

}  // namespace aloft::emulator
