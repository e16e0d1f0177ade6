// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/byte_size.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/entry_text.h"
#include "cli/failures.h"
#include "cli/interruption.h"
#include "cli/output.h"
#include "cli/places.h"

namespace aloft::cli {

namespace {

struct Options {
  std::vector<std::string> places{"."};
  bool long_form = false;
  bool recursive = false;
  bool human = false;
};

/// Prints entries as they come, or gathers them for JSON.
class Listing {
 public:
  Listing(const Options& options, bool json) : options_(options), json_(json) {}

  /// In front of what is in a directory, where there are several.
  void heading(const std::string& text, bool blank_line) {
    if (json_) return;
    if (blank_line) output_.line("");
    output_.line(output_.name(text) + ":");
  }

  void container(const std::string& name) {
    if (json_) {
      entries_.push_back({{"path", name}, {"kind", "container"}});
    } else {
      output_.line(output_.name(name));
    }
  }

  /// `name`: the path as it is shown. A link whose target cannot be read is shown without it.
  Result<void> entry(transfer::Tree& tree, transfer::Entry entry, std::string name,
                     const Limits& limits) {
    const bool wants_target = options_.long_form || json_;
    if (wants_target && entry.kind() == transfer::FileKind::symlink) {
      auto target = tree.link_target(entry, limits);
      if (target) {
        entry.link_target = std::move(*target);
      } else if (target.error().code == ErrorCode::cancelled) {
        return fail(std::move(target).error());
      } else {
        failed(tree.name_of(entry.path), std::move(target).error());
      }
    }
    if (json_) {
      entry.path = std::move(name);
      entries_.push_back(to_json(entry));
    } else {
      output_.line(output_.name(options_.long_form ? long_line(entry, name) : name));
    }
    return {};
  }

  /// Keeps what could not be read for the end.
  void failed(std::string name, Error error) {
    failures_.push_back({.name = std::move(name), .error = std::move(error)});
  }
  const std::vector<transfer::Failure>& failures() const { return failures_; }

  void end() {
    if (json_) output_.json({{"entries", std::move(entries_)}});
    output_.flush();
  }

 private:
  std::string long_line(const transfer::Entry& entry, const std::string& name) const {
    const auto id = [](const auto& value) { return value ? std::to_string(*value) : "-"; };
    const std::string size =
        options_.human ? format_byte_size(entry.size_bytes) : std::to_string(entry.size_bytes);
    std::string line = fmt::format("{} {:>6} {:>6} {:>12} {} {}", mode_text(entry.attributes),
                                   id(entry.attributes.uid), id(entry.attributes.gid), size,
                                   time_text(entry), name);
    if (!entry.link_target.empty()) line += " -> " + entry.link_target;
    return line;
  }

  const Options& options_;
  const bool json_;
  Output output_;
  nlohmann::json entries_ = nlohmann::json::array();
  std::vector<transfer::Failure> failures_;
};

Result<void> list_account(Places& places, const azure::BlobUri& uri, Listing& listing,
                          const Limits& limits) {
  const auto account = TRY(places.account(uri.account));
  for (const std::string& name : TRY(account->list_containers(limits))) listing.container(name);
  return {};
}

Result<void> list_below(const transfer::Located& at, bool recursive, Listing& listing,
                        const Limits& limits) {
  transfer::Tree& tree = at.tree();
  const auto below = [&](const transfer::Entry& entry) {
    return at.path.empty() ? entry.path : entry.path.substr(at.path.size() + 1);
  };
  if (!recursive) {
    for (transfer::Entry& entry : TRY(tree.children(at.path, limits))) {
      std::string name = below(entry);
      TRY(listing.entry(tree, std::move(entry), std::move(name), limits));
    }
    return {};
  }
  const transfer::Visitor visitor{
      .found =
          [&](transfer::Entry entry) {
            std::string name = below(entry);
            return listing.entry(tree, std::move(entry), std::move(name), limits);
          },
      .failed = [&](std::string name,
                    Error error) { listing.failed(std::move(name), std::move(error)); }};
  return tree.walk(at.path, visitor, limits);
}

/// What the arguments name, in the order of ls(1): what is no directory first, at once.
class NamedPlaces {
 public:
  NamedPlaces(Places& places, const Options& options, Listing& listing, const Limits& limits)
      : places_(places), options_(options), listing_(listing), limits_(limits) {}

  Result<void> list_or_keep(const std::string& text) {
    ++named_;
    if (azure::looks_like_blob_uri(text)) {
      azure::BlobUri uri = TRY(azure::parse_blob_uri(text));
      if (uri.container.empty()) {
        kept_.push_back({.text = text, .account = std::move(uri)});
        return {};
      }
    }
    const transfer::Place place = TRY(places_.place(text));
    // As ls does: the long form shows a link itself.
    const auto links = options_.long_form ? transfer::Links::keep : transfer::Links::follow;
    transfer::Located at = TRY(locate(place, links, limits_));
    if (at.entry.kind() != transfer::FileKind::directory) {
      anything_ = true;
      return listing_.entry(at.tree(), at.entry, text, limits_);
    }
    kept_.push_back({.text = text, .at = std::move(at)});
    return {};
  }

  /// False where a signal ends the command.
  bool list_kept(Context& context, const Interruption& interruption) {
    for (const Kept& kept : kept_) {
      if (named_ > 1) listing_.heading(kept.text, std::exchange(anything_, true));
      const auto listed = list(kept);
      if (!listed && !report_and_go_on(context, listed.error(), interruption)) return false;
    }
    return true;
  }

 private:
  struct Kept {
    std::string text;
    std::optional<azure::BlobUri> account{};  // Its containers are meant.
    transfer::Located at{};
  };

  Result<void> list(const Kept& kept) {
    if (kept.account) return list_account(places_, *kept.account, listing_, limits_);
    return list_below(kept.at, options_.recursive, listing_, limits_);
  }

  Places& places_;
  const Options& options_;
  Listing& listing_;
  const Limits& limits_;
  std::vector<Kept> kept_;
  std::size_t named_ = 0;
  bool anything_ = false;  // Is printed, so that a heading needs a blank line.
};

void run(Context& context, const Options& options) {
  const Interruption interruption;
  const Limits limits = interruption.limits();
  Places places(context);
  Listing listing(options, context.json);
  NamedPlaces each(places, options, listing, limits);
  const auto keep = [&](const std::string& text) { return each.list_or_keep(text); };
  if (!for_each_named(context, places, options.places, interruption, keep)) return;
  if (!each.list_kept(context, interruption)) return;
  listing.end();
  report_failures(listing.failures());
  if (!listing.failures().empty()) context.exit_code = std::max<int>(context.exit_code, kFailed);
}

}  // namespace

void add_ls_command(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("ls", "List containers, directories and files");
  const auto options = std::make_shared<Options>();
  command->add_option("PLACE", options->places,
                      "az://ACCOUNT for its containers, az://ACCOUNT/CONTAINER[/PATH], also with * "
                      "? [ ] and **, or paths of this machine (default: here)");
  command->add_flag("-l,--long", options->long_form,
                    "Mode, owner, group, size in bytes, time and name; \"?\" and \"-\" where "
                    "nobody stored them");
  command->add_flag("-R,-r,--recursive", options->recursive,
                    "Everything below, one path on a line");
  add_human_option(*command, options->human);
  add_json_option(*command, context, "all that is known of each entry");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace aloft::cli
