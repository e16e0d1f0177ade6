// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace aloft::checksum::internal {

// The ways to compute a CRC64; all give the same. They work on the bare remainder: no ones at its
// begin and end.
//
// The polynomials are reflected: bit 63 of a word is the coefficient of x^0. Carry-less
// multiplication works on a message as on a number: 128 bits of it that are D bits ahead of others
// may be replaced by 128 bits in their place, (high half * x^(D+64) + low half * x^D) mod P. With
// several such accumulators side by side nothing waits for the multiplier.

/// table: eight bytes per step, on any processor. clmul: PCLMULQDQ, 8 accumulators of 128 bits.
/// vclmul: VPCLMULQDQ with AVX-512, 8 of 512 bits.
enum class Kernel { table, clmul, vclmul };
inline constexpr std::array kKernels{Kernel::table, Kernel::clmul, Kernel::vclmul};

/// Whether this processor (and its operating system) has what `kernel` needs.
bool is_supported(Kernel kernel);
/// The fastest one that is supported.
Kernel best_kernel();

/// The remainder after `bytes`, from that before them. `kernel` must be supported.
std::uint64_t update(Kernel kernel, std::uint64_t remainder, std::span<const std::byte> bytes);

/// a * b modulo the polynomial.
std::uint64_t multiply(std::uint64_t a, std::uint64_t b);
/// x to the power of 8 * `count_bytes` modulo the polynomial: what moves a remainder that far.
std::uint64_t power_of_bytes(std::uint64_t count_bytes);

}  // namespace aloft::checksum::internal
