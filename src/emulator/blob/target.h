// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "emulator/blob/service_error.h"
#include "emulator/wire/query.h"

namespace aloft::emulator::blob {

enum class Level { account, container, blob };

/// What a request is about: /ACCOUNT[/CONTAINER[/BLOB]][?QUERY].
struct Target {
  std::string path{};  ///< As sent, encoded, from the first slash to the query: what is signed.
  std::string account{};
  std::string container{};  ///< Empty at account level.
  std::string blob{};       ///< Empty but at blob level; decoded.
  Query query{};
  /// Asked at the replica, which only reads: /ACCOUNT-secondary/…
  bool is_secondary = false;

  Level level() const {
    return container.empty() ? Level::account : blob.empty() ? Level::container : Level::blob;
  }
};

/// Fails with invalid_uri where the text cannot be decoded.
Outcome<Target> parse_target(std::string_view text);

}  // namespace aloft::emulator::blob
