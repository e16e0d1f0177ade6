// SPDX-License-Identifier: Apache-2.0
#include "object/throttled_store.h"

namespace aloft {

void ThrottledStore::read_many(std::span<ReadPart> parts, const Limits& limits) {
  std::uint64_t size_bytes = 0;
  for (const ReadPart& part : parts) size_bytes += part.request.range.length_bytes;
  const auto taken = bytes_->take(size_bytes, limits);
  if (taken) return inner_->read_many(parts, limits);
  for (ReadPart& part : parts) part.result = fail(taken.error());
}

}  // namespace aloft
