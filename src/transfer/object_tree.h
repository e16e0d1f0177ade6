// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transfer/tree.h"

namespace aloft::transfer {

/// A container as a tree of files, as a mount shows it (format/): the hidden area is not there, a
/// directory is a marker or implied by what lies in it. A walk costs one request for 5,000 objects,
/// whatever the directories.
class ObjectTree final : public Tree {
 public:
  explicit ObjectTree(std::shared_ptr<ObjectStore> store) : store_(std::move(store)) {}

  ObjectStore& store() const { return *store_; }

  std::string name_of(std::string_view path) const override;
  /// Where the container is missing, the error says so and how to make it.
  Result<Entry> look(std::string_view path, const Limits& limits) override;
  Result<std::vector<Entry>> children(std::string_view path, const Limits& limits) override;
  Result<void> walk(std::string_view path, const Visitor& visitor, const Limits& limits) override;
  Result<std::string> link_target(const Entry& entry, const Limits& limits) override;
  Result<void> read(const Entry& entry, std::uint64_t offset, std::span<std::byte> buffer,
                    const Limits& limits) override;

 private:
  Result<Entry> look_at_key(std::string_view path, const std::string& key, const Limits& limits);
  Result<std::string> directory_prefix(std::string_view path, const Limits& limits);

  std::shared_ptr<ObjectStore> store_;
};

/// The key of a new file or directory at `path`. Fails where the service would refuse it, or where
/// it belongs to Aloft itself; `shown` is for the error.
Result<std::string> key_for(std::string_view path, const std::string& shown);
/// As above, of a key that is no path's.
Result<std::string> check_new_key(std::string key, const std::string& shown);

/// How many bytes the object of a directory holds: 0, but where somebody else's metadata or key
/// make a file a directory (docs/format.md). Entry::size_bytes does not count them.
std::uint64_t bytes_in_directory(const Entry& directory);
/// Of a directory for whose bytes there is no place.
Error no_place_for_bytes(const ObjectTree& tree, const Entry& directory);

/// The longest target that a symbolic link may have.
inline constexpr std::uint64_t kLinkTargetBytesMax = 4095;

}  // namespace aloft::transfer
