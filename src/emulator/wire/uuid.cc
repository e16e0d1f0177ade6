// SPDX-License-Identifier: Apache-2.0
#include "emulator/wire/uuid.h"

#include <cstdint>
#include <random>

#include "base/random.h"

namespace aloft::emulator {

namespace {

std::mt19937_64 seeded_generator() {
  std::uint64_t seed = 0;
  system_random().fill(std::as_writable_bytes(std::span(&seed, 1)));
  return std::mt19937_64(seed);
}

}  // namespace

std::string make_uuid() {
  thread_local std::mt19937_64 generator = seeded_generator();
  constexpr char kDigits[] = "0123456789abcdef";
  std::uint64_t bits[2] = {generator(), generator()};
  bits[0] = (bits[0] & ~std::uint64_t{0xf000}) | 0x4000;                       // Version 4.
  bits[1] = (bits[1] & ~(std::uint64_t{3} << 62)) | (std::uint64_t{2} << 62);  // RFC 4122.
  std::string text;
  text.reserve(36);
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) text += '-';
    text += kDigits[(bits[digit / 16] >> (60 - digit % 16 * 4)) & 15];
  }
  return text;
}

}  // namespace aloft::emulator
