// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace aloft::emulator::batch {

/// A Marketplace image that pools may be made of. Nodes are directories here all the same.
struct Image {
  std::string_view publisher;
  std::string_view offer;
  std::string_view sku;
  std::string_view agent;  ///< Its nodeAgentSKUId.
};

/// Linux images that Azure Batch listed in November 2026.
std::span<const Image> supported_images();

}  // namespace aloft::emulator::batch
