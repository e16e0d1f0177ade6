// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aloft::workload {

/// Indices beyond this are refused, as by Slurm at its largest setting.
inline constexpr std::uint32_t kArrayIndexMax = 4'000'000;
/// Elements of one array; more is taken as a slip of the pen.
inline constexpr std::size_t kArrayCountMax = 100'000;

/// The elements of an array job.
struct ArraySpec {
  std::vector<std::uint32_t> indices{};  ///< Ascending, without repetition; never empty.
  std::uint32_t step = 1;                ///< As written; scripts may ask for it.
  std::uint32_t running_max = 0;         ///< How many may run at a time; 0: no limit.
  bool operator==(const ArraySpec&) const = default;
};

/// "0-15", "1,3,5", "1-7:2", "0-99%4", mixtures, optionally in brackets: the form of Slurm, which
/// the command line shares. Fails with invalid_argument.
Result<ArraySpec> parse_array_spec(std::string_view text);

/// Ascending indices as a short list: "1-4,7,9-10".
std::string format_indices(const std::vector<std::uint32_t>& indices);

}  // namespace aloft::workload
