// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aloft::enter {

/// Shows what lies at a URI under an absolute path inside the namespace.
struct PathMap {
  std::string path;
  std::string uri;
};

/// What `aloft run` and `aloft shell` were asked to do.
struct RunOptions {
  bool help = false;
  bool read_only = false;
  bool group_signals = false;  ///< Who signals this process signals its whole group.
  std::string ids{};           ///< "squash", "stored", or empty: as fits the user.
  std::string chdir{};  ///< Directory or az:// URI to start in; empty: the present directory.
  std::vector<PathMap> maps{};
  std::vector<std::string> command{};
};

/// Options end at the first other word or behind "--"; what follows belongs to the command.
/// Fails with invalid_argument, naming the word that is wrong.
Result<RunOptions> parse_run_options(std::span<const std::string> arguments);

std::string_view run_help();
std::string_view shell_help();

}  // namespace aloft::enter
