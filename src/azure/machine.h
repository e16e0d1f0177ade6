// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace aloft::azure {

/// By what a program knows that it runs on a machine of Azure, without asking the network.
struct Machine {
  /// Virtual machines of Azure have one same tag there.
  std::string asset_tag_file = "/sys/class/dmi/id/chassis_asset_tag";

  bool is_of_azure() const;
};

}  // namespace aloft::azure
