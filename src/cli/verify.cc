// SPDX-License-Identifier: Apache-2.0
#include "transfer/verify.h"

#include <fmt/format.h>

#include <iostream>

#include "cli/command.h"
#include "cli/failures.h"
#include "cli/interruption.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/progress_bar.h"
#include "cli/transfer_options.h"

namespace aloft::cli {

namespace {

struct Options {
  std::string a;
  std::string b;
  bool no_owners = false;
  bool contents_only = false;
  bool read = false;
  SelectionRules rules{};
  TransferOptions transfer{};
};

Result<transfer::VerifyReport> perform(const Context& context, const Options& options,
                                       const Limits& limits) {
  Places places(context, TRY(bytes_per_second(options.transfer)));
  const transfer::Place a = TRY(places.place(options.a));
  const transfer::Place b = TRY(places.place(options.b));
  const std::uint64_t memory = TRY(memory_bytes(options.transfer));
  auto selection = TRY(transfer::Selection::of(options.rules));
  const transfer::VerifyOptions verify{.owners = !options.no_owners && !options.contents_only,
                                       .read = options.read,
                                       .modes_and_times = !options.contents_only,
                                       .selection = std::move(selection),
                                       .threads = options.transfer.threads,
                                       .memory_bytes = memory};
  const transfer::Located located_a = TRY(locate(a, transfer::Links::follow, limits));
  const transfer::Located located_b = TRY(locate(b, transfer::Links::follow, limits));
  transfer::Progress progress;
  const ProgressBar bar(progress, context, options.transfer.quiet);
  return transfer::verify(located_a, located_b, verify, progress, limits);
}

nlohmann::json document(const transfer::VerifyReport& report, double seconds) {
  nlohmann::json differences = nlohmann::json::array();
  for (const auto& difference : report.differences) {
    differences.push_back({{"path", difference.path}, {"what", difference.what}});
  }
  return {{"event", "summary"},
          {"equal", report.differences.empty() && report.failures.empty()},
          {"entries", report.entries},
          {"files", report.files},
          {"bytes", report.bytes},
          {"files_by_checksum", report.files_by_checksum},
          {"seconds", seconds},
          {"differences", std::move(differences)},
          {"failures", to_json(report.failures)}};
}

std::string by_checksum(const transfer::VerifyReport& report) {
  if (report.files_by_checksum == 0) return "";
  return fmt::format(
      "{} by the checksum recorded at upload, ",
      report.files_by_checksum == report.files ? "all" : std::to_string(report.files_by_checksum));
}

void print(const transfer::VerifyReport& report, const Options& options, double seconds) {
  Output output;
  for (const auto& difference : report.differences) {
    output.line(output.name(difference.path + ": " + difference.what));
  }
  output.flush();
  if (options.transfer.quiet) return;
  const std::string compared =
      fmt::format("compared {}, {} with {} in {:.1f} s", counted(report.files, "file"),
                  format_byte_size(report.bytes),
                  options.contents_only ? "their names" : "all attributes", seconds);
  std::cerr << compared << ": " << by_checksum(report)
            << (report.differences.empty() ? "no difference"
                                           : counted(report.differences.size(), "difference"));
  if (!report.failures.empty()) {
    std::cerr << ", " << counted(report.failures.size(), "failure");
  }
  std::cerr << "\n";
}

void run(Context& context, const Options& options) {
  const Interruption interruption;
  const Stopwatch stopwatch;
  const auto done = perform(context, options, interruption.limits());
  if (!done) {
    report(context, done.error(), interruption);
    return;
  }
  report_failures(done->failures);
  if (context.json) {
    Output().json_line(document(*done, stopwatch.seconds()));
  } else {
    print(*done, options, stopwatch.seconds());
  }
  const bool equal = done->differences.empty() && done->failures.empty();
  context.exit_code = equal ? kSuccess : kFailed;
}

}  // namespace

void add_verify_command(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("verify", "Compare the contents and attributes of two files or trees");
  const auto options = std::make_shared<Options>();
  command->add_option("A", options->a, "az://ACCOUNT/CONTAINER/PATH or a path of this machine")
      ->required();
  command->add_option("B", options->b, "What it should equal; as A")->required();
  command->add_flag("--no-owners", options->no_owners, "Leave owners and groups out");
  command->add_flag("--contents-only", options->contents_only,
                    "Compare names, kinds, contents and link targets, no attributes");
  command->add_flag("--read", options->read,
                    "Read all contents, even where a checksum was recorded at upload");
  add_selection_options(*command, options->rules);
  add_transfer_options(*command, options->transfer);
  add_json_events_option(*command, context, "what differs and a summary");
  command->footer(
      "Prints one line for each difference; the exit code is 0 if there is none, else 1. "
      "Attributes count where both sides have them stored. An object whose checksum was recorded "
      "at "
      "upload, and whose content has not changed since, is read only if the checksum differs.");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace aloft::cli
