// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/command.h"
#include "cli/job_home.h"
#include "cli/job_text.h"
#include "cli/output.h"

namespace aloft::cli {
namespace {

Result<void> show_status(const std::string& id, Context& context) {
  const auto executor = TRY(open_jobs(context));
  const auto job = TRY(look_at(*executor, id));
  Output output;
  if (context.json) {
    output.json(to_json(job));
    return {};
  }
  for (const std::string& line : job_lines(job)) output.line(line);
  return {};
}

}  // namespace

void add_status_command(CLI::App& app, Context& context) {
  auto id = std::make_shared<std::string>();
  auto* command = app.add_subcommand("status", "Show a job and its tasks");
  command->add_option("ID", *id, "ID of a job, or ID_INDEX of one element of an array")->required();
  add_home_option(*command, context);
  add_json_option(*command, context, "the job and its tasks");
  command->callback([id, &context] {
    if (const auto shown = show_status(*id, context); !shown) report(context, shown.error());
  });
}

}  // namespace aloft::cli
