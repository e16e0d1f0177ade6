// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>

#include "base/guarded.h"
#include "transfer/verify.h"
#include "transfer/work_pool.h"

namespace aloft::transfer {

/// What the tasks of one comparison share. Outlives them.
class Comparison {
 public:
  Comparison(const Located& a, const Located& b, const VerifyOptions& compare_options,
             Progress& compare_progress, const Limits& compare_limits)
      : a_root(a),
        b_root(b),
        options(compare_options),
        progress(compare_progress),
        limits(compare_limits),
        memory(std::max(compare_options.memory_bytes, 2 * compare_options.part_size_bytes),
               2 * compare_options.part_size_bytes),
        pool(compare_options.threads, compare_limits.stop) {}

  const Located& a_root;
  const Located& b_root;
  const VerifyOptions& options;
  Progress& progress;
  const Limits& limits;
  MemoryBudget memory;
  Guarded<VerifyReport> report{};
  WorkPool pool;  // Last: its threads end before what they use.

  /// `path` is below the roots; empty: they themselves.
  void differs(const std::string& path, std::string what);
  /// As above, where the bytes, their number or the target of a link differ.
  void contents_differ(const std::string& path, std::string what);
  /// An interruption is not kept: the whole comparison reports it.
  void failed(std::string name, Error error);
};

/// Compares the contents of two files of one size, on the threads of the comparison's pool. From
/// the walking thread.
void compare_content(Comparison& comparison, std::string path, Entry a, Entry b);

}  // namespace aloft::transfer
