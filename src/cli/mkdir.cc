// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/output.h"
#include "cli/places.h"
#include "transfer/create_directory.h"

namespace aloft::cli {

namespace {

struct Options {
  std::vector<std::string> uris;
  bool parents = false;
};

transfer::FileAttributes new_directory() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return {.kind = transfer::FileKind::directory,
          .permissions = 0777 & ~mask,
          .uid = ::geteuid(),
          .gid = ::getegid(),
          .mtime = system_clock().wall_now().time_since_epoch()};
}

Result<void> make_container(Places& places, const azure::BlobUri& uri, bool parents,
                            const Limits& limits) {
  const auto account = TRY(places.account(uri.account));
  auto made = account->create_container(uri.container, limits);
  if (made || made.error().code != ErrorCode::already_exists) return made;
  if (parents) return {};
  return fail(ErrorCode::already_exists,
              "the container az://" + uri.account + "/" + uri.container + " is there already");
}

Result<void> make_one(Places& places, const std::string& text, bool parents, const Limits& limits) {
  const azure::BlobUri uri = TRY(require_uri(text, "mkdir"));
  const transfer::Place place = TRY(places.place(uri));
  const std::string path = TRY(transfer::normalized(place.path));
  if (path.empty()) return make_container(places, uri, parents, limits);
  transfer::ObjectTree tree(place.store);
  if (parents) TRY(make_container(places, uri, parents, limits));
  auto made =
      create_directory(tree, path, {.attributes = new_directory(), .parents = parents}, limits);
  if (made || parents || made.error().code != ErrorCode::not_found) return made;
  Error error = std::move(made).error();
  error.message += "; -p makes what is missing above";
  return fail(std::move(error));
}

void run(Context& context, const Options& options) {
  const Interruption interruption;
  Places places(context);
  nlohmann::json made = nlohmann::json::array();
  for (const std::string& uri : options.uris) {
    const auto done = make_one(places, uri, options.parents, interruption.limits());
    if (done) {
      made.push_back(uri);
    } else if (!report_and_go_on(context, done.error(), interruption)) {
      return;
    }
  }
  if (context.json) Output().json({{"made", std::move(made)}});
}

}  // namespace

void add_mkdir_command(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("mkdir", "Make containers and directories in them");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("URI", options->uris,
                   "az://ACCOUNT/CONTAINER makes the container, az://ACCOUNT/CONTAINER/PATH a "
                   "directory in it")
      ->required();
  command->add_flag("-p,--parents", options->parents,
                    "Also make what is missing above; content where it is there already");
  add_json_option(*command, context, "what was made");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace aloft::cli
