// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "object/object_store.h"

// Hard links. Each name of a file is a whole object; objects that carry one group id and the same
// content (content_version.h) and attributes are names of one file, which a copy to disk makes one
// file again. A record in the hidden area lists the names.
namespace aloft::format {

/// The id of the file whose first name has this key: the same for every copy to that place.
std::string link_group_id(std::string_view first_key);

/// The group whose names are one file with this object: id, content, size, kind and Content-MD5;
/// empty if it is in none. Attributes are the caller's to compare.
std::string link_group_key(const ObjectInfo& object);

/// The record of a group. It is written before the names are: one that is not there, or does not
/// carry the group's id and content, is not a name of the file.
struct LinkRecord {
  std::string id;
  std::string content_version;
  std::span<const std::string> keys;  ///< The first is the one that others are copied from.
};
Result<void> write_link_record(ObjectStore& store, const LinkRecord& record, const Limits& limits);

}  // namespace aloft::format
