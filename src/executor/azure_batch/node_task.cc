// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/node_task.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "azure/names/blob_uri.h"
#include "base/file.h"
#include "base/log/log.h"
#include "executor/azure_batch/dependency_check.h"
#include "executor/azure_batch/home.h"
#include "executor/azure_batch/node_accounts.h"
#include "executor/supervisor/end_signals.h"
#include "executor/supervisor/patience.h"
#include "executor/supervisor/supervisor.h"
#include "process/process_table.h"

namespace aloft::executor {
namespace {

using workload::TaskName;
using WallClock = std::chrono::system_clock;

constexpr auto kDaemonEndMax = std::chrono::seconds(60);
/// A task that is lost this often takes its node down itself.
constexpr std::uint32_t kAttemptsMax = 10;
/// Shown by Batch for an attempt that left no record, so that nobody takes it for a success.
constexpr int kNotEnded = 125;

Limits step_limits() {
  return Limits::within(kAttemptTimeMax);
}

bool is_any(const Error&) {
  return true;
}

ExitRecord ended_now(ExitClass exit_class, std::string message) {
  return {.exit_class = exit_class, .message = std::move(message), .ended = WallClock::now()};
}

/// What a variable says about the machine of the submitter, a node must not believe.
bool is_of_machine(const std::string& name) {
  constexpr std::array<std::string_view, 2> kNames{"HOME", "TMPDIR"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         name.starts_with("XDG_") || name.starts_with("ALOFT_");
}

int code_in_batch(const ExitRecord& record) {
  const bool never_started =
      !record.code && (record.exit_class == ExitClass::cancelled ||
                       record.exit_class == ExitClass::dependency_not_satisfied);
  if (record.exit_class == ExitClass::succeeded || never_started) return 0;
  const int code = record.code.value_or(1);
  return code == 0 ? 1 : code;
}

class NodeTask {
 public:
  /// Opens the home and reads the job.
  static Result<NodeTask> open(const NodeTaskOptions& options) {
    const azure::BlobUri uri = TRY(azure::parse_blob_uri(options.home));
    std::vector<AccountPlace> places;
    if (!options.home_endpoint.empty()) {
      places.push_back({.name = uri.account, .endpoint = options.home_endpoint});
    }
    auto accounts = TRY(accounts_for(options, places));
    const auto account = TRY(options.open_accounts(accounts.lookup())(uri.account));
    BatchHome home(account->container(uri.container));
    const auto read_job = [&](const Limits& limits) { return home.job(options.job, limits); };
    const EndSignalWatch told_to_end;
    JobRecord record = TRY(patiently(options.home_pause, told_to_end.token(), read_job));
    const TaskName task = TRY(record.task_of(options.number));
    for (const AccountPlace& place : record.accounts) {
      if (place.name != uri.account) places.push_back(place);
    }
    accounts = TRY(accounts_for(options, places));
    return NodeTask(options, std::move(home), std::move(record), task, std::move(accounts));
  }

  Result<int> run() {
    const auto earlier = TRY(with_patience(
        [&](const Limits& limits) { return home_.exit(record_.id, options_.number, limits); }));
    if (earlier) return code_in_batch(*earlier);
    auto end = with_patience([&](const Limits& limits) { return end_before_start(limits); });
    if (end && !*end) {
      end = run_attempt();
      if (end && !*end) return kNotEnded;
    }
    // It has not begun: a record would keep it from its next attempt, and the home is not there.
    if (!end && end.error().code == ErrorCode::cancelled) return fail(end.error());
    ExitRecord exit = end ? **end : ended_now(ExitClass::start_failed, end.error().message);
    if (!options_.node.empty()) exit.node = options_.node;
    TRY(keep_exit(exit));
    return code_in_batch(exit);
  }

 private:
  NodeTask(const NodeTaskOptions& options, BatchHome home, JobRecord record, TaskName task,
           NodeAccounts accounts)
      : options_(options),
        home_(std::move(home)),
        record_(std::move(record)),
        task_(task),
        accounts_(std::move(accounts)) {}

  std::string own_directory() const { return options_.directory + "/" + kTaskFiles; }

  static Result<NodeAccounts> accounts_for(const NodeTaskOptions& options,
                                           const std::vector<AccountPlace>& places) {
    if (places.empty()) return NodeAccounts::of_node(options.environment);
    return NodeAccounts::of_task(
        {.directory = options.directory, .places = places, .client_id = options.client_id},
        options.environment);
  }

  template <class Call>
  auto with_patience(Call call) const -> decltype(call(Limits())) {
    const EndSignalWatch told_to_end;
    return patiently(options_.home_pause, told_to_end.token(), call);
  }

  bool may_be_repeated() const {
    return record_.job.requeue.value_or(true) && attempt_ < kAttemptsMax;
  }

  /// How a task ends that must not be started (again); none for the others.
  Result<std::optional<ExitRecord>> end_before_start(const Limits& limits) {
    if (TRY(home_.cancel_requested(task_, limits))) {
      return ended_now(ExitClass::cancelled, "cancelled before it started");
    }
    const auto before = TRY(home_.start(record_.id, options_.number, limits));
    if (before) {
      attempt_ = before->attempt;
      if (!may_be_repeated()) {
        return ended_now(ExitClass::lost,
                         fmt::format("its node {} was lost while it ran", before->node));
      }
      ++attempt_;
      return std::nullopt;
    }
    const auto unmet = TRY(unmet_dependency(home_, record_, task_, limits));
    if (!unmet) return std::nullopt;
    return ended_now(ExitClass::dependency_not_satisfied, *unmet);
  }

  /// None if the node was taken away and the task may run again.
  Result<std::optional<ExitRecord>> run_attempt() {
    const TaskDirectory directory(fmt::format("{}/task.{}", own_directory(), attempt_));
    TRY(make_private_directory(own_directory()));
    const TaskSpec spec = TRY(prepare());
    TRY(directory.create(spec));
    TRY(with_patience([&](const Limits& limits) { return write_start(limits); }));
    TRY(supervise({.task_directory = directory.path(),
                   .launcher = options_.launcher,
                   .open_accounts = options_.open_accounts,
                   .runner = options_.runner,
                   .commit_interval = options_.commit_interval,
                   .storage_pause = options_.home_pause}));
    end_processes();
    const auto end = TRY(directory.exit());
    if (!end) return ended_now(ExitClass::lost, "its attempt had begun before on this node");
    return judge_end(*end);
  }

  Result<void> write_start(const Limits& limits) {
    const AttemptRecord record{
        .attempt = attempt_, .started = WallClock::now(), .node = options_.node};
    return home_.write_start(record_.id, options_.number, record, limits);
  }

  /// A supervisor that was told to end takes it for a cancellation; only the home knows of one. If
  /// it cannot be asked before the node is gone, none is known of.
  Result<std::optional<ExitRecord>> judge_end(const ExitRecord& end) {
    if (end.exit_class != ExitClass::cancelled) return end;
    const auto cancelled = home_.cancel_requested(task_, step_limits());
    if (cancelled && *cancelled) return end;
    if (may_be_repeated()) return std::nullopt;
    ExitRecord lost = end;
    lost.exit_class = ExitClass::lost;
    lost.message = "its node was taken away while it ran";
    return lost;
  }

  Result<TaskSpec> prepare() {
    const std::string directory = own_directory() + "/script";
    const std::string script =
        TRY(with_patience([&](const Limits& limits) { return home_.script(record_.id, limits); }));
    TRY(make_private_directory(directory));
    TaskSpec spec{.job_id = record_.id,
                  .name = task_,
                  .number = options_.number,
                  .attempt = attempt_,
                  .script = directory + "/slurm_script",
                  .job = record_.job};
    TRY(replace_file(spec.script, script, 0700));
    std::erase_if(spec.job.environment,
                  [](const auto& variable) { return is_of_machine(variable.first); });
    spec.job.account_environment = accounts_.variables();
    // Accounts may be found by it, so the task must not have another one.
    const auto home = accounts_.variables().find("HOME");
    if (home != accounts_.variables().end()) spec.job.environment.insert(*home);
    spec.job.hints.try_emplace("partition", record_.pool);
    return spec;
  }

  /// The daemon that served this task's files goes with it: what it had to store is stored, as
  /// `aloft run` ends only then.
  void end_processes() {
    if (options_.home_endpoint.empty()) return;  // The node's own daemon may serve others.
    ProcessOptions stop{.command = {options_.launcher, "daemon", "--stop"}};
    stop.environment.emplace();
    for (const auto& [name, value] : accounts_.variables()) {
      stop.environment->push_back(name + "=" + value);
    }
    const auto stopping = options_.runner->start(stop);
    if (stopping) static_cast<void>((*stopping)->wait(Limits::within(kDaemonEndMax)));
    if (const auto killed = kill_descendants(); !killed) {
      log(LogLevel::warning, "{}", killed.error().message);
    }
  }

  /// Everything that waits for the task waits for this record, so every failure is tried again,
  /// also when this process is told to end: it may be killed before the record is there, but does
  /// not give it up.
  Result<void> keep_exit(const ExitRecord& exit) {
    const auto write = [&](const Limits& limits) -> Result<void> {
      auto kept = home_.write_exit(record_.id, options_.number, exit, limits);
      // Somebody who cancelled the task may have been first.
      if (!kept && kept.error().code == ErrorCode::already_exists) return {};
      return kept;
    };
    return patiently(options_.home_pause, {}, write, is_any);
  }

  const NodeTaskOptions& options_;
  BatchHome home_;
  const JobRecord record_;
  const TaskName task_;
  const NodeAccounts accounts_;
  std::uint32_t attempt_ = 1;
};

}  // namespace

Result<int> run_node_task(const NodeTaskOptions& options) {
  return TRY(NodeTask::open(options)).run();
}

}  // namespace aloft::executor
