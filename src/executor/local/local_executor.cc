// SPDX-License-Identifier: Apache-2.0
#include "executor/local/local_executor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/byte_size.h"
#include "executor/supervisor/slurm_environment.h"
#include "executor/supervisor/task_output.h"

namespace aloft::executor {
namespace {

using workload::Diagnostic;
using workload::JobId;
using workload::TaskName;

TaskStatus status_of(const StoredTask& task) {
  return {.name = task.name,
          .number = task.number,
          .phase = task.phase,
          .attempt = task.attempt,
          .cancel_requested = task.cancel_requested,
          .started = task.started,
          .record = task.record};
}

}  // namespace

Result<LocalExecutor> LocalExecutor::open(LocalOptions options) {
  JobHome home = TRY(JobHome::open(options.home));
  JobStore store = TRY(home.open_store(sqlite::Sync::full));
  return LocalExecutor(std::move(options), std::move(home), std::move(store));
}

Result<std::vector<Diagnostic>> LocalExecutor::validate(const workload::Job& job) {
  std::vector<Diagnostic> diagnostics;
  const auto refuse = [&](std::string message) {
    diagnostics.push_back({.message = std::move(message)});
  };
  const Capacity& whole = options_.capacity;
  const Capacity need = needed_by(job.resources, whole);
  if (job.resources.nodes > 1) {
    refuse(fmt::format("it asks for {} nodes; this machine is one (ask for --nodes=1)",
                       job.resources.nodes));
  }
  if (need.cpus > whole.cpus) {
    refuse(fmt::format("each task asks for {} cores ({} tasks of {}); this machine has {}",
                       need.cpus, job.resources.tasks, job.resources.cpus_per_task, whole.cpus));
  }
  if (need.memory_bytes > whole.memory_bytes) {
    refuse(fmt::format("each task asks for {} of memory; this machine has {}",
                       format_byte_size(need.memory_bytes), format_byte_size(whole.memory_bytes)));
  }
  if (need.gpus > whole.gpus) {
    refuse(fmt::format("each task asks for {} GPUs; this machine has {}", need.gpus, whole.gpus));
  }
  if (!job.directory.starts_with("az://")) {
    struct stat status {};
    if (::stat(job.directory.c_str(), &status) != 0) {
      refuse(fmt::format("the working directory {} cannot be used: {}", job.directory,
                         std::strerror(errno)));
    } else if (!S_ISDIR(status.st_mode)) {
      refuse(fmt::format("the working directory {} is not a directory", job.directory));
    }
  }
  return diagnostics;
}

Result<JobId> LocalExecutor::submit(const Submission& submission) {
  const JobId id = TRY(store_.submit(submission));
  if (auto started = have_scheduler(); !started) {
    return fail(ErrorCode::unavailable,
                fmt::format("job {} is queued, but {}. `aloft status {}` tries again", id,
                            started.error().message, id));
  }
  return id;
}

Result<void> LocalExecutor::have_scheduler() {
  if (TRY(store_.unfinished_task_count()) == 0) return {};
  return home_.wake_or_start_scheduler(options_.scheduler);
}

Result<std::vector<JobSummary>> LocalExecutor::list() {
  TRY(have_scheduler());
  return store_.list();
}

Result<JobStatus> LocalExecutor::status(JobId id) {
  TRY(have_scheduler());
  StoredJob stored = TRY(store_.job(id));
  JobStatus status{.id = id, .job = std::move(stored.job), .submitted = stored.submitted};
  for (const StoredTask& task : stored.tasks) status.tasks.push_back(status_of(task));
  TRY(explain_waiting(status.tasks));
  return status;
}

Result<std::vector<TaskStatus>> LocalExecutor::poll(std::span<const TaskName> tasks) {
  TRY(have_scheduler());
  std::vector<TaskStatus> states;
  for (const TaskName& name : tasks) {
    const StoredTask task = TRY(store_.task(name));
    states.push_back(status_of(task));
  }
  return states;
}

Result<void> LocalExecutor::explain_waiting(std::vector<TaskStatus>& tasks) {
  const auto waits = [](const TaskStatus& task) { return task.phase == TaskPhase::waiting; };
  if (std::none_of(tasks.begin(), tasks.end(), waits)) return {};
  workload::Graph graph;
  for (const JobId id : TRY(store_.unfinished_jobs())) {
    const StoredJob stored = TRY(store_.job(id));
    TRY(add_to_graph(store_, stored, graph));
  }
  const auto now = std::chrono::system_clock::now();
  for (TaskStatus& task : tasks) {
    // It may have started or ended since it was read.
    if (!waits(task) || !graph.contains(task.name.job) || !graph.is_waiting(task.name)) continue;
    task.reason = graph.why(task.name, now);
    if (task.reason.empty()) task.reason = "waits for free cores or memory";
  }
  return {};
}

Result<std::size_t> LocalExecutor::cancel(const TaskName& name) {
  const std::size_t count = TRY(store_.request_cancel(name));
  TRY(have_scheduler());
  return count;
}

Result<std::size_t> LocalExecutor::read_log(const TaskName& name, LogStream stream,
                                            std::uint64_t offset, std::span<std::byte> buffer) {
  const StoredTask task = TRY(store_.task(name));
  const StoredJob stored = TRY(store_.job(name.job));
  if (stream == LogStream::error && !stored.job.error) {
    return fail(ErrorCode::not_found,
                fmt::format("task {} writes errors where its output goes; leave out --stderr",
                            to_text(name)));
  }
  if (task.attempt == 0) return std::size_t{0};
  const TaskSpec spec{.job_id = name.job,
                      .name = name,
                      .number = task.number,
                      .attempt = task.attempt,
                      .job = stored.job};
  const bool error = stream == LogStream::error;
  const std::string capture =
      home_.task_directory(task.number, task.attempt).file(error ? "stderr" : "stdout");
  const OutputPlace place =
      TRY(place_output(error ? *stored.job.error : stored.job.output, spec, this_node(), capture));
  const auto file = open_file(place.path, O_RDONLY);
  if (!file && file.error().code == ErrorCode::not_found && task.phase != TaskPhase::ended) {
    return std::size_t{0};
  }
  if (!file) return fail(file.error());
  const ssize_t got =
      ::pread(file->get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
  if (got < 0) return fail_os(errno, "cannot read " + place.path);
  return static_cast<std::size_t>(got);
}

}  // namespace aloft::executor
