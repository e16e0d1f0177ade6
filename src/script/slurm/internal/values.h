// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "workload/job.h"

namespace aloft::script::slurm {

// Every function fails with invalid_argument; the message says what the form is.

/// "m", "m:s", "h:m:s", "d-h", "d-h:m", "d-h:m:s", rounded up to whole minutes as Slurm does; none
/// for 0, -1, INFINITE and UNLIMITED.
Result<std::optional<std::chrono::seconds>> parse_time_limit(std::string_view text);

/// Megabytes unless K, M, G or T (also KB, …) follows; whole megabytes, rounded up.
Result<std::uint64_t> parse_memory(std::string_view text);

/// A number from 1.
Result<std::uint32_t> parse_count(std::string_view text);

/// "afterok:1:2_3,afterany:4" (all) or "afterok:1?afterok:2" (any), "singleton", "after:1+5".
Result<workload::Dependencies> parse_dependency(std::string_view text);

/// "ALL", "NONE", "NIL", "A,B=c,ALL".
Result<workload::EnvironmentExport> parse_export(std::string_view text);

/// "gpu:2", "gpu:type:2", "none": how many GPUs. Other kinds are refused by name.
Result<std::uint32_t> parse_gres(std::string_view text);
/// "2", "type:2", several separated by commas.
Result<std::uint32_t> parse_gpus(std::string_view text);

/// "1", "2-4": the smaller number.
Result<std::uint32_t> parse_nodes(std::string_view text);

/// %A %a %J %j %N %n %s %t %u %x %% and widths (%4j); others stay as they are. A backslash anywhere
/// turns all replacement off.
workload::OutputPattern parse_file_pattern(std::string_view text);

}  // namespace aloft::script::slurm
