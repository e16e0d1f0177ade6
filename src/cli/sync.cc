// SPDX-License-Identifier: Apache-2.0
#include "transfer/sync.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/copy_text.h"
#include "cli/failures.h"
#include "cli/interruption.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/progress_bar.h"

namespace aloft::cli {

namespace {

struct Options {
  std::string source;
  std::string target;
  bool remove_surplus = false;
  bool dry_run = false;
  bool checksum = false;
  CopyArguments copy{};
};

std::string_view name_of(transfer::SyncChange::Kind kind) {
  switch (kind) {
    case transfer::SyncChange::Kind::copy:
      return "copy";
    case transfer::SyncChange::Kind::attributes:
      return "attributes";
    case transfer::SyncChange::Kind::remove:
      return "delete";
  }
  return "";
}

Result<transfer::SyncReport> perform(const Context& context, const Options& options,
                                     const Limits& limits) {
  Places places(context, TRY(bytes_per_second(options.copy.transfer)));
  const transfer::Place source = TRY(places.place(options.source));
  const transfer::Place target = TRY(places.place(options.target));
  transfer::CopyOptions copy = TRY(copy_options(options.copy));
  transfer::SyncOptions sync{.copy = std::move(copy),
                             .remove_surplus = options.remove_surplus,
                             .dry_run = options.dry_run,
                             .compare_contents = options.checksum};
  transfer::Journal journal(journal_directory());
  sync.copy.journal = &journal;
  transfer::Progress progress;
  const ProgressBar bar(progress, context, options.copy.transfer.quiet);
  return transfer::sync(source, target, sync, progress, limits);
}

nlohmann::json document(const transfer::SyncReport& report, const Options& options,
                        double seconds) {
  nlohmann::json document = to_json(report.copied, seconds);
  document["unchanged"] = report.unchanged;
  document["attributes"] = report.attributes;
  document["deleted"] = report.removed;
  if (!options.dry_run) return document;
  document["changes"] = nlohmann::json::array();
  for (const auto& change : report.changes) {
    document["changes"].push_back({{"what", name_of(change.kind)}, {"path", change.path}});
  }
  return document;
}

std::string text(const transfer::SyncReport& report, const Options& options, double seconds) {
  std::string text = options.dry_run ? "would make " + counted(report.changes.size(), "change")
                                     : summary("copied", report.copied, seconds);
  if (report.attributes > 0) {
    text += fmt::format("; attributes of {} updated", counted(report.attributes, "file"));
  }
  if (report.removed > 0) text += fmt::format("; {} deleted", report.removed);
  return text + fmt::format("; {} unchanged", report.unchanged);
}

void print_changes(const transfer::SyncReport& report) {
  Output output;
  for (const auto& change : report.changes) {
    output.line(output.name(fmt::format("{} {}", name_of(change.kind), change.path)));
  }
}

void run(Context& context, const Options& options) {
  const Interruption interruption;
  const Stopwatch stopwatch;
  const auto done = perform(context, options, interruption.limits());
  if (!done) return report(context, done.error(), interruption);
  if (!context.json) print_changes(*done);
  const double seconds = stopwatch.seconds();
  report_copy(context, done->copied, options.copy, document(*done, options, seconds),
              text(*done, options, seconds));
}

}  // namespace

void add_sync_command(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand(
      "sync", "Make what is in one directory equal to what is in another, moving what differs");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("A", options->source,
                   "The directory to follow: az://ACCOUNT/CONTAINER[/PATH], or one of this machine")
      ->required();
  command->add_option("B", options->target, "The directory to change, made if need be; as A")
      ->required();
  command->add_flag("--delete", options->remove_surplus,
                    "Delete in B what A does not have, and what is in the way of another kind; "
                    "nothing if anything failed");
  command->add_flag("-n,--dry-run", options->dry_run,
                    "Change nothing; print what would be copied, deleted, or get other attributes");
  command->add_flag("-c,--checksum", options->checksum,
                    "Compare the contents of files of equal size, not their times");
  add_trust_modes_option(*command, options->copy.trust_modes);
  add_md5_option(*command, options->copy.md5);
  add_selection_options(*command, options->copy.rules);
  add_transfer_options(*command, options->copy.transfer);
  add_json_events_option(*command, context, "a summary");
  command->footer(
      "A file is copied if its size or time differs; where one side has no time stored, if B's is "
      "older by the service's clock. What --exclude leaves out is neither copied nor deleted.\n\n"
      "  aloft sync --delete results az://mylab/project/results");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace aloft::cli
