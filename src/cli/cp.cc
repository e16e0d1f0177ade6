// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>

#include "base/directories.h"
#include "cli/command.h"
#include "cli/failures.h"
#include "cli/interruption.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/progress_bar.h"
#include "cli/transfer_options.h"
#include "transfer/copy.h"

namespace aloft::cli {

namespace {

struct Options {
  std::vector<std::string> sources;
  std::string destination;
  bool recursive = false;
  bool no_target_directory = false;
  bool trust_modes = false;
  SelectionRules rules{};
  TransferOptions transfer{};
};

mode_t present_umask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

Result<transfer::CopyOptions> copy_options(const Options& options) {
  transfer::CopyOptions copy{
      .placement = {.recursive = options.recursive,
                    .no_target_directory = options.no_target_directory},
      .restore = {.trust_modes = options.trust_modes, .umask = present_umask()},
      .threads = options.transfer.threads};
  copy.selection = TRY(transfer::Selection::of(options.rules));
  copy.memory_bytes = TRY(memory_bytes(options.transfer));
  return copy;
}

std::string summary(const transfer::CopyReport& report, double seconds) {
  std::string text = fmt::format("copied {}, {} in {:.1f} s", counted(report.files, "file"),
                                 format_byte_size(report.bytes), seconds);
  if (seconds > 0 && report.bytes > 0) {
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(report.bytes) / seconds);
    text += " (" + format_byte_size(rate) + "/s)";
  }
  if (report.hard_linked > 0) {
    text +=
        fmt::format("; {} to files with several names", counted(report.hard_linked, "hard link"));
  }
  if (!report.failures.empty()) text += "; " + counted(report.failures.size(), "failure");
  return text;
}

nlohmann::json document(const transfer::CopyReport& report, double seconds) {
  return {{"files", report.files},
          {"directories", report.directories},
          {"symlinks", report.symlinks},
          {"bytes", report.bytes},
          {"hard_linked", report.hard_linked},
          {"seconds", seconds},
          {"failures", to_json(report.failures)}};
}

Result<transfer::CopyReport> perform(const Context& context, const Options& options,
                                     const Limits& limits) {
  Places places(context);
  const std::vector<transfer::Place> sources =
      TRY(places.places(places.expand(options.sources, limits)));
  const transfer::Place destination = TRY(places.place(options.destination));
  transfer::CopyOptions copy = TRY(copy_options(options));
  transfer::Journal journal(local_directory() + "/copies");
  copy.journal = &journal;
  transfer::Progress progress;
  const ProgressBar bar(progress, options.transfer.quiet);
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
  const Interruption interruption;
  const Stopwatch stopwatch;
  const auto done = perform(context, options, interruption.limits());
  if (!done) {
    report(context, done.error(), interruption);
    return;
  }
  report_failures(done->failures);
  if (done->journal_failure) {
    std::cerr << "aloft: an interrupted copy would begin anew: "
              << without_controls(done->journal_failure->message) << "\n";
  }
  if (context.json) Output().json(document(*done, stopwatch.seconds()));
  if (!context.json && !options.transfer.quiet) {
    std::cerr << summary(*done, stopwatch.seconds()) << "\n";
  }
  context.exit_code = done->failures.empty() ? kSuccess : kFailed;
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
  command->add_flag("--trust-modes", options->trust_modes,
                    "On disk also restore owners, groups and set-uid bits; only for containers "
                    "whose writers you trust");
  add_selection_options(*command, options->rules);
  add_transfer_options(*command, options->transfer);
  add_json_option(*command, context, "a summary");
  command->footer(
      "Mode, owner, group, times, links and holes are kept in containers; on disk they are "
      "restored, "
      "owners only with --trust-modes. What cannot be copied is named at the end, and the exit "
      "code is 1. After an interruption, the same command goes on where it was with files larger "
      "than 8 MiB, for a week.\n\n"
      "  aloft cp -r results az://mylab/project/   into the container project\n"
      "  aloft cp 'az://mylab/project/*.csv' .      every table; quotes keep the shell out of it\n"
      "  aloft cp -r --exclude tmp/ results az://mylab/project/");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace aloft::cli
