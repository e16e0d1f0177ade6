// SPDX-License-Identifier: Apache-2.0
#include "executor/supervisor/slurm_environment.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <string_view>

namespace aloft::executor {
namespace {

using Variables = std::map<std::string, std::string>;

constexpr std::string_view kScheme = "az://";
/// Where a task sees what that scheme names.
constexpr std::string_view kVisible = "/aloft/az/";

void set_array(const TaskSpec& spec, Variables& variables) {
  if (!spec.name.index || !spec.job.array) return;
  const workload::ArraySpec& array = *spec.job.array;
  variables["SLURM_ARRAY_JOB_ID"] = std::to_string(spec.job_id);
  variables["SLURM_ARRAY_TASK_ID"] = std::to_string(*spec.name.index);
  variables["SLURM_ARRAY_TASK_COUNT"] = std::to_string(array.indices.size());
  variables["SLURM_ARRAY_TASK_MIN"] = std::to_string(array.indices.front());
  variables["SLURM_ARRAY_TASK_MAX"] = std::to_string(array.indices.back());
  variables["SLURM_ARRAY_TASK_STEP"] = std::to_string(array.step);
}

void set_resources(const workload::Resources& resources, Variables& variables) {
  const std::string cpus = std::to_string(resources.cpus());
  variables["SLURM_CPUS_ON_NODE"] = cpus;
  variables["SLURM_JOB_CPUS_PER_NODE"] = cpus;
  variables["SLURM_TASKS_PER_NODE"] = std::to_string(resources.tasks);
  if (resources.cpus_per_task_asked) {
    variables["SLURM_CPUS_PER_TASK"] = std::to_string(resources.cpus_per_task);
  }
  if (resources.tasks_asked) {
    variables["SLURM_NTASKS"] = std::to_string(resources.tasks);
    variables["SLURM_NPROCS"] = std::to_string(resources.tasks);
  }
  constexpr std::uint64_t kMegabyte = 1u << 20;
  if (resources.memory_per_node_bytes) {
    variables["SLURM_MEM_PER_NODE"] = std::to_string(*resources.memory_per_node_bytes / kMegabyte);
  }
  if (resources.memory_per_cpu_bytes) {
    variables["SLURM_MEM_PER_CPU"] = std::to_string(*resources.memory_per_cpu_bytes / kMegabyte);
  }
}

void set_hints(const workload::Job& job, Variables& variables) {
  const std::array<std::pair<const char*, const char*>, 3> kHints{{
      {"account", "SLURM_JOB_ACCOUNT"},
      {"qos", "SLURM_JOB_QOS"},
      {"ntasks-per-node", "SLURM_NTASKS_PER_NODE"},
  }};
  for (const auto& [hint, variable] : kHints) {
    const auto found = job.hints.find(hint);
    if (found != job.hints.end()) variables[variable] = found->second;
  }
  const auto partition = job.hints.find("partition");
  variables["SLURM_JOB_PARTITION"] = partition == job.hints.end() ? "local" : partition->second;
}

}  // namespace

NodeInfo this_node() {
  NodeInfo info{.uid = ::getuid(), .gid = ::getgid()};
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0) info.node = name.data();
  info.node = info.node.substr(0, info.node.find('.'));
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(info.uid, &entry, buffer.data(), buffer.size(), &found);
  info.user = found != nullptr ? found->pw_name : std::to_string(info.uid);
  return info;
}

std::string visible_directory(const std::string& directory) {
  if (!directory.starts_with(kScheme)) return directory;
  std::string path = std::string(kVisible) + directory.substr(kScheme.size());
  while (path.ends_with('/')) path.pop_back();
  return path;
}

std::string stored_name(const std::string& name) {
  if (!name.starts_with(kVisible)) return name;
  return std::string(kScheme) + name.substr(kVisible.size());
}

Variables slurm_environment(const TaskSpec& spec, const NodeInfo& node) {
  const workload::Job& job = spec.job;
  Variables variables = job.environment;
  const bool in_container = job.directory.starts_with(kScheme);
  variables["PWD"] = visible_directory(job.directory);
  variables.try_emplace("TMPDIR", "/tmp");
  variables["ENVIRONMENT"] = "BATCH";
  variables["HOSTNAME"] = node.node;
  variables["SLURM_CLUSTER_NAME"] = "aloft";
  variables["SLURM_JOB_ID"] = variables["SLURM_JOBID"] = std::to_string(spec.number);
  variables["SLURM_JOB_NAME"] = job.name;
  variables["SLURM_JOB_USER"] = node.user;
  variables["SLURM_JOB_UID"] = std::to_string(node.uid);
  variables["SLURM_JOB_GID"] = std::to_string(node.gid);
  variables["SLURM_SUBMIT_DIR"] =
      in_container ? visible_directory(job.directory) : job.submit_directory;
  variables["SLURM_SUBMIT_HOST"] = node.node;
  for (const char* name :
       {"SLURMD_NODENAME", "SLURM_JOB_NODELIST", "SLURM_NODELIST", "SLURM_TOPOLOGY_ADDR"}) {
    variables[name] = node.node;
  }
  variables["SLURM_TOPOLOGY_ADDR_PATTERN"] = "node";
  variables["SLURM_NODE_ALIASES"] = "(null)";
  variables["SLURM_JOB_NUM_NODES"] = variables["SLURM_NNODES"] =
      std::to_string(job.resources.nodes);
  for (const char* name :
       {"SLURM_NODEID", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_GTIDS", "SLURM_PRIO_PROCESS"}) {
    variables[name] = "0";
  }
  if (!job.environment_export.written.empty()) {
    variables["SLURM_EXPORT_ENV"] = job.environment_export.written;
    if (job.environment_export.written != "ALL") variables["SLURM_GET_USER_ENV"] = "1";
  }
  if (spec.attempt > 1) variables["SLURM_RESTART_COUNT"] = std::to_string(spec.attempt - 1);
  set_resources(job.resources, variables);
  set_hints(job, variables);
  set_array(spec, variables);
  return variables;
}

std::string expand(const workload::OutputPattern& pattern, const TaskSpec& spec,
                   const NodeInfo& node) {
  workload::OutputValues values{.array_job = spec.job_id,
                                .task_number = spec.number,
                                .job_name = spec.job.name,
                                .user = node.user,
                                .node = node.node};
  if (spec.name.index) values.array_index = *spec.name.index;
  return pattern.expand(values);
}

}  // namespace aloft::executor
