// SPDX-License-Identifier: Apache-2.0
#include "object/metadata.h"

#include <fmt/core.h>

#include "azure/names/blob_names.h"

namespace aloft {

bool is_directory(const Metadata& metadata) {
  const auto found = metadata.find(kDirectoryKey);
  if (found == metadata.end()) return false;
  const CaseInsensitiveLess less;
  return !less(found->second, "true") && !less("true", found->second);
}

Result<void> check_metadata(const Metadata& metadata) {
  std::size_t size_bytes = 0;
  for (const auto& [name, value] : metadata) {
    TRY(azure::check_metadata_name(name));
    TRY(azure::check_metadata_value(name, value));
    size_bytes += name.size() + value.size();
  }
  if (size_bytes > azure::kMetadataBytesMax) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("metadata of {} bytes is more than the {} that Azure keeps with a blob",
                            size_bytes, azure::kMetadataBytesMax));
  }
  return {};
}

}  // namespace aloft
