// SPDX-License-Identifier: Apache-2.0
#include "format/content_version.h"

#include <algorithm>

namespace aloft::format {

std::string content_version(const ObjectInfo& object) {
  const auto stored = object.metadata.find(kContentKey);
  if (stored != object.metadata.end()) return stored->second;
  std::string version = "etag:" + object.etag;
  std::erase(version, '"');
  return version;
}

bool same_content(const ObjectInfo& a, const ObjectInfo& b) {
  // A foreign tool may keep metadata that it does not understand while it writes other content.
  const std::string& md5_a = a.properties.content_md5;
  const std::string& md5_b = b.properties.content_md5;
  const bool sums_differ = !md5_a.empty() && !md5_b.empty() && md5_a != md5_b;
  return a.size_bytes == b.size_bytes && a.kind == b.kind && !sums_differ &&
         content_version(a) == content_version(b);
}

void keep_content_version(const ObjectInfo& object, Metadata& metadata) {
  metadata.insert_or_assign(std::string(kContentKey), content_version(object));
}

}  // namespace aloft::format
