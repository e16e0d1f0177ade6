// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/copy_text.h"
#include "cli/places.h"
#include "cli/progress_bar.h"
#include "transfer/move.h"

namespace aloft::cli {

namespace {

struct Options {
  std::vector<std::string> places;  // The last one is the destination.
  bool no_target_directory = false;
  CopyArguments copy{};
};

Result<transfer::CopyReport> perform(const Context& context, const Options& options,
                                     const Limits& limits) {
  Places places(context);
  std::vector<std::string> texts = options.places;
  TRY(require_uri(texts.back(), "cp"));
  const transfer::Place destination = TRY(places.place(texts.back()));
  texts.pop_back();
  for (const std::string& text : texts) TRY(require_uri(text, "cp"));
  texts = TRY(places.expand(texts, limits));
  const std::vector<transfer::Place> sources = TRY(places.places(texts));
  transfer::CopyOptions move = TRY(copy_options(options.copy));
  move.placement.no_target_directory = options.no_target_directory;
  transfer::Progress progress;
  const ProgressBar bar(progress, context, options.copy.transfer.quiet);
  return transfer::move(sources, destination, move, progress, limits);
}

void run(Context& context, const Options& options) {
  if (options.places.size() < 2) {
    return report(context, {.code = ErrorCode::invalid_argument,
                            .message = "mv needs a destination behind " + options.places.front() +
                                       ": az://ACCOUNT/CONTAINER/PATH"});
  }
  run_copy(context, options.copy, "moved",
           [&](const Limits& limits) { return perform(context, options, limits); });
}

}  // namespace

void add_mv_command(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand(
      "mv", "Move files and trees within and between containers, placed as mv(1) does");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("URI", options->places,
                   "az://ACCOUNT/CONTAINER/PATH; the last one is the destination, the others may "
                   "hold * ? [ ] and **")
      ->required();
  command->add_flag("-T,--no-target-directory", options->no_target_directory,
                    "The destination is the new name itself, even if it is a directory");
  add_parallel_options(*command, options->copy.transfer);
  add_json_events_option(*command, context, "a summary");
  command->footer(
      "The service copies each object, and its old name goes when the copy is complete and nobody "
      "changed it meanwhile. Nothing is lost where this is interrupted; the same command with -T "
      "moves the rest. In accounts with a hierarchical namespace, what stays in its container gets "
      "its new name at once, a tree as a whole.\n\n"
      "  aloft mv az://mylab/project/draft az://mylab/project/final");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace aloft::cli
