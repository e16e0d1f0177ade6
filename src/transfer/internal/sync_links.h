// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "transfer/internal/sync_plan.h"

namespace aloft::transfer {

/// The names of each file that has several (hard links), as a sync finds them. They stay names of
/// one file only where one copy brings all of them, so they are decided on together: once one is to
/// be copied, all are.
class SyncLinks {
 public:
  struct Name {
    Entry entry;  ///< Of the source.
    Step step = Step::nothing;
  };

  /// True: the file of `entry` has further names, and what to do is known from decide() on.
  bool add(const Entry& entry, Step step);

  /// All names, each with its step; when the whole source has been seen.
  std::vector<Name> decide();

 private:
  std::map<std::string, std::vector<Name>> files_;
};

}  // namespace aloft::transfer
