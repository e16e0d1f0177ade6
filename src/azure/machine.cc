// SPDX-License-Identifier: Apache-2.0
#include "azure/machine.h"

#include "base/file.h"

namespace aloft::azure {

bool Machine::is_of_azure() const {
  // As cloud-init and systemd tell it, too.
  constexpr std::string_view kTag = "7783-7084-3265-9085-8269-3286-77";
  constexpr std::size_t kBytesMax = 4096;
  const auto tag = read_file(asset_tag_file, kBytesMax);
  return tag && tag->starts_with(kTag);
}

}  // namespace aloft::azure
