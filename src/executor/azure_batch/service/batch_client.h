// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "azure/batch_account.h"
#include "azure/batch_authorizer.h"
#include "azure/token_cache.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/retry.h"
#include "executor/azure_batch/service/answers.h"
#include "executor/azure_batch/service/requests.h"
#include "executor/azure_batch/service/values.h"
#include "http/client.h"

namespace aloft::batch {

struct BatchClientOptions {
  RetryOptions retry{};
  Clock* clock = &system_clock();
  Random* random = &system_random();
};

/// One account of the Batch service, by version 2025-06-01 of its protocol.
///
/// Calls block and repeat what fails for the moment (a busy service, a connection that broke), with
/// growing pauses or those that the service asks for. What was done by an attempt whose answer was
/// lost counts as done. Errors say what was being done, on what, why it failed, and keep the
/// service's code and request id. Safe from many threads at once.
class BatchClient {
 public:
  /// `options.clock` and `options.random` outlive the client. `tokens` as azure::BatchAuthorizer
  /// takes it.
  BatchClient(const azure::BatchAccount& account, std::shared_ptr<http::Client> http,
              BatchClientOptions options = {},
              std::shared_ptr<azure::TokenCaches> tokens = nullptr);

  const std::string& account_name() const { return name_; }
  /// As a URL, without a slash at its end.
  std::string endpoint() const;
  /// What authorizes its requests, for people.
  std::string credential_name() const { return authorizer_.credential_name(); }

  /// Fails with already_exists if there is one of this name.
  Result<void> create_pool(NewPool pool, const Limits& limits);
  /// Fails with not_found.
  Result<Pool> pool(std::string_view pool, const Limits& limits);
  Result<std::vector<Pool>> pools(const Limits& limits);
  Result<void> set_up_pool(std::string_view pool, const StartTask& task, const Labels& labels,
                           const Limits& limits);
  /// Begins it. Fails with precondition_failed while the pool is being resized.
  Result<void> resize_pool(std::string_view pool, const NodeCounts& nodes, const Limits& limits);
  /// Success also if none is under way.
  Result<void> stop_resize(std::string_view pool, const Limits& limits);
  /// Begins it; success also if it has begun before. Fails with not_found.
  Result<void> delete_pool(std::string_view pool, const Limits& limits);
  Result<std::vector<Node>> nodes(std::string_view pool, const Limits& limits);

  /// Makes the job unless it is there. Fails with already_exists if it is there on another pool,
  /// with precondition_failed if it takes no tasks.
  Result<void> have_job(const NewJob& job, const Limits& limits);
  /// Fails with not_found.
  Result<Job> job(std::string_view job, const Limits& limits);
  Result<TaskCounts> task_counts(std::string_view job, const Limits& limits);

  /// One request with at most kTasksPerRequest tasks; what became of each. None if the request was
  /// too large for the service, which then added nothing. add_all_tasks() does the rest.
  Result<std::optional<std::vector<Added>>> add_tasks(std::string_view job,
                                                      std::span<const NewTask> tasks,
                                                      const Limits& limits);
  /// Fails with not_found.
  Result<Task> task(std::string_view job, std::string_view task, const Limits& limits);
  Result<std::vector<Task>> tasks(std::string_view job, Which which, const Limits& limits);
  /// False if it had ended, or is unknown.
  Result<bool> terminate_task(std::string_view job, std::string_view task, const Limits& limits);

 private:
  /// An answer that no repeat would change.
  struct Reply {
    http::Answer answer{};
    bool repeated = false;           ///< An earlier attempt may have done the work.
    std::optional<Error> refusal{};  ///< None after success.
    std::string code{};              ///< The service's, of a refusal.
    Result<void> result() const;
  };

  Result<Reply> ask(const Request& request, const Limits& limits) const;
  Result<void> send(http::Exchange& exchange, const Limits& limits) const;
  Result<http::Answer> attempt(const Request& request, const Limits& limits) const;
  Result<std::string> fetch(const Request& request, const Limits& limits) const;
  template <class T>
  Result<T> fetch_as(const Request& request, Result<T> (*parse)(std::string_view),
                     const Limits& limits) const;
  template <class T>
  Result<std::vector<T>> fetch_all(Request request, Result<Page<T>> (*parse)(std::string_view),
                                   const Limits& limits) const;
  Result<Request> follow(const Request& first, const std::string& link) const;

  const std::string name_;
  const azure::ServiceEndpoint endpoint_;
  const azure::BatchAuthorizer authorizer_;
  const std::shared_ptr<http::Client> http_;
  const BatchClientOptions options_;
  const std::shared_ptr<RetryBudget> budget_;
};

}  // namespace aloft::batch
