// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/job_home.h"
#include "cli/job_text.h"
#include "cli/output.h"

namespace aloft::cli {
namespace {

Result<void> list_jobs(Context& context) {
  const auto executor = TRY(open_jobs(context));
  const auto jobs = TRY(executor->list());
  Output output;
  if (context.json) {
    auto document = nlohmann::json::array();
    for (const auto& job : jobs) document.push_back(to_json(job));
    output.json(document);
    return {};
  }
  for (const std::string& line : list_lines(jobs)) output.line(line);
  return {};
}

}  // namespace

void add_jobs_command(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("jobs", "List all jobs, newest first");
  add_home_option(*command, context);
  add_json_option(*command, context, "the list");
  command->callback([&context] {
    if (const auto listed = list_jobs(context); !listed) report(context, listed.error());
  });
}

}  // namespace aloft::cli
