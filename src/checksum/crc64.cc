// SPDX-License-Identifier: Apache-2.0
#include "checksum/crc64.h"

#include "checksum/internal/crc64_kernels.h"

namespace aloft::checksum {

std::uint64_t crc64(std::span<const std::byte> bytes, std::uint64_t before) {
  return ~internal::update(internal::best_kernel(), ~before, bytes);
}

std::uint64_t crc64_combine(std::uint64_t first, std::uint64_t second,
                            std::uint64_t second_length_bytes) {
  // The ones at the end of the first and at the begin of the second cancel out.
  return internal::multiply(first, internal::power_of_bytes(second_length_bytes)) ^ second;
}

std::array<std::byte, 8> crc64_bytes(std::uint64_t checksum) {
  std::array<std::byte, 8> bytes{};
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(checksum & 0xff);
    checksum >>= 8;
  }
  return bytes;
}

std::uint64_t crc64_of_bytes(std::span<const std::byte, 8> bytes) {
  std::uint64_t checksum = 0;
  for (std::size_t i = 8; i-- > 0;) checksum = checksum << 8 | static_cast<std::uint64_t>(bytes[i]);
  return checksum;
}

}  // namespace aloft::checksum
