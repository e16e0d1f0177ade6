// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/command.h"

namespace aloft::cli {

int report(const Error& error) {
  std::cerr << "aloft: " << error.message;
  if (!error.request_id.empty()) std::cerr << " (request " << error.request_id << ")";
  std::cerr << "\n";
  return error.code == ErrorCode::invalid_argument ? kWrongUsage : kFailed;
}

namespace {

int run(int argc, char** argv) {
  CLI::App app("Scientific workloads on Azure, unchanged: files, copies, jobs.", "aloft");
  app.set_version_flag("--version", "aloft 0.1.0");
  app.require_subcommand(1);
  Context context;
  app.add_flag("--json", context.json, "Machine-readable output on standard output");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSuccess : kWrongUsage;
  }
  return context.exit_code;
}

}  // namespace
}  // namespace aloft::cli

int main(int argc, char** argv) { return aloft::cli::run(argc, argv); }
