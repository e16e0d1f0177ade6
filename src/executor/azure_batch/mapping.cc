// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/mapping.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "executor/azure_batch/vm_size.h"
#include "process/exit_record.h"

namespace aloft::executor {
namespace {

using workload::Dependency;
using workload::Diagnostic;

constexpr std::size_t kBatchIdLengthMax = 64;
/// Where a node finds the bundle below the working directory of the task that brought it. Not in
/// the task's own private directory (kTaskFiles), which others must not have made before.
constexpr const char* kBundleFile = "aloft-node.tar.gz";
/// Beyond wall time and grace: unpacking, the last output, the records in a home that may have to
/// be waited for.
constexpr std::chrono::minutes kOverhead{30};

/// The first eight hexadecimal digits of its SHA-256.
std::string short_hash(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  CHECK(::EVP_Digest(text.data(), text.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr) ==
        1);
  return fmt::format("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
}

/// A directory on the node that all tasks see, as a shell writes it.
std::string shared_directory(const std::string& digest) {
  return fmt::format("$AZ_BATCH_NODE_SHARED_DIR/aloft-{}", digest);
}

/// Commands do not run under a shell by themselves. `script` has no single quotes.
std::string under_shell(const std::string& script) {
  CHECK(script.find('\'') == std::string::npos);
  return fmt::format("/bin/sh -c '{}'", script);
}

batch::ResourceFile bundle_file(const NodeBundle& bundle) {
  return {.url = bundle.url, .path = kBundleFile, .identity = bundle.identity};
}

/// Finds the directory `d` with Aloft on a node whose pool is known to have it. The pool may have
/// been made anew by another version since the task was added, which does as well.
std::string find_bundle_on_node() {
  return "if [ ! -x \"$d/bin/aloft\" ]; then "
         "for other in \"$AZ_BATCH_NODE_SHARED_DIR\"/aloft-*[0-9a-f]; do "
         "if [ -x \"$other/bin/aloft\" ]; then d=\"$other\"; fi; done; fi; ";
}

/// The same where the task brings it, if need be.
std::string unpack_own_bundle() {
  return fmt::format(
      "if [ ! -x \"$d/bin/aloft\" ]; then d=\"$AZ_BATCH_TASK_WORKING_DIR/aloft-node\"; "
      "mkdir -p \"$d\" && tar -xzf {} -C \"$d\" || exit 125; fi; ",
      kBundleFile);
}

std::string task_command(const TaskPlan& plan) {
  const std::string client_id =
      plan.client_id.empty() ? "" : fmt::format("--client-id \"{}\" ", plan.client_id);
  return under_shell(
      fmt::format("d=\"{}\"; {}exec \"$d/bin/aloft\" node-task --home \"{}\" --endpoint \"{}\" "
                  "{}{} \"$AZ_BATCH_TASK_ID\"",
                  shared_directory(plan.record.bundle),
                  plan.bundle_on_nodes ? find_bundle_on_node() : unpack_own_bundle(), plan.home,
                  plan.home_endpoint, client_id, plan.record.id));
}

/// Whether what is written there would go away with the node, to somebody's surprise.
bool is_on_node_only(const std::string& path) {
  return path.starts_with('/') && !path.starts_with("/aloft/") && path != "/dev/null";
}

/// Of a job whose directory is in a container.
bool is_in_container(const std::string& path) {
  return !path.empty() && path != "/dev/null" && !is_on_node_only(path);
}

void check_places(const workload::Job& job, std::vector<Diagnostic>& found) {
  const auto refuse = [&](std::string message) {
    found.push_back({.message = std::move(message)});
  };
  if (!job.directory.starts_with("az://")) {
    refuse(
        fmt::format("the working directory {} is on this machine only; ask for one in a "
                    "container with --chdir az://ACCOUNT/CONTAINER/PATH",
                    job.directory));
  }
  const auto check_file = [&](const char* option, const std::string& path) {
    if (!is_on_node_only(path)) return;
    refuse(
        fmt::format("--{}={} would be on a node that goes away; name a file below the working "
                    "directory, or below /aloft/az/",
                    option, path));
  };
  check_file("output", job.output.to_text());
  if (job.error) check_file("error", job.error->to_text());
  check_file("input", job.input);
  if (is_in_container(job.input)) {
    refuse(fmt::format("--input={} is in a container; read it in the script with <", job.input));
  }
}

void check_resources(const workload::Resources& resources, const batch::Pool& pool,
                     std::vector<Diagnostic>& found) {
  const auto refuse = [&](std::string message) {
    found.push_back({.message = std::move(message)});
  };
  if (resources.nodes > 1) {
    refuse(fmt::format("it asks for {} nodes; a task on Azure Batch has one (ask for --nodes=1)",
                       resources.nodes));
  }
  if (slots_for(resources, pool) > pool.slots_per_node) {
    refuse(fmt::format("each task asks for {} cores; a node of pool {} ({}) has {}",
                       resources.cpus(), pool.id, pool.vm_size, cores_of(pool)));
  }
  if (resources.gpus > 0 && !has_gpus(pool.vm_size)) {
    refuse(fmt::format("each task asks for {} GPUs; the nodes of pool {} ({}) have none",
                       resources.gpus, pool.id, pool.vm_size));
  }
  if (resources.memory_bytes() > 0) {
    found.push_back({.severity = Diagnostic::Severity::warning,
                     .message = "memory is not reserved on Azure Batch: tasks share that of their "
                                "node; a pool with fewer slots gives each more"});
  }
}

void check_dependencies(const workload::Dependencies& dependencies,
                        std::vector<Diagnostic>& found) {
  for (const Dependency& term : dependencies.terms) {
    if (term.kind != Dependency::Kind::after) continue;
    found.push_back(
        {.message = fmt::format("it waits for {}: Azure Batch starts tasks upon the end of others "
                                "only (ask for afterany)",
                                "the start of " + to_text(term.on))});
  }
  if (dependencies.need == workload::Dependencies::Need::any && dependencies.terms.size() > 1) {
    found.push_back({.severity = Diagnostic::Severity::warning,
                     .message = "it waits for the first of several jobs: on Azure Batch it waits "
                                "until all of them have ended"});
  }
}

}  // namespace

std::string batch_job_id(std::string_view home, std::string_view pool) {
  std::string id = fmt::format("aloft-{}-{}", short_hash(home), pool);
  if (id.size() <= kBatchIdLengthMax) return id;
  const std::string hash = short_hash(pool);
  return fmt::format("{}-{}", id.substr(0, kBatchIdLengthMax - hash.size() - 1), hash);
}

std::uint32_t cores_of(const batch::Pool& pool) {
  if (const auto label = pool.labels.find(kCoresLabel); label != pool.labels.end()) {
    const std::string& text = label->second;
    std::uint32_t cores = 0;
    std::from_chars(text.data(), text.data() + text.size(), cores);
    if (cores > 0) return cores;
  }
  return cores_of_size(pool.vm_size).value_or(pool.slots_per_node);
}

std::uint32_t slots_for(const workload::Resources& resources, const batch::Pool& pool) {
  const std::uint64_t cores = cores_of(pool);
  const std::uint64_t needed =
      (std::uint64_t{resources.cpus()} * pool.slots_per_node + cores - 1) / cores;
  const std::uint64_t least = resources.exclusive ? pool.slots_per_node : 1;
  return static_cast<std::uint32_t>(std::max(needed, least));
}

std::vector<Diagnostic> check_job(const workload::Job& job, const batch::Pool& pool) {
  std::vector<Diagnostic> found;
  check_places(job, found);
  check_resources(job.resources, pool, found);
  check_dependencies(job.dependencies, found);
  if (pool.identities.empty()) {
    found.push_back(
        {.message = fmt::format("pool {} has no managed identity, by which its tasks would reach "
                                "their files; make a pool with one",
                                pool.id)});
  }
  return found;
}

std::vector<batch::IdRange> merged(std::vector<batch::IdRange> ranges) {
  std::ranges::sort(ranges, {}, &batch::IdRange::first);
  std::vector<batch::IdRange> joined;
  for (const batch::IdRange& range : ranges) {
    if (!joined.empty() && range.first <= joined.back().last + 1) {
      joined.back().last = std::max(joined.back().last, range.last);
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

batch::NewTask map_task(const TaskPlan& plan, std::size_t position) {
  const workload::Job& job = plan.record.job;
  workload::TaskName name{.job = plan.record.id};
  if (job.array) name.index = job.array->indices.at(position);
  batch::NewTask task{.id = std::to_string(plan.record.id + position),
                      .display_name = fmt::format("job {}, submitted {}", to_text(name),
                                                  format_time(plan.record.submitted)),
                      .command_line = task_command(plan),
                      .slots = plan.slots,
                      .waits_for_ranges = plan.waits.all};
  if (!plan.bundle_on_nodes) task.files.push_back(bundle_file(plan.bundle));
  if (job.resources.wall_time) {
    task.wall_time_max = *job.resources.wall_time + job.grace + kOverhead;
  }
  for (const Waits::Corresponding& other : plan.waits.corresponding) {
    const auto found = std::ranges::lower_bound(other.indices, name.index.value_or(0));
    CHECK(found != other.indices.end() && *found == name.index);
    const auto place = static_cast<std::uint64_t>(found - other.indices.begin());
    task.waits_for_ids.push_back(std::to_string(other.first + place));
  }
  const std::size_t together = job.array ? job.array->running_max : 0;
  if (together > 0 && position >= together) {
    task.waits_for_ids.push_back(std::to_string(plan.record.id + position - together));
  }
  return task;
}

batch::StartTask map_start_task(const NodeBundle& bundle) {
  // Whole or not at all: the node may stop at any moment.
  const std::string script = fmt::format(
      "d=\"{0}\"; if [ ! -x \"$d/bin/aloft\" ]; then rm -rf \"$d.new\" && mkdir -p "
      "\"$d.new\" && tar -xzf {1} -C \"$d.new\" && chmod -R a+rX \"$d.new\" && mv "
      "\"$d.new\" \"$d\" || exit 125; fi; exec \"$d/bin/aloft\" doctor --node",
      shared_directory(bundle.digest), kBundleFile);
  return {.command_line = under_shell(script),
          .files = {bundle_file(bundle)},
          .run_as = batch::RunAs::administrator};
}

}  // namespace aloft::executor
