// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "transfer/placement.h"

namespace aloft::cli {

/// One line each on standard error.
void report_failures(std::span<const transfer::Failure> failures);

/// [{"name": …, "code": …, "message": …}, …]
nlohmann::json to_json(std::span<const transfer::Failure> failures);

/// "1 file", "2 files".
std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace aloft::cli
