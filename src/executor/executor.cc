// SPDX-License-Identifier: Apache-2.0
#include "executor/executor.h"

namespace aloft::executor {

std::string_view name_of(TaskPhase phase) {
  switch (phase) {
    case TaskPhase::waiting:
      return "waiting";
    case TaskPhase::running:
      return "running";
    case TaskPhase::ended:
      return "ended";
  }
  return {};
}

}  // namespace aloft::executor
