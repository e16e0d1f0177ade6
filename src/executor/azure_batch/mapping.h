// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/azure_batch/job_record.h"
#include "executor/azure_batch/service/values.h"
#include "workload/diagnostic.h"

// How a job becomes tasks of Batch: pure functions.
namespace aloft::executor {

/// Aloft for nodes, as it lies in the job home.
struct NodeBundle {
  std::string digest{};
  std::string url{};       ///< Of the blob, without credential.
  std::string identity{};  ///< Of the pool, which may read it.
};

/// A label on pools: cores of each node. Pools that others made have none; the size tells then.
inline constexpr const char* kCoresLabel = "aloft-cores";
/// A label on pools: digest of the bundle that their nodes have.
inline constexpr const char* kBundleLabel = "aloft-bundle";

/// "aloft-1a2b3c4d-POOL": one Batch job for each job home and pool. At most 64 characters.
std::string batch_job_id(std::string_view home, std::string_view pool);

/// Cores of each node of a pool.
std::uint32_t cores_of(const batch::Pool& pool);
/// How many slots a task takes; more than the pool's nodes have if it fits on none.
std::uint32_t slots_for(const workload::Resources& resources, const batch::Pool& pool);

/// What of a job cannot be honoured on this pool (errors) or has no effect there (warnings).
std::vector<workload::Diagnostic> check_job(const workload::Job& job, const batch::Pool& pool);

/// What the tasks of a job wait for; all that counts is that it has ended, however.
struct Waits {
  /// Numbers, for every task.
  std::vector<batch::IdRange> all{};
  /// Jobs of which each task waits for the element with its own index.
  struct Corresponding {
    workload::JobId first = 0;  ///< Number of the element at position 0.
    std::vector<std::uint32_t> indices{};
  };
  std::vector<Corresponding> corresponding{};
};

/// Joins ranges that touch or overlap; ascending.
std::vector<batch::IdRange> merged(std::vector<batch::IdRange> ranges);

struct TaskPlan {
  JobRecord record{};
  std::string home{};           ///< "az://ACCOUNT/CONTAINER".
  std::string home_endpoint{};  ///< Where that account answers.
  std::string client_id{};      ///< Of the identity that the node uses; empty: not known.
  NodeBundle bundle{};
  bool bundle_on_nodes = false;  ///< The pool's start task unpacked it.
  std::uint32_t slots = 1;
  Waits waits{};
};

/// The task at a position of the job's array; 0 of a job without.
batch::NewTask map_task(const TaskPlan& plan, std::size_t position);

/// Unpacks Aloft on a node that joins, and has it say whether jobs can run there.
batch::StartTask map_start_task(const NodeBundle& bundle);

}  // namespace aloft::executor
