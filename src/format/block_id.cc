// SPDX-License-Identifier: Apache-2.0
#include "format/block_id.h"

#include <fmt/format.h>

namespace aloft::format {

namespace {

constexpr std::size_t kWriterBytes = 12;

}  // namespace

std::string new_writer_id(Random& random) {
  return random.hex(kWriterBytes);
}

BlockId block_id(std::string_view writer_id, std::uint32_t index) {
  CHECK(writer_id.size() == 2 * kWriterBytes);
  return fmt::format("{}-{:08x}", writer_id, index);
}

}  // namespace aloft::format
