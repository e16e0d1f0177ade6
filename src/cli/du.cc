// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/byte_size.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/failures.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/transfer_options.h"
#include "transfer/usage.h"

namespace aloft::cli {

namespace {

struct Options {
  std::vector<std::string> places{"."};
  bool summary = false;
  bool human = false;
  std::size_t depth_max = transfer::UsageOptions().depth_max;
  SelectionRules rules{};
};

/// What one command prints, at once or as one document.
struct Sums {
  Output output{};
  nlohmann::json entries = nlohmann::json::array();
  std::vector<transfer::Failure> failures{};
};

void print(const transfer::Located& root, const transfer::DirectoryUsage& sum,
           const std::string& text, const Options& options, Sums& sums, bool json) {
  const std::string_view path = transfer::below(sum.path, root.path);
  const std::string shown = path.empty() ? text : transfer::join(text, path);
  if (json) {
    sums.entries.push_back({{"path", shown}, {"bytes", sum.bytes}, {"files", sum.files}});
    return;
  }
  const std::string size = options.human ? format_byte_size(sum.bytes) : std::to_string(sum.bytes);
  sums.output.line(fmt::format("{}\t{}", size, sums.output.name(shown)));
}

Result<void> add_up(Places& places, const std::string& text, const Options& options, bool json,
                    Sums& sums, const Limits& limits) {
  const transfer::Place place = TRY(places.place(text));
  const transfer::Located at = TRY(locate(place, transfer::Links::keep, limits));
  auto selection = TRY(transfer::Selection::of(options.rules));
  auto report = TRY(usage(
      at, {.selection = std::move(selection), .depth_max = options.summary ? 0 : options.depth_max},
      limits));
  for (const auto& sum : report.directories) print(at, sum, text, options, sums, json);
  std::ranges::move(report.failures, std::back_inserter(sums.failures));
  return {};
}

void run(Context& context, const Options& options) {
  const Interruption interruption;
  Places places(context);
  Sums sums;
  const auto add = [&](const std::string& text) {
    return add_up(places, text, options, context.json, sums, interruption.limits());
  };
  if (!for_each_named(context, places, options.places, interruption, add)) return;
  if (context.json) {
    sums.output.json(
        {{"directories", std::move(sums.entries)}, {"failures", to_json(sums.failures)}});
  }
  sums.output.flush();
  report_failures(sums.failures);
  if (!sums.failures.empty()) context.exit_code = kFailed;
}

}  // namespace

void add_du_command(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("du", "Add up the sizes of files, directory by directory");
  const auto options = std::make_shared<Options>();
  command->add_option("PLACE", options->places,
                      "az://ACCOUNT/CONTAINER[/PATH], also with * ? [ ] and **, or paths of this "
                      "machine (default: here)");
  command->add_flag("-s,--summarize", options->summary, "Only one sum for each place");
  add_human_option(*command, options->human);
  command
      ->add_option("-d,--max-depth", options->depth_max,
                   "Sums of directories down to this depth alone; 0 is as -s")
      ->option_text("N");
  add_selection_options(*command, options->rules);
  add_json_option(*command, context, "bytes and files of each directory");
  command->footer(
      "Sizes are those of the contents, as ls shows them; a file with several names counts for "
      "each.");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace aloft::cli
