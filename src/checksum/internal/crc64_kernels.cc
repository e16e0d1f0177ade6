// SPDX-License-Identifier: Apache-2.0
#include "checksum/internal/crc64_kernels.h"

#include <bit>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace aloft::checksum::internal {
namespace {

// Without being unrolled, the short loops below keep their accumulators in memory (g++ 12, -O2).

static_assert(std::endian::native == std::endian::little);

/// 0xAD93D23594C93659, its bits in reverse.
constexpr std::uint64_t kPolynomial = 0x9A6C9329AC4BC9B5;
/// x^0.
constexpr std::uint64_t kOne = std::uint64_t{1} << 63;

constexpr std::uint64_t times_x(std::uint64_t value) {
  return (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
}

constexpr std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  for (std::uint64_t bit = kOne; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) sum ^= b;
    b = times_x(b);
  }
  return sum;
}

/// kPowers[k] is x^(8 * 2^k).
constexpr auto kPowers = [] {
  std::array<std::uint64_t, 64> powers{};
  powers[0] = kOne >> 8;
  for (std::size_t k = 1; k < powers.size(); ++k) {
    powers[k] = product(powers[k - 1], powers[k - 1]);
  }
  return powers;
}();

/// kTables[k][byte]: the remainder of a byte that k bytes follow.
constexpr auto kTables = [] {
  std::array<std::array<std::uint64_t, 256>, 8> tables{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint64_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = times_x(value);
    tables[0][byte] = value;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t value = tables[k - 1][byte];
      tables[k][byte] = (value >> 8) ^ tables[0][value & 0xff];
    }
  }
  return tables;
}();

std::uint64_t update_by_table(std::uint64_t remainder, std::span<const std::byte> bytes) {
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    word ^= remainder;
    remainder = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) remainder ^= kTables[7 - i][(word >> (8 * i)) & 0xff];
  }
  for (const std::byte byte : bytes) {
    const auto index = (remainder ^ static_cast<std::uint64_t>(byte)) & 0xff;
    remainder = (remainder >> 8) ^ kTables[0][index];
  }
  return remainder;
}

#ifdef __x86_64__

/// What moves 128 bits by `distance_bits`: the factors of its two halves. A product of two
/// reflected words of 64 bits is one bit short of 128, which is one more power of x.
struct Fold {
  std::uint64_t first;  ///< Of the half that comes first in memory.
  std::uint64_t second;
};

constexpr Fold fold_over(int distance_bits) {
  std::uint64_t second = kOne;
  for (int i = 0; i < distance_bits - 1; ++i) second = times_x(second);
  std::uint64_t first = second;
  for (int i = 0; i < 64; ++i) first = times_x(first);
  return {.first = first, .second = second};
}

constexpr std::size_t kClmulBytes = 8 * 16;
constexpr std::size_t kVclmulBytes = 8 * 64;

__attribute__((target("pclmul,sse4.1"))) inline __m128i load(const std::byte* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// A step over each kClmulBytes; what the accumulators hold at the end is a message with the same
/// remainder, short enough for the table.
__attribute__((target("pclmul,sse4.1"))) std::uint64_t update_by_clmul(
    std::uint64_t remainder, std::span<const std::byte> bytes) {
  if (bytes.size() < 2 * kClmulBytes) return update_by_table(remainder, bytes);
  constexpr Fold kFold = fold_over(8 * kClmulBytes);
  const __m128i fold =
      _mm_set_epi64x(static_cast<long long>(kFold.second), static_cast<long long>(kFold.first));
  __m128i sums[8];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) sums[i] = load(bytes.data() + 16 * i);
  sums[0] = _mm_xor_si128(sums[0], _mm_set_epi64x(0, static_cast<long long>(remainder)));
  for (bytes = bytes.subspan(kClmulBytes); bytes.size() >= kClmulBytes;
       bytes = bytes.subspan(kClmulBytes)) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) {
      const __m128i moved = _mm_xor_si128(_mm_clmulepi64_si128(sums[i], fold, 0x00),
                                          _mm_clmulepi64_si128(sums[i], fold, 0x11));
      sums[i] = _mm_xor_si128(moved, load(bytes.data() + 16 * i));
    }
  }
  return update_by_table(update_by_table(0, std::as_bytes(std::span(sums))), bytes);
}

/// The same with four times as much per step; what its accumulators hold goes to update_by_clmul.
__attribute__((target("avx512f,vpclmulqdq,pclmul"))) std::uint64_t update_by_vclmul(
    std::uint64_t remainder, std::span<const std::byte> bytes) {
  if (bytes.size() < 2 * kVclmulBytes) return update_by_clmul(remainder, bytes);
  constexpr Fold kFold = fold_over(8 * kVclmulBytes);
  const __m512i fold =
      _mm512_set4_epi64(static_cast<long long>(kFold.second), static_cast<long long>(kFold.first),
                        static_cast<long long>(kFold.second), static_cast<long long>(kFold.first));
  constexpr int kXorOfThree = 0x96;
  __m512i sums[8];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) sums[i] = _mm512_loadu_si512(bytes.data() + 64 * i);
  sums[0] = _mm512_xor_si512(
      sums[0], _mm512_set_epi64(0, 0, 0, 0, 0, 0, 0, static_cast<long long>(remainder)));
  for (bytes = bytes.subspan(kVclmulBytes); bytes.size() >= kVclmulBytes;
       bytes = bytes.subspan(kVclmulBytes)) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) {
      sums[i] = _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(sums[i], fold, 0x00),
                                          _mm512_clmulepi64_epi128(sums[i], fold, 0x11),
                                          _mm512_loadu_si512(bytes.data() + 64 * i), kXorOfThree);
    }
  }
  return update_by_clmul(update_by_clmul(0, std::as_bytes(std::span(sums))), bytes);
}

#endif

}  // namespace

bool is_supported(Kernel kernel) {
#ifdef __x86_64__
  const bool clmul = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  if (kernel == Kernel::clmul) return clmul;
  if (kernel == Kernel::vclmul) {
    return clmul && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq");
  }
#endif
  return kernel == Kernel::table;
}

Kernel best_kernel() {
  static const Kernel best = [] {
    Kernel found = Kernel::table;
    for (const Kernel kernel : kKernels) {
      if (is_supported(kernel)) found = kernel;
    }
    return found;
  }();
  return best;
}

std::uint64_t update(Kernel kernel, std::uint64_t remainder, std::span<const std::byte> bytes) {
#ifdef __x86_64__
  if (kernel == Kernel::vclmul) return update_by_vclmul(remainder, bytes);
  if (kernel == Kernel::clmul) return update_by_clmul(remainder, bytes);
#endif
  return update_by_table(remainder, bytes);
}

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  return product(a, b);
}

std::uint64_t power_of_bytes(std::uint64_t count_bytes) {
  std::uint64_t power = kOne;
  for (std::size_t k = 0; count_bytes != 0; ++k, count_bytes >>= 1) {
    if ((count_bytes & 1) != 0) power = product(power, kPowers[k]);
  }
  return power;
}

}  // namespace aloft::checksum::internal
