// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/command.h"
#include "cli/output.h"

namespace aloft::cli {

namespace {

std::string sentence(const Error& error) {
  // Names in messages may be a stranger's: they must not command the terminal.
  std::string text = without_controls(error.message);
  if (!error.request_id.empty()) text += " (request " + error.request_id + ")";
  return text;
}

}  // namespace

void add_json_option(CLI::App& command, Context& context, const std::string& document) {
  command.add_flag("--json", context.json, "Print " + document + " as JSON on standard output");
}

void add_json_events_option(CLI::App& command, Context& context, const std::string& document) {
  command.add_flag_callback(
      "--json", [&context] { context.json = context.json_lines = true; },
      "Print progress once a second and " + document +
          " at the end, as JSON on standard output, one document on each line");
}

int report(const Error& error) {
  std::cerr << "aloft: " << sentence(error) << "\n";
  switch (error.code) {
    case ErrorCode::invalid_argument:
      // With an errno it is about what was found (a directory in the way), not about the words.
      return error.os_errno == 0 ? kWrongUsage : kFailed;
    case ErrorCode::cancelled:
      return kInterrupted;
    default:
      return kFailed;
  }
}

void report(Context& context, const Error& error) {
  context.exit_code = report(error);
  if (!context.json) return;
  nlohmann::json document;
  document["error"]["code"] = name_of(error.code);
  document["error"]["message"] = error.message;
  if (!error.request_id.empty()) document["error"]["request_id"] = error.request_id;
  if (!context.json_lines) return Output().json(document);
  document["event"] = "error";
  Output().json_line(document);
}

}  // namespace aloft::cli
