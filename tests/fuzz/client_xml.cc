// SPDX-License-Identifier: Apache-2.0
// The documents that a Blob service sends to the client.
#include "object/azure/internal/blob_xml.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  aloft::internal::parse_blob_listing(text);
  aloft::internal::parse_container_listing(text);
  aloft::internal::parse_block_list(text);
  return 0;
}
