// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "format/attributes.h"
#include "object/object_store.h"

namespace aloft::format {

/// One name in a directory.
struct ListedEntry {
  /// Of the object, or of the directory without its final "/".
  std::string key{};
  bool directory = false;
  /// The object that holds its attributes; empty for a directory that only keys below it imply.
  std::optional<ObjectInfo> object{};
};

/// Gathers the pages of one listing with delimiter "/" into the entries of a directory: markers
/// "d" and prefixes "d/" become one, the hidden area and the directory's own marker are left out, a
/// file keeps its name beside a directory of the same key (names.h, kShadowedPrefix).
class DirectoryListing {
 public:
  /// `prefix` is that of the listing: "" or a key with its final "/".
  explicit DirectoryListing(std::string prefix) : prefix_(std::move(prefix)) {}

  void add(ListPage page);
  /// By name, in byte order.
  std::map<std::string, ListedEntry, std::less<>> take() &&;

 private:
  struct Found {
    std::optional<ObjectInfo> object;
    bool prefix = false;
  };
  std::string prefix_;
  std::map<std::string, Found, std::less<>> by_component_;
};

}  // namespace aloft::format
