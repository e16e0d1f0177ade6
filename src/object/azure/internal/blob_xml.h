// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "object/object_store.h"

namespace aloft::internal {

// The service's XML. Each parser gives nothing for what makes no sense.

struct BlobPage {
  /// Where keys are paths, directories are among the objects, and among the prefixes, too.
  ListPage list{};
  /// The places of directories among the objects whose metadata the listing does not have.
  std::vector<std::size_t> bare_directories{};
};
std::optional<BlobPage> parse_blob_listing(std::string_view xml);

struct ContainerPage {
  std::vector<std::string> names;
  std::string next_marker;
};
std::optional<ContainerPage> parse_container_listing(std::string_view xml);

std::optional<BlockList> parse_block_list(std::string_view xml);

std::string write_block_list(std::span<const BlockRef> blocks);

}  // namespace aloft::internal
