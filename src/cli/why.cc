// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/command.h"
#include "cli/job_home.h"
#include "cli/job_text.h"
#include "cli/output.h"

namespace aloft::cli {
namespace {

Result<void> show_why(const std::string& id, Context& context) {
  const auto executor = TRY(open_jobs(context));
  const auto job = TRY(look_at(*executor, id));
  Output output;
  if (context.json) {
    auto document = nlohmann::json::array();
    for (const auto& task : job.tasks) {
      document.push_back({{"task", to_text(task.name)}, {"why", why_text(task)}});
    }
    output.json(document);
    return {};
  }
  for (const std::string& line : why_lines(job)) output.line(line);
  return {};
}

}  // namespace

void add_why_command(CLI::App& app, Context& context) {
  auto id = std::make_shared<std::string>();
  auto* command = app.add_subcommand("why", "Say why a task has not started, or how it ended");
  command->add_option("ID", *id, "ID of a job, or ID_INDEX of one element of an array")->required();
  add_home_option(*command, context);
  add_json_option(*command, context, "each task with its reason");
  command->callback([id, &context] {
    if (const auto shown = show_why(*id, context); !shown) report(context, shown.error());
  });
}

}  // namespace aloft::cli
