// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "object/metadata.h"
#include "object/object_store.h"

namespace aloft::format {

/// Random; every write of content gets a new one, every write of attributes alone keeps it. So a
/// writer whose condition failed can tell a chmod of somebody else from other content.
inline constexpr std::string_view kContentKey = "aloft_content";

/// The version of the content: the stored one, else (nobody of us wrote it yet) its etag.
std::string content_version(const ObjectInfo& object);

/// Whether both are the same content, though attributes may differ. Never true by chance.
bool same_content(const ObjectInfo& a, const ObjectInfo& b);

/// For writes of attributes alone: `metadata` will replace that of `object` and keeps its content
/// version.
void keep_content_version(const ObjectInfo& object, Metadata& metadata);

}  // namespace aloft::format
