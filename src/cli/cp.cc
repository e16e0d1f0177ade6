// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/copy_text.h"
#include "cli/places.h"
#include "cli/progress_bar.h"

namespace aloft::cli {

namespace {

struct Options {
  std::vector<std::string> sources;
  std::string destination;
  bool recursive = false;
  bool no_target_directory = false;
  CopyArguments copy{};
};

Result<transfer::CopyReport> perform(const Context& context, const Options& options,
                                     const Limits& limits) {
  Places places(context, TRY(bytes_per_second(options.copy.transfer)));
  const std::vector<std::string> texts = TRY(places.expand(options.sources, limits));
  const std::vector<transfer::Place> sources = TRY(places.places(texts));
  const transfer::Place destination = TRY(places.place(options.destination));
  transfer::CopyOptions copy = TRY(copy_options(options.copy));
  copy.placement = {.recursive = options.recursive,
                    .no_target_directory = options.no_target_directory};
  transfer::Journal journal(journal_directory());
  copy.journal = &journal;
  transfer::Progress progress;
  const ProgressBar bar(progress, context, options.copy.transfer.quiet);
  return transfer::copy(sources, destination, copy, progress, limits);
}

void run(Context& context, Options options) {
  if (options.sources.size() < 2) {
    return report(context, {.code = ErrorCode::invalid_argument,
                            .message = "cp needs a destination behind " + options.sources.front() +
                                       ": a path, or az://ACCOUNT/CONTAINER/PATH"});
  }
  options.destination = std::move(options.sources.back());
  options.sources.pop_back();
  run_copy(context, options.copy, "copied",
           [&](const Limits& limits) { return perform(context, options, limits); });
}

}  // namespace

void add_cp_command(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand(
      "cp", "Copy files and trees to, from and between containers, placed as cp(1) does");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("PLACE", options->sources,
                   "az://ACCOUNT/CONTAINER/PATH or paths of this machine; the last one is the "
                   "destination, the others may hold * ? [ ] and ** also in containers")
      ->required();
  command->add_flag("-r,-R,--recursive", options->recursive,
                    "Copy directories with all that is in them; links stay links");
  command->add_flag("-T,--no-target-directory", options->no_target_directory,
                    "The destination is the copy's own name, even if it is a directory");
  add_trust_modes_option(*command, options->copy.trust_modes);
  add_md5_option(*command, options->copy.md5);
  add_selection_options(*command, options->copy.rules);
  add_transfer_options(*command, options->copy.transfer);
  add_json_events_option(*command, context, "a summary");
  command->footer(
      "Mode, owner, group, times, links and holes are kept in containers; on disk they are "
      "restored, "
      "owners only with --trust-modes. What cannot be copied is named at the end, and the exit "
      "code is 1. After an interruption or a failure, the same command goes on where it was with "
      "files larger than 8 MiB (2 MiB on the way to disk), for a week.\n\n"
      "  aloft cp -r results az://mylab/project/   into the container project\n"
      "  aloft cp 'az://mylab/project/*.csv' .      every table; quotes keep the shell out of it\n"
      "  aloft cp -r --exclude tmp/ results az://mylab/project/");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace aloft::cli
