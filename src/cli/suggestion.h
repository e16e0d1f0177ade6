// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace aloft::cli {

/// The candidate that `word` most likely meant: at most a third of its letters (at least one)
/// inserted, left out, replaced or swapped with the next. Empty if none is that near.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace aloft::cli
