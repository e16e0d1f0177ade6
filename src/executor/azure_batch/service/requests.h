// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "executor/azure_batch/service/values.h"
#include "http/message.h"

// Every request that Aloft makes of the Batch service, as pure functions of plain values. Version
// 2025-06-01 of the protocol; requests_test.cc compares each with that version's schema.
namespace aloft::batch {

inline constexpr std::string_view kApiVersion = "2025-06-01";
/// Tasks that one request may add.
inline constexpr std::size_t kTasksPerRequest = 100;

/// One request without its credential.
struct Request {
  http::Method method = http::Method::get;
  std::string path{};    ///< Below the account, percent-encoded.
  std::string query{};   ///< Percent-encoded, with the version.
  std::string body{};    ///< JSON; empty: none.
  int success = 200;     ///< The status of success.
  std::string doing{};   ///< For messages: "creating the pool p".
  std::string object{};  ///< What it is about: "the pool p".
};

Request create_pool(const NewPool& pool);
Request get_pool(std::string_view pool);
Request list_pools();
/// Has the nodes that join from now on run `task` first; replaces the labels.
Request set_up_pool(std::string_view pool, const StartTask& task, const Labels& labels);
Request resize_pool(std::string_view pool, const NodeCounts& nodes);
Request stop_resize(std::string_view pool);
Request delete_pool(std::string_view pool);
Request list_nodes(std::string_view pool);

Request create_job(const NewJob& job);
Request get_job(std::string_view job);
Request count_tasks(std::string_view job);

/// At most kTasksPerRequest.
Request add_tasks(std::string_view job, std::span<const NewTask> tasks);
Request get_task(std::string_view job, std::string_view task);
enum class Which { all, unfinished };
Request list_tasks(std::string_view job, Which which);
Request terminate_task(std::string_view job, std::string_view task);

/// The rest of a list, at the path and query that the service gave with its first part.
Request next_page(const Request& first, std::string path, std::string query);

}  // namespace aloft::batch
