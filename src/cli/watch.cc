// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <span>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/interruption.h"
#include "cli/job_home.h"
#include "cli/job_text.h"
#include "cli/output.h"
#include "cli/progress_bar.h"

namespace aloft::cli {
namespace {

constexpr auto kPause = std::chrono::milliseconds(500);

bool has_ended(const executor::JobStatus& job) {
  return std::ranges::all_of(job.tasks, [](const executor::TaskStatus& task) {
    return task.phase == executor::TaskPhase::ended;
  });
}

bool has_succeeded(const executor::JobStatus& job) {
  return std::ranges::all_of(job.tasks, [](const executor::TaskStatus& task) {
    return task.record && task.record->exit_class == ExitClass::succeeded;
  });
}

/// On a terminal one line that is drawn anew, else a line for each change.
class View {
 public:
  View(Output& output, bool json) : output_(output), json_(json) {}

  void show(const executor::JobStatus& job) {
    // The last column stays free: some terminals would go to the next line.
    const std::size_t columns =
        output_.is_terminal() ? terminal_columns(STDOUT_FILENO) - 1 : kHelpColumns;
    const std::string line = json_ ? to_json(counts_of(job)).dump() : watch_line(job, columns);
    if (line == shown_) return;
    shown_ = line;
    if (drawn()) {
      draw("\r" + line + "\033[K");
    } else {
      output_.line(line);
      output_.flush();
    }
  }

  void end() {
    if (drawn()) draw("\n");
  }

 private:
  bool drawn() const { return !json_ && output_.is_terminal(); }
  void draw(std::string_view text) { output_.bytes(std::as_bytes(std::span(text))); }

  Output& output_;
  const bool json_;
  std::string shown_{};
};

Result<void> watch(const std::string& id, Context& context) {
  const Interruption interruption;
  const auto executor = TRY(open_jobs(context, interruption.limits().stop));
  Output output;
  View view(output, context.json);
  while (true) {
    const auto job = TRY(look_at(*executor, id));
    view.show(job);
    const bool ended = has_ended(job);
    if (ended && !has_succeeded(job)) context.exit_code = kFailed;
    if (ended ||
        !system_clock().sleep_until(system_clock().now() + kPause, interruption.limits().stop)) {
      view.end();
      if (!ended) context.exit_code = interruption.exit_code();
      return {};
    }
  }
}

}  // namespace

void add_watch_command(CLI::App& app, Context& context) {
  auto id = std::make_shared<std::string>();
  auto* command = app.add_subcommand("watch", "Follow a job until it has ended");
  command->footer("Exits 0 if all tasks succeeded, else 1. Ctrl-C ends the watching, not the job.");
  command->add_option("ID", *id, "ID of a job, or ID_INDEX of one element of an array")->required();
  add_home_option(*command, context);
  add_json_option(*command, context, "a line for each change");
  command->callback([id, &context] {
    if (const auto watched = watch(*id, context); !watched) report(context, watched.error());
  });
}

}  // namespace aloft::cli
