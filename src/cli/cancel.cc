// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/command.h"
#include "cli/failures.h"
#include "cli/job_home.h"
#include "cli/output.h"

namespace aloft::cli {
namespace {

Result<void> cancel(const std::vector<std::string>& texts, Context& context) {
  std::vector<workload::TaskName> names;
  for (const std::string& text : texts) names.push_back(TRY(workload::parse_task_name(text)));
  const auto executor = TRY(open_jobs(context));
  std::size_t count = 0;
  for (const auto& name : names) count += TRY(executor->cancel(name));
  Output output;
  if (context.json) {
    output.json({{"cancelled", count}});
  } else if (count == 0) {
    output.line("nothing to cancel: all tasks had ended");
  } else {
    output.line("cancelling " + counted(count, "task"));
  }
  return {};
}

}  // namespace

void add_cancel_command(CLI::App& app, Context& context) {
  auto ids = std::make_shared<std::vector<std::string>>();
  auto* command = app.add_subcommand("cancel", "End a job, or one element of an array");
  command->add_option("ID", *ids, "ID of a job, or ID_INDEX of one element of an array")
      ->required();
  add_home_option(*command, context);
  add_json_option(*command, context, "how many tasks had not ended");
  command->callback([ids, &context] {
    if (const auto done = cancel(*ids, context); !done) report(context, done.error());
  });
}

}  // namespace aloft::cli
