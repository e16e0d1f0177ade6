// SPDX-License-Identifier: Apache-2.0
#include "emulator/wire/crc64.h"

#include <array>
#include <bit>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace aloft::emulator {

namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

constexpr std::uint64_t next_bit(std::uint64_t value) {
  constexpr std::uint64_t kPolynomial = 0x9A6C9329AC4BC9B5;
  return (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
}

using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

// Table k advances a byte by k further zero bytes, so that eight bytes are eight independent looks.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint64_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = next_bit(value);
    tables[0][byte] = value;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint64_t add_by_table(std::uint64_t state, std::span<const std::byte> bytes) {
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    word ^= state;
    state = 0;
    for (std::size_t k = 0; k < 8; ++k) state ^= kTables[7 - k][(word >> (8 * k)) & 0xff];
    bytes = bytes.subspan(8);
  }
  for (const std::byte byte : bytes) {
    state = (state >> 8) ^ kTables[0][(state ^ static_cast<std::uint64_t>(byte)) & 0xff];
  }
  return state;
}

#ifdef __x86_64__

// The first bit of a word is its highest power. Of two such words, the product of carry-less
// multiplication is short of a factor x.
constexpr std::uint64_t power_of_x(int exponent) {
  std::uint64_t value = std::uint64_t{1} << 63;
  for (int i = 0; i < exponent; ++i) value = next_bit(value);
  return value;
}

struct Factors {
  std::uint64_t first_word;
  std::uint64_t second_word;
};

/// What moves sixteen bytes on by so many bits.
constexpr Factors factors_for(int bits) {
  return {.first_word = power_of_x(bits + 64 - 1), .second_word = power_of_x(bits - 1)};
}

[[gnu::target("pclmul")]] __m128i load(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

/// `earlier` where `later` is: the remainder of both together.
[[gnu::target("pclmul")]] __m128i fold(__m128i earlier, __m128i factors, __m128i later) {
  const __m128i first = _mm_clmulepi64_si128(earlier, factors, 0x00);
  const __m128i second = _mm_clmulepi64_si128(earlier, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(first, second), later);
}

/// Of whole blocks of 64 bytes, at least one: four remainders side by side, since a multiplication
/// takes longer to end than to begin the next.
[[gnu::target("pclmul")]] std::uint64_t add_blocks(std::uint64_t state,
                                                   std::span<const std::byte> bytes) {
  static constexpr Factors kByBlock = factors_for(512), kByVector = factors_for(128);
  const __m128i by_block = load(&kByBlock), by_vector = load(&kByVector);
  const std::byte* at = bytes.data();
  __m128i a = _mm_xor_si128(load(at), _mm_cvtsi64_si128(static_cast<long long>(state)));
  __m128i b = load(at + 16), c = load(at + 32), d = load(at + 48);
  for (const std::byte* const end = at + bytes.size(); (at += 64) != end;) {
    a = fold(a, by_block, load(at));
    b = fold(b, by_block, load(at + 16));
    c = fold(c, by_block, load(at + 32));
    d = fold(d, by_block, load(at + 48));
  }
  std::array<std::byte, 16> remainder;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(remainder.data()),
                   fold(fold(fold(a, by_vector, b), by_vector, c), by_vector, d));
  return add_by_table(0, remainder);
}

bool can_multiply() {
  static const bool can = __builtin_cpu_supports("pclmul") != 0;
  return can;
}

#endif

}  // namespace

void Crc64::add(std::span<const std::byte> bytes) {
#ifdef __x86_64__
  const std::size_t blocks = bytes.size() / 64 * 64;
  if (blocks > 0 && can_multiply()) {
    state_ = add_blocks(state_, bytes.first(blocks));
    bytes = bytes.subspan(blocks);
  }
#endif
  state_ = add_by_table(state_, bytes);
}

std::string Crc64::bytes() const {
  const std::uint64_t number = value();
  std::string text(8, '\0');
  std::memcpy(text.data(), &number, 8);
  return text;
}

}  // namespace aloft::emulator
