// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "emulator/batch/state.h"

// How pools, nodes, jobs, tasks and files look to clients: one JSON object each, without
// odata.metadata.
namespace aloft::emulator::batch {

/// For whom, and from where, it is shown.
struct Viewer {
  std::string base_url;  ///< "http://127.0.0.1:10001"
  ApiVersion version = ApiVersion::v2025;
};

std::string task_view(const Viewer& viewer, const Job& job, const Task& task);
std::string job_view(const Viewer& viewer, const Job& job);
std::string pool_view(const Viewer& viewer, const Pool& pool, const PoolIdentity& identity);
std::string node_view(const Viewer& viewer, const Pool& pool, const PoolNode& node);
/// `parent_url` is that of the task or node.
std::string file_view(const Viewer& viewer, const std::string& parent_url, const FileEntry& entry);

std::string task_url(const Viewer& viewer, const Job& job, const Task& task);
std::string job_url(const Viewer& viewer, const Job& job);
std::string pool_url(const Viewer& viewer, const Pool& pool);
std::string node_url(const Viewer& viewer, std::string_view pool, std::string_view node);

Json failure_view(const FailureInfo& failure);
/// {code, message, values}
Json error_view(const ServiceError& error);

}  // namespace aloft::emulator::batch
