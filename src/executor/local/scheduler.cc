// SPDX-License-Identifier: Apache-2.0
#include "executor/local/scheduler.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/log/log.h"

namespace aloft::executor {
namespace {

using workload::TaskName;
using WallClock = std::chrono::system_clock;

/// The longest pause: what nobody told (a submitter killed before it could, a removed home) is seen
/// then.
constexpr auto kLookAgain = std::chrono::milliseconds(1000);
/// Pause while a supervisor that another scheduler started is not yet known by its record.
constexpr auto kLookSoon = std::chrono::milliseconds(20);
/// A supervisor that cannot begin (full disk, missing program) is tried this often.
constexpr int kStartsMax = 3;
/// A task that is lost this often takes its supervisor down itself.
constexpr std::uint32_t kAttemptsMax = 10;

/// Only what the job itself carries: a supervisor must not depend on who started the scheduler.
std::vector<std::string> supervisor_environment(const workload::Job& job) {
  std::vector<std::string> variables{"PATH=/usr/local/bin:/usr/bin:/bin"};
  for (const auto& [name, value] : job.account_environment) {
    variables.push_back(fmt::format("{}={}", name, value));
  }
  return variables;
}

UniqueFd watch_process(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace

Scheduler::Scheduler(JobHome home, UniqueFd lock, SchedulerOptions options)
    : home_(std::move(home)),
      lock_(std::move(lock)),
      options_(std::move(options)),
      slots_(options_.capacity) {}

Result<void> Scheduler::run(const std::function<void()>& ready) {
  // Read and write: with a writer of its own the FIFO never reports the end of the file.
  wake_ = TRY(open_file(home_.wake_fifo(), O_RDWR | O_NONBLOCK));
  // The exit records are the truth, so the database may lag behind them after a power cut.
  store_ = TRY(home_.open_store(sqlite::Sync::normal));
  TRY(load_jobs());
  ready();
  while (home_.still_there(lock_)) {
    TRY(act_on_changes());
    for (auto entry = active_.begin(); entry != active_.end();) {
      Active& active = entry->second;
      bool ended = false;
      if (!active.process && !active.adopted) ended = TRY(examine(active));
      entry = ended ? active_.erase(entry) : std::next(entry);
    }
    TRY(settle());
    TRY(start_runnable());
    if (TRY(may_end())) return {};
    TRY(wait_for_events());
  }
  log(LogLevel::info, "the job home {} was removed: the scheduler ends", home_.path());
  return {};
}

Result<void> Scheduler::load_jobs() {
  for (const workload::JobId id : TRY(store_->unfinished_jobs(last_loaded_))) {
    StoredJob stored = TRY(store_->job(id));
    TRY(add_to_graph(*store_, stored, graph_));
    for (const StoredTask& task : stored.tasks) {
      if (task.phase == TaskPhase::running) TRY(adopt(task, stored));
    }
    stored.tasks.erase(
        std::remove_if(stored.tasks.begin(), stored.tasks.end(),
                       [](const StoredTask& task) { return task.phase == TaskPhase::ended; }),
        stored.tasks.end());
    last_loaded_ = std::max(last_loaded_, id);
    jobs_.insert_or_assign(id, std::move(stored));
  }
  return {};
}

Result<void> Scheduler::adopt(const StoredTask& task, const StoredJob& stored) {
  Active active{.task = task,
                .taken = needed_by(stored.job.resources, slots_.whole()),
                .requeue = stored.job.requeue.value_or(false),
                .grace = stored.job.grace,
                .process = nullptr,
                .adopted = {}};
  slots_.take(active.taken);
  active_.insert_or_assign(task.name, std::move(active));
  return {};
}

Result<void> Scheduler::act_on_changes() {
  const std::uint64_t version = TRY(store_->data_version());
  if (version == seen_version_) return {};
  seen_version_ = version;
  TRY(load_jobs());
  for (const TaskName& name : TRY(store_->cancel_requests())) TRY(cancel(name));
  return {};
}

Result<void> Scheduler::cancel(const TaskName& name) {
  if (const auto active = active_.find(name); active != active_.end()) {
    active->second.task.cancel_requested = true;
    tell_to_end(active->second);
    return {};
  }
  if (!graph_.contains(name.job) || !graph_.is_waiting(name)) return {};
  const ExitRecord record{.exit_class = ExitClass::cancelled,
                          .message = "cancelled before it started",
                          .ended = WallClock::now()};
  const StoredTask task = TRY(store_->task(name));
  TRY(store_->mark_ended(task.number, record));
  graph_.end(name, record.exit_class);
  return {};
}

void Scheduler::tell_to_end(Active& active) {
  if (active.told_to_end) return;
  if (active.process) {
    active.told_to_end = active.process->signal(SIGTERM).has_value();
  } else if (active.adopted) {
    active.told_to_end =
        ::syscall(SYS_pidfd_send_signal, active.adopted.get(), SIGTERM, nullptr, 0) == 0;
  }
}

Result<void> Scheduler::settle() {
  const auto unsatisfied = graph_.settle(WallClock::now());
  if (unsatisfied.empty()) return {};
  sqlite::Transaction transaction = TRY(store_->begin());
  for (const auto& [name, reason] : unsatisfied) {
    const ExitRecord record{.exit_class = ExitClass::dependency_not_satisfied,
                            .message = reason,
                            .ended = WallClock::now()};
    const StoredTask task = TRY(store_->task(name));
    TRY(store_->mark_ended(task.number, record));
  }
  return transaction.commit();
}

Result<void> Scheduler::start_runnable() {
  for (const TaskName& name : graph_.runnable(WallClock::now(), slots_.whole().cpus)) {
    const workload::Job& job = jobs_.at(name.job).job;
    if (!slots_.fits(needed_by(job.resources, slots_.whole()))) {
      // Another machine's database, or fewer processors than at submission: alone it may run.
      if (!active_.empty()) break;
    }
    TRY(start_task(name));
  }
  return {};
}

Result<void> Scheduler::start_task(const TaskName& name) {
  const StoredJob& stored = jobs_.at(name.job);
  StoredTask task = TRY(store_->task(name));
  const auto now = WallClock::now();
  ++task.attempt;
  TRY(store_->mark_running(task.number, task.attempt, now));
  graph_.start(name, now);
  TRY(adopt(task, stored));
  // A power cut may have taken back that this attempt was begun: then its records are there, and
  // the examination finds them instead of starting it again.
  Active& active = active_.at(name);
  if (TRY(examine(active))) active_.erase(name);
  return {};
}

Result<bool> Scheduler::examine(Active& active) {
  const TaskDirectory directory = directory_of(active);
  if (auto record = TRY(directory.exit())) return take_end(active, *record);
  const bool known = std::filesystem::exists(directory.path());
  bool locked = false;
  if (known) {
    // Given back at once: a supervisor that is just starting would take us for another one.
    const auto lock = TRY(directory.try_lock());
    locked = !lock.has_value();
  }
  const auto start = known ? TRY(directory.start()) : std::nullopt;
  if (locked) {
    if (start && is_alive(start->supervisor)) {
      active.adopted = watch_process(start->supervisor.pid);
      if (active.task.cancel_requested) tell_to_end(active);
    }
    return false;  // Not yet known by its record: looked at again soon.
  }
  // It may have written its record and ended since the first look.
  if (auto record = TRY(directory.exit())) return take_end(active, *record);
  if (start) return take_loss(active, *start);
  if (active.task.cancel_requested) {
    return take_end(active, {.exit_class = ExitClass::cancelled,
                             .message = "cancelled before it started",
                             .ended = WallClock::now()});
  }
  if (active.starts >= kStartsMax) {
    return take_end(active, {.exit_class = ExitClass::start_failed,
                             .message = fmt::format("its supervisor did not start; {} may say why",
                                                    home_.log_file()),
                             .ended = WallClock::now()});
  }
  if (auto started = start_supervisor(active); !started) {
    log(LogLevel::error, "task {}: {}", to_text(active.task.name), started.error().message);
    if (active.starts >= kStartsMax) {
      return take_end(active, {.exit_class = ExitClass::start_failed,
                               .message = started.error().message,
                               .ended = WallClock::now()});
    }
  }
  return false;
}

Result<void> Scheduler::start_supervisor(Active& active) {
  ++active.starts;
  const StoredTask& task = active.task;
  TRY(write_script(task.name.job));
  const TaskDirectory directory = directory_of(active);
  TRY(directory.create({.job_id = task.name.job,
                        .name = task.name,
                        .number = task.number,
                        .attempt = task.attempt,
                        .script = home_.script_file(task.name.job),
                        .wake = home_.wake_fifo(),
                        .job = jobs_.at(task.name.job).job}));
  const UniqueFd output = TRY(open_file(home_.log_file(), O_WRONLY | O_CREAT | O_APPEND, 0600));
  ProcessOptions options{.command = options_.supervisor,
                         .environment = supervisor_environment(jobs_.at(task.name.job).job),
                         .directory = "/",
                         .stdout_fd = output.get(),
                         .stderr_fd = output.get(),
                         .group = ProcessOptions::Group::session};
  options.command.push_back(directory.path());
  active.process = TRY(options_.runner->start(options));
  if (task.cancel_requested) tell_to_end(active);
  return {};
}

Result<void> Scheduler::write_script(workload::JobId id) {
  const std::string path = home_.script_file(id);
  if (std::filesystem::exists(path)) return {};
  const std::string directory = std::filesystem::path(path).parent_path().string();
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_os(errno, "cannot make the directory " + directory);
  }
  // replace_file closes it before its name appears, so nobody finds the text busy when executing.
  const std::string script = TRY(store_->script(id));
  return replace_file(path, script, 0700);
}

Result<bool> Scheduler::take_end(Active& active, const ExitRecord& record) {
  const StoredTask& task = active.task;
  TRY(store_->mark_ended(task.number, record));
  graph_.end(task.name, record.exit_class);
  slots_.give_back(active.taken);
  return true;
}

Result<bool> Scheduler::take_loss(Active& active, const StartRecord& start) {
  // Its session may hold what the task started; none of it may run beside a second attempt.
  const int killed = TRY(kill_session(start.supervisor));
  const TaskDirectory directory = directory_of(active);
  const ExitRecord record{
      .exit_class = ExitClass::lost,
      .message = fmt::format("its supervisor (process {}) vanished{}", start.supervisor.pid,
                             killed > 0 ? "; what it had started was ended" : ""),
      .started = start.time,
      .ended = WallClock::now()};
  TRY(directory.write_exit(record));
  log(LogLevel::warning, "task {}: {}", to_text(active.task.name), record.message);
  const bool repeat =
      active.requeue && !active.task.cancel_requested && active.task.attempt < kAttemptsMax;
  if (!repeat) return take_end(active, record);
  TRY(store_->mark_waiting(active.task.number));
  graph_.retry(active.task.name);
  slots_.give_back(active.taken);
  return true;
}

Result<bool> Scheduler::may_end() {
  if (graph_.unfinished_count() > 0) {
    idle_since_.reset();
    return false;
  }
  const auto now = system_clock().now();
  if (!idle_since_) idle_since_ = now;
  if (now - *idle_since_ < options_.idle_max) return false;
  // Under the write lock of the database: who submits later finds the scheduler's lock free and
  // starts another one; who submitted before is seen here.
  sqlite::Transaction transaction = TRY(store_->begin());
  if (TRY(store_->unfinished_task_count()) > 0) return false;
  lock_.reset();
  return true;
}

Result<void> Scheduler::wait_for_events() {
  std::vector<pollfd> polled{{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  std::vector<TaskName> names;
  auto pause = idle_since_ ? std::min(kLookAgain, options_.idle_max) : kLookAgain;
  for (auto& [name, active] : active_) {
    const int fd =
        active.process ? active.process->end_fd() : (active.adopted ? active.adopted.get() : -1);
    if (fd < 0) {
      pause = kLookSoon;
      continue;
    }
    polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    names.push_back(name);
  }
  if (const auto next = graph_.next_change(WallClock::now())) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - WallClock::now());
    pause = std::clamp(left, std::chrono::milliseconds(0), pause);
  }
  if (::poll(polled.data(), polled.size(), static_cast<int>(pause.count())) < 0 && errno != EINTR) {
    return fail_os(errno, "the scheduler cannot wait");
  }
  if (polled[0].revents != 0) {
    char bytes[256];
    while (::read(wake_.get(), bytes, sizeof bytes) > 0) {
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (polled[i + 1].revents == 0) continue;
    Active& active = active_.at(names[i]);
    if (active.process) TRY(active.process->wait({}));
    active.process.reset();
    active.adopted.reset();
    active.told_to_end = false;
  }
  return {};
}

}  // namespace aloft::executor
