// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/blob.h"

#include <algorithm>
#include <cstdio>

namespace aloft::emulator::blob {

std::string format_etag(EtagNumber etag) {
  char text[24];
  const int length =
      std::snprintf(text, sizeof(text), "\"0x%llX\"", static_cast<unsigned long long>(etag));
  return std::string(text, static_cast<std::size_t>(length));
}

std::vector<Slice> Blob::slices(std::uint64_t offset, std::uint64_t length_bytes) const {
  std::vector<Slice> part;
  for (const Block& block : blocks) {
    if (length_bytes == 0) break;
    if (offset >= block.size_bytes) {
      offset -= block.size_bytes;
      continue;
    }
    const std::uint64_t taken = std::min(length_bytes, block.size_bytes - offset);
    for (Slice& slice : sub_slices(block.slices, offset, taken)) part.push_back(std::move(slice));
    length_bytes -= taken;
    offset = 0;
  }
  CHECK(length_bytes == 0);
  return part;
}

}  // namespace aloft::emulator::blob
