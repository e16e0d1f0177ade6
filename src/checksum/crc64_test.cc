// SPDX-License-Identifier: Apache-2.0
#include "checksum/crc64.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <string_view>
#include <vector>

#include "checksum/internal/crc64_kernels.h"

namespace aloft::checksum {
namespace {

using internal::Kernel;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// The definition, bit by bit: the least significant bit is the first of a byte, and that of x^63.
std::uint64_t by_definition(std::span<const std::byte> bytes) {
  std::uint64_t value = ~std::uint64_t{0};
  for (const std::byte byte : bytes) {
    value ^= static_cast<std::uint64_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      const bool carry = (value & 1) != 0;
      value >>= 1;
      if (carry) value ^= 0x9A6C9329AC4BC9B5u;
    }
  }
  return ~value;
}

std::uint64_t by_kernel(Kernel kernel, std::span<const std::byte> bytes, std::uint64_t before = 0) {
  return ~internal::update(kernel, ~before, bytes);
}

class Crc64 : public testing::Test {
 protected:
  Crc64() { std::printf("seed %llu\n", static_cast<unsigned long long>(seed_)); }

  std::vector<std::byte> random_bytes(std::size_t count) {
    std::vector<std::byte> bytes(count);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(engine_() & 0xff);
    return bytes;
  }
  std::size_t up_to(std::size_t max) {
    return std::uniform_int_distribution<std::size_t>(0, max)(engine_);
  }

  const std::uint64_t seed_ = std::random_device{}();
  std::mt19937_64 engine_{seed_};
};

TEST_F(Crc64, HasTheCheckValueOfItsStandard) {
  EXPECT_EQ(crc64(bytes_of("123456789")), 0xAE8B14860A799888u);
  EXPECT_EQ(by_definition(bytes_of("123456789")), 0xAE8B14860A799888u);
  EXPECT_EQ(crc64({}), 0u);
}

TEST_F(Crc64, IsTheSameByEachSetOfInstructions) {
  for (const Kernel kernel : internal::kKernels) {
    if (!internal::is_supported(kernel)) {
      std::printf("not on this processor: kernel %d\n", static_cast<int>(kernel));
      continue;
    }
    EXPECT_EQ(by_kernel(kernel, bytes_of("123456789")), 0xAE8B14860A799888u);
    for (std::size_t length = 0; length < 2600; length += 1 + up_to(12)) {
      const std::size_t offset = up_to(63);  // Loads need not be aligned.
      const auto bytes = random_bytes(offset + length);
      const auto part = std::span(bytes).subspan(offset);
      EXPECT_EQ(by_kernel(kernel, part), by_definition(part))
          << "kernel " << static_cast<int>(kernel) << ", " << length << " bytes";
    }
  }
}

TEST_F(Crc64, GoesOnWhereItStopped) {
  const auto bytes = random_bytes(20'000);
  const std::uint64_t whole = by_definition(bytes);
  for (int round = 0; round < 50; ++round) {
    for (const Kernel kernel : internal::kKernels) {
      if (!internal::is_supported(kernel)) continue;
      std::uint64_t checksum = 0;
      for (std::size_t done = 0; done < bytes.size();) {
        const std::size_t count = std::min(up_to(5'000), bytes.size() - done);
        checksum = by_kernel(kernel, std::span(bytes).subspan(done, count), checksum);
        done += count;
      }
      EXPECT_EQ(checksum, whole) << "kernel " << static_cast<int>(kernel);
    }
  }
}

TEST_F(Crc64, OfTwoPiecesIsCombinedFromTheirs) {
  const auto bytes = random_bytes(10'000);
  const std::uint64_t whole = crc64(bytes);
  for (int round = 0; round < 200; ++round) {
    const std::size_t length = round == 0 ? 0 : round == 1 ? bytes.size() : up_to(bytes.size());
    const auto first = std::span(bytes).first(length);
    const auto second = std::span(bytes).subspan(length);
    EXPECT_EQ(crc64_combine(crc64(first), crc64(second), second.size()), whole) << length;
  }
}

TEST_F(Crc64, IsCombinedOverLengthsThatNoMemoryHolds) {
  // Moving by 2^40 + 3 bytes is moving by 2^40 and by 3.
  const std::uint64_t far = crc64_combine(crc64_combine(1, 0, std::uint64_t{1} << 40), 0, 3);
  EXPECT_EQ(crc64_combine(1, 0, (std::uint64_t{1} << 40) + 3), far);
}

TEST_F(Crc64, ShowsTheServiceItsLeastSignificantByteFirst) {
  const auto bytes = crc64_bytes(0xAE8B14860A799888u);
  EXPECT_EQ(bytes.front(), std::byte{0x88});
  EXPECT_EQ(bytes.back(), std::byte{0xAE});
  EXPECT_EQ(crc64_of_bytes(bytes), 0xAE8B14860A799888u);
}

}  // namespace
}  // namespace aloft::checksum
