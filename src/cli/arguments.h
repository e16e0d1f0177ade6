// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

namespace aloft::cli {

/// Sets what all commands share: how help is asked for, where it lists them.
void prepare_commands(CLI::App& app);

/// Gives `command` the flag -h, which then does not ask for help there.
void add_human_option(CLI::App& command, bool& human);

/// Parses, and runs the callback of the command that was asked for. Returns an exit code if the
/// program should end with it: 0 after help or version, kWrongUsage after printing what is wrong
/// with the arguments (and what was perhaps meant) on standard error.
std::optional<int> parse_arguments(CLI::App& app, int argc, char** argv);

}  // namespace aloft::cli
