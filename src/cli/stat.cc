// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/byte_size.h"
#include "cli/command.h"
#include "cli/entry_text.h"
#include "cli/interruption.h"
#include "cli/output.h"
#include "cli/places.h"

namespace aloft::cli {

namespace {

void print_field(Output& output, std::string_view name, std::string_view value) {
  if (!value.empty()) output.line(fmt::format("{:>10}: {}", name, output.name(value)));
}

std::string mode_and_octal(const transfer::FileAttributes& attributes) {
  if (!attributes.permissions) return mode_text(attributes) + " (not stored)";
  return fmt::format("{} ({:04o})", mode_text(attributes), *attributes.permissions);
}

void print_object(Output& output, const nlohmann::json& object) {
  for (const auto& [field, name] : {std::pair("key", "object"),
                                    {"kind", "blob kind"},
                                    {"etag", "etag"},
                                    {"access_tier", "tier"},
                                    {"last_modified", "modified"}}) {
    if (object.contains(field)) print_field(output, name, object[field].get<std::string>());
  }
  for (const char* group : {"properties", "metadata"}) {
    for (const auto& [name, value] : object[group].items()) {
      print_field(output, group, name + " = " + value.get<std::string>());
    }
  }
}

void print(Output& output, const std::string& shown, const transfer::Entry& entry) {
  const auto id = [](const auto& value) { return value ? std::to_string(*value) : "not stored"; };
  print_field(output, "name", shown);
  print_field(output, "kind", transfer::name_of(entry.kind()));
  print_field(output, "target", entry.link_target);
  print_field(output, "size",
              fmt::format("{} ({})", entry.size_bytes, format_byte_size(entry.size_bytes)));
  print_field(output, "mode", mode_and_octal(entry.attributes));
  print_field(output, "owner", id(entry.attributes.uid));
  print_field(output, "group", id(entry.attributes.gid));
  const nlohmann::json json = to_json(entry);
  print_field(output, "mtime", json.value("mtime", "not stored"));
  if (json.contains("object")) print_object(output, json["object"]);
}

Result<void> show(Places& places, const std::string& text, bool follow, Output& output,
                  nlohmann::json* list, const Limits& limits) {
  const transfer::Place place = TRY(places.place(text));
  transfer::Located at =
      TRY(locate(place, follow ? transfer::Links::follow : transfer::Links::keep, limits));
  if (at.entry.kind() == transfer::FileKind::symlink) {
    at.entry.link_target = TRY(at.tree().link_target(at.entry, limits));
  }
  const std::string shown = at.shown();
  if (list == nullptr) {
    print(output, shown, at.entry);
  } else {
    list->push_back(to_json(at.entry));
    list->back()["path"] = shown;
  }
  return {};
}

void run(Context& context, const std::vector<std::string>& texts, bool follow) {
  const Interruption interruption;
  Places places(context);
  Output output;
  nlohmann::json list = nlohmann::json::array();
  const bool ended =
      !for_each_named(context, places, texts, interruption, [&](const std::string& text) {
        return show(places, text, follow, output, context.json ? &list : nullptr,
                    interruption.limits());
      });
  if (!ended && context.json) output.json({{"entries", std::move(list)}});
}

}  // namespace

void add_stat_command(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("stat", "Show the attributes of files and of the blobs that hold them");
  const auto places = std::make_shared<std::vector<std::string>>();
  const auto follow = std::make_shared<bool>(false);
  command
      ->add_option("PLACE", *places,
                   "az://ACCOUNT/CONTAINER[/PATH], also with * ? [ ] and **, or paths of "
                   "this machine")
      ->required();
  command->add_flag("-L,--dereference", *follow, "Follow symbolic links");
  add_json_option(*command, context, "the same");
  command->callback([&context, places, follow] { run(context, *places, *follow); });
}

}  // namespace aloft::cli
