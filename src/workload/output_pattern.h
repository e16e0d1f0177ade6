// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aloft::workload {

/// What a field of a file name stands for.
enum class OutputField {
  array_job,    ///< The job; for an array its first number.
  array_index,  ///< 4294967294 outside an array, as in Slurm.
  task_number,  ///< The number of this very task in the job home.
  job_name,
  user,
  node,  ///< Short host name.
  node_number,
  rank,
  step,  ///< "batch"
};

/// The values of one task for the fields.
struct OutputValues {
  std::uint64_t array_job = 0;
  std::uint32_t array_index = 4294967294u;
  std::uint64_t task_number = 0;
  std::string job_name{};
  std::string user{};
  std::string node{};
};

/// A file name with fields, free of any dialect's letters.
class OutputPattern {
 public:
  OutputPattern() = default;
  /// A name without fields.
  static OutputPattern literal(std::string text);
  void add_text(std::string_view text);
  /// Numbers are filled with zeros to `width` places.
  void add_field(OutputField field, int width = 0);

  bool empty() const { return pieces_.empty(); }
  std::string expand(const OutputValues& values) const;

  /// Our own notation, for JSON: "logs/{array_job}_{array_index:4}.out"; a brace itself is doubled.
  std::string to_text() const;
  static Result<OutputPattern> from_text(std::string_view text);

  bool operator==(const OutputPattern&) const = default;

 private:
  struct Piece {
    bool is_field = false;
    OutputField field = OutputField::array_job;
    int width = 0;
    std::string text{};
    bool operator==(const Piece&) const = default;
  };
  std::vector<Piece> pieces_;
};

}  // namespace aloft::workload
