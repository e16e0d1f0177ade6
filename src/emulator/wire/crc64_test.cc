// SPDX-License-Identifier: Apache-2.0
#include "emulator/wire/crc64.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace aloft::emulator {
namespace {

// As the definition has it, bit by bit.
std::uint64_t by_definition(std::span<const std::byte> bytes) {
  std::uint64_t state = ~std::uint64_t{0};
  for (const std::byte byte : bytes) {
    state ^= static_cast<std::uint64_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      state = (state >> 1) ^ ((state & 1) != 0 ? 0x9A6C9329AC4BC9B5u : 0);
    }
  }
  return ~state;
}

std::uint64_t in_one(std::span<const std::byte> bytes) {
  Crc64 crc64;
  crc64.add(bytes);
  return crc64.value();
}

std::vector<std::byte> noise(std::size_t size) {
  std::mt19937_64 random(size);
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

TEST(Crc64, HasTheCheckValueOfItsDefinition) {
  Crc64 whole;
  whole.add(std::as_bytes(std::span("123456789", 9)));
  EXPECT_EQ(whole.value(), 0xAE8B14860A799888u);
  EXPECT_EQ(whole.bytes().front(), '\x88') << "the least significant byte comes first";
}

TEST(Crc64, AgreesWithItsDefinitionAtEachLength) {
  const std::vector<std::byte> bytes = noise(700);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const auto part = std::span(bytes).first(length);
    EXPECT_EQ(in_one(part), by_definition(part)) << length;
  }
}

TEST(Crc64, DoesNotDependOnHowTheBytesAreCut) {
  const std::vector<std::byte> bytes = noise(1000);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Crc64 parts;
    parts.add(std::span(bytes).first(cut));
    parts.add(std::span(bytes).subspan(cut));
    EXPECT_EQ(parts.value(), by_definition(bytes)) << cut;
  }
}

}  // namespace
}  // namespace aloft::emulator
