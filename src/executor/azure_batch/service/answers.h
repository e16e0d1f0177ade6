// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "executor/azure_batch/service/values.h"

// What the Batch service answers, read into plain values. Every function fails with corrupt for
// what is no such answer; properties and states that a later service may add are passed over.
namespace aloft::batch {

/// One part of a list, and where the rest is.
template <class T>
struct Page {
  std::vector<T> entries{};
  std::string next_link{};  ///< A URL; empty: this is the last part.
};

/// What became of one task of a collection.
struct Added {
  enum class Status {
    success,
    client_error,  ///< It cannot be added as it is.
    server_error,  ///< It may be added later.
  };
  std::string id{};
  Status status = Status::success;
  std::string code{};  ///< The service's, of an error.
  std::string message{};
};

/// The service's own account of a refusal.
struct Fault {
  std::string code{};  ///< "PoolNotFound"; empty if the answer has none.
  std::string message{};
  /// "PropertyName=x, PropertyValue=y": what it says beside the message.
  std::string details{};
};

Result<Pool> parse_pool(std::string_view text);
Result<Page<Pool>> parse_pools(std::string_view text);
Result<Page<Node>> parse_nodes(std::string_view text);
Result<Job> parse_job(std::string_view text);
Result<TaskCounts> parse_task_counts(std::string_view text);
Result<Task> parse_task(std::string_view text);
Result<Page<Task>> parse_tasks(std::string_view text);
Result<std::vector<Added>> parse_added(std::string_view text);
/// Never fails: what is no such answer is a fault without a code.
Fault parse_fault(std::string_view text);

}  // namespace aloft::batch
