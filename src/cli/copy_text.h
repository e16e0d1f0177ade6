// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/transfer_options.h"
#include "transfer/copy.h"

namespace aloft::cli {

/// What cp, sync and mv have in common: from options to a copy, and from its report to text.
struct CopyArguments {
  SelectionRules rules{};
  TransferOptions transfer{};
  bool trust_modes = false;
  bool md5 = false;
};

void add_trust_modes_option(CLI::App& command, bool& trust_modes);
void add_md5_option(CLI::App& command, bool& md5);

/// Placement and journal are the caller's to add.
Result<transfer::CopyOptions> copy_options(const CopyArguments& arguments);

/// Where interrupted copies of this user are noted.
std::string journal_directory();

/// "copied 3 files, 1.2 MiB in 0.5 s (2.4 MiB/s); 1 failure", with another word for "copied".
std::string summary(std::string_view done, const transfer::CopyReport& report, double seconds);

nlohmann::json to_json(const transfer::CopyReport& report, double seconds);

/// Prints what failed, then `document` with --json, or else `text` unless quiet; sets the exit
/// code.
void report_copy(Context& context, const transfer::CopyReport& report, const CopyArguments& options,
                 const nlohmann::json& document, const std::string& text);

/// Copies or moves, until it is done or a signal asks for the end, and reports what came of it;
/// `done` is as for summary().
void run_copy(Context& context, const CopyArguments& options, std::string_view done,
              const std::function<Result<transfer::CopyReport>(const Limits&)>& copy);

}  // namespace aloft::cli
