// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace aloft::checksum {

/// CRC-64/NVME of `bytes`: the checksum of x-ms-content-crc64 (polynomial 0xAD93D23594C93659,
/// reflected, begun and ended with all ones). `before` is the checksum of what comes before them;
/// that of nothing is 0. Uses the best instructions that this processor has. Safe from any thread.
std::uint64_t crc64(std::span<const std::byte> bytes, std::uint64_t before = 0);

/// The checksum of two pieces in a row, from theirs and the length of the second one. So pieces
/// can be read in any order, by many threads.
std::uint64_t crc64_combine(std::uint64_t first, std::uint64_t second,
                            std::uint64_t second_length_bytes);

/// The bytes that a service sees, in Base64, as x-ms-content-crc64: the least significant first.
/// (Microsoft's azblob for Go writes and compares them so, against the service: azure-sdk-for-go,
/// sdk/storage/azblob, internal/exported/transfer_validation_option.go and the blockblob tests.)
std::array<std::byte, 8> crc64_bytes(std::uint64_t checksum);
/// The checksum behind such bytes.
std::uint64_t crc64_of_bytes(std::span<const std::byte, 8> bytes);

}  // namespace aloft::checksum
