// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "object/object_store.h"

namespace aloft::internal {

/// How much of owner, group and permissions an account with a hierarchical namespace takes from
/// these credentials. Microsoft's reference (Path Update, setAccessControl) takes object ids and
/// names of principals; its Lustre archive (wastore/lemur, archive.go) writes decimal ids, of which
/// the maintainers of blobfuse2 say that the service refuses them (azure-storage-fuse#1117). So
/// they are tried. Changing anything takes the role Storage Blob Data Owner, or owning the file.
enum class AccessKept { all, permissions, nothing };

/// What the service keeps of a file itself; empty: as it is.
struct NativeAccess {
  std::string owner{};        ///< Decimal.
  std::string group{};        ///< Decimal.
  std::string permissions{};  ///< Four octal digits.
};

/// What of the standard keys (docs/format.md: permissions, posix_owner, posix_group) can be kept
/// natively: that of plain files and directories without set-id bits. Nothing for others.
std::optional<NativeAccess> access_of(const Metadata& metadata, AccessKept kept);

/// The metadata without the keys that `access` stands for.
Metadata without_access(Metadata metadata, const NativeAccess& access);

/// Shows what the service keeps ("1000", "rwxr-x--T+") under those keys, where the metadata do not
/// say it; owners that are no decimal ids show nothing.
void show_access(std::string_view owner, std::string_view group, std::string_view permissions,
                 Metadata& metadata);

}  // namespace aloft::internal
