// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/command.h"
#include "cli/failures.h"
#include "cli/interruption.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/transfer_options.h"
#include "transfer/remove.h"

namespace aloft::cli {

namespace {

struct Options {
  std::vector<std::string> uris;
  bool recursive = false;
  bool force = false;
  bool container = false;
  SelectionRules rules{};
};

Result<transfer::RemoveReport> remove_container(Places& places, const azure::BlobUri& uri,
                                                const Limits& limits) {
  const auto account = TRY(places.account(uri.account));
  TRY(account->remove_container(uri.container, limits));
  return transfer::RemoveReport{};
}

Result<transfer::RemoveReport> remove_one(Places& places, const Options& options,
                                          const std::string& text, const Limits& limits) {
  const azure::BlobUri uri = TRY(require_uri(text, "rm"));
  const transfer::Place place = TRY(places.place(uri));
  const std::string path = TRY(transfer::normalized(place.path));
  if (path.empty() && options.container) return remove_container(places, uri, limits);
  if (path.empty()) {
    return fail(ErrorCode::invalid_argument, "will not remove the container " + text +
                                                 " with all that is in it; if that is "
                                                 "meant, say so: aloft rm --container " +
                                                 text);
  }
  if (options.container) {
    return fail(ErrorCode::invalid_argument,
                "--container removes whole containers, and " + text + " is in one");
  }
  const auto selection = TRY(transfer::Selection::of(options.rules));
  const transfer::Located located = TRY(locate(place, transfer::Links::keep, limits));
  if (located.entry.kind() == transfer::FileKind::directory && !options.recursive) {
    return fail(os_error(EISDIR, text + " is a directory; remove it with all that is in it by -r"));
  }
  return remove_tree(*located.object, located.entry, {.selection = selection}, limits);
}

/// Keeps what does not end the command.
Result<void> keep(const Options& options, const std::string& name, Error error,
                  std::vector<transfer::Failure>& failures) {
  if (error.code == ErrorCode::invalid_argument || error.code == ErrorCode::cancelled) {
    return fail(std::move(error));
  }
  if (options.force && error.code == ErrorCode::not_found) return {};
  failures.push_back({.name = name, .error = std::move(error)});
  return {};
}

Result<void> remove_all(Places& places, const Options& options, transfer::RemoveReport& all,
                        const Limits& limits) {
  // As in a shell, wildcards stand for what is there before the first is removed.
  std::vector<std::string> uris;
  for (const std::string& text : options.uris) {
    auto found = places.expand(text, limits);
    if (found) {
      std::ranges::move(*found, std::back_inserter(uris));
    } else {
      TRY(keep(options, text, std::move(found).error(), all.failures));
    }
  }
  for (const std::string& uri : uris) {
    auto removed = remove_one(places, options, uri, limits);
    if (!removed) {
      TRY(keep(options, uri, std::move(removed).error(), all.failures));
      continue;
    }
    all.files += removed->files;
    all.directories += removed->directories;
    std::ranges::move(removed->failures, std::back_inserter(all.failures));
  }
  return {};
}

void run(Context& context, const Options& options) {
  const Interruption interruption;
  Places places(context);
  transfer::RemoveReport all;
  const auto removed = remove_all(places, options, all, interruption.limits());
  if (!removed) {
    report_failures(all.failures);
    return report(context, removed.error(), interruption);
  }
  report_failures(all.failures);
  if (context.json) {
    Output().json({{"files", all.files},
                   {"directories", all.directories},
                   {"failures", to_json(all.failures)}});
  }
  context.exit_code = all.failures.empty() ? kSuccess : kFailed;
}

}  // namespace

void add_rm_command(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("rm", "Remove what is in containers");
  const auto options = std::make_shared<Options>();
  command->add_option("URI", options->uris, "az://ACCOUNT/CONTAINER/PATH, also with * ? [ ] and **")
      ->required();
  command->add_flag("-r,-R,--recursive", options->recursive,
                    "Remove directories with all that is in them");
  command->add_flag("-f,--force", options->force, "What is not there is no failure");
  command->add_flag("--container", options->container,
                    "Remove az://ACCOUNT/CONTAINER itself, with everything");
  add_selection_options(*command, options->rules);
  add_json_option(*command, context, "how much was removed");
  command->footer(
      "With --include or --exclude, directories stay; only files and links in them go.\n\n"
      "  aloft rm 'az://mylab/project/results/*.tmp'\n"
      "  aloft rm -r --include '*.tmp' az://mylab/project/results");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace aloft::cli
