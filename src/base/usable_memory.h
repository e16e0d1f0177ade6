// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace aloft {

/// How many bytes of memory this process may use: what the machine has, or the least limit of the
/// control groups that it is in (version 1 or 2, those further up included). `root` is in front of
/// every path read: for tests.
std::uint64_t usable_memory_bytes(const std::string& root = "");

}  // namespace aloft
