// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/file.h"

namespace aloft {

/// The two ends of a pipe(2), closed on exec.
struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};
Result<Pipe> make_pipe();

/// All that comes until every write end is closed; keep none in this process.
std::string read_to_end(const UniqueFd& read_end);

}  // namespace aloft
