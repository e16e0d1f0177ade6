// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace aloft::script::slurm {

/// One option of sbatch.
struct Option {
  enum class Argument { none, required, optional };
  enum class Effect {
    applied,      ///< apply.cc gives it its meaning.
    ineffective,  ///< Accepted with a warning: it has no effect here.
    printing,     ///< Only changes what sbatch prints; accepted.
    refused,      ///< Running without it would be another job.
  };
  std::string_view name;  ///< Long form without dashes.
  char letter;            ///< Short form; 0: none.
  Argument argument;
  Effect effect;
};

/// All options of sbatch 22.05 and the deprecated spellings that scripts still use.
std::span<const Option> all_options();

}  // namespace aloft::script::slurm
