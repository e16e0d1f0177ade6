// SPDX-License-Identifier: Apache-2.0
#include "format/listing.h"

#include "format/names.h"

namespace aloft::format {

void DirectoryListing::add(ListPage page) {
  for (ObjectInfo& object : page.objects) {
    if (object.key.size() <= prefix_.size() || is_hidden(object.key)) continue;
    std::string component = object.key.substr(prefix_.size());
    by_component_[std::move(component)].object = std::move(object);
  }
  for (const std::string& prefix : page.prefixes) {
    const std::string_view key = std::string_view(prefix).substr(0, prefix.size() - 1);
    if (is_hidden(key)) continue;
    by_component_[std::string(key.substr(prefix_.size()))].prefix = true;
  }
}

std::map<std::string, ListedEntry, std::less<>> DirectoryListing::take() && {
  std::map<std::string, ListedEntry, std::less<>> entries;
  for (auto& [component, found] : by_component_) {
    const std::string name = name_of_component(component);
    const std::string key = prefix_ + component;
    const bool is_directory =
        !found.object || decode_attributes(*found.object).kind == FileKind::directory;
    if (found.prefix && !is_directory) {
      entries.emplace(std::string(kShadowedPrefix) + name,
                      ListedEntry{.key = key, .directory = true});
    }
    entries.emplace(
        name,
        ListedEntry{.key = key, .directory = is_directory, .object = std::move(found.object)});
  }
  return entries;
}

}  // namespace aloft::format
