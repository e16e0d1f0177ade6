// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/service/batch_client.h"

#include <fmt/format.h>

#include "executor/azure_batch/service/batch_error.h"

namespace aloft::batch {
namespace {

/// A page of 1,000 tasks with failures and paths in their messages stays far below.
constexpr std::size_t kAnswerBytesMax = 64u << 20;
/// Where a pool keeps which request made it.
constexpr const char* kMadeBy = "aloft-made-by";

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// What people can do about a job that is not active depends on why.
Result<void> check_takes_tasks(const Job& job) {
  if (job.state == "active" || job.state == "enabling") return {};
  const std::string_view remedy =
      job.state == "disabled" || job.state == "disabling" ? "enable it in the Azure portal"
      : job.state == "deleting"                           ? "try again when it is gone"
      : job.state == "terminating" ? "delete it in the Azure portal when it has ended"
                                   : "delete it in the Azure portal";
  return fail(
      ErrorCode::precondition_failed,
      fmt::format("the Batch job {} is {} and takes no tasks; {}", job.id, job.state, remedy));
}

Error with_context(Error error, const Request& request) {
  error.message =
      fmt::format("{} failed: the answer makes no sense: {}", request.doing, error.message);
  return error;
}

}  // namespace

BatchClient::BatchClient(const azure::BatchAccount& account, std::shared_ptr<http::Client> http,
                         BatchClientOptions options, std::shared_ptr<azure::TokenCaches> tokens)
    : name_(account.name),
      endpoint_(account.endpoint),
      authorizer_(account, *options.clock, std::move(tokens)),
      http_(std::move(http)),
      options_(options),
      budget_(std::make_shared<RetryBudget>(options_.retry)) {}

std::string BatchClient::endpoint() const {
  return azure::to_string(endpoint_);
}

Result<void> BatchClient::Reply::result() const {
  if (refusal) return fail(*refusal);
  return {};
}

Result<http::Answer> BatchClient::attempt(const Request& request, const Limits& limits) const {
  http::Exchange exchange;
  exchange.endpoint = endpoint_.server;
  exchange.method = request.method;
  exchange.target = fmt::format("{}{}?{}", endpoint_.base_path, request.path, request.query);
  exchange.headers.add("Accept", "application/json");
  if (!request.body.empty()) {
    exchange.headers.add("Content-Type", "application/json; odata=minimalmetadata");
    exchange.body = std::as_bytes(std::span(request.body));
  }
  exchange.text_bytes_max = kAnswerBytesMax;
  // What changes something is repeated by ask() only, which tells its callers: a refusal may then
  // be due to the first attempt.
  exchange.repeatable = request.method == http::Method::get;
  auto performed = send(exchange, limits);
  const bool refused = performed && exchange.answer.status == 401;
  if (refused && authorizer_.renew(exchange)) performed = send(exchange, limits);
  if (!performed) return fail(error_of_transport(std::move(performed).error(), request));
  return std::move(exchange.answer);
}

Result<void> BatchClient::send(http::Exchange& exchange, const Limits& limits) const {
  TRY(authorizer_.authorize(exchange, limits));
  return http_->perform(exchange, limits);
}

Result<BatchClient::Reply> BatchClient::ask(const Request& request, const Limits& limits) const {
  const Retry retry(options_.retry, *budget_, *options_.clock, *options_.random, limits);
  return with_retry(retry, [&](const Retry& attempts) -> Result<Reply> {
    Reply reply;
    reply.answer = TRY(attempt(request, limits));
    reply.repeated = attempts.repeated();
    if (reply.answer.status == request.success) return reply;
    Error refusal = error_of_answer(reply.answer, request, options_.clock->wall_now());
    if (is_passing(refusal)) return fail(std::move(refusal));
    reply.code = code_of(reply.answer);
    reply.refusal = std::move(refusal);
    return reply;
  });
}

Result<std::string> BatchClient::fetch(const Request& request, const Limits& limits) const {
  Reply reply = TRY(ask(request, limits));
  TRY(reply.result());
  return std::move(reply.answer.text);
}

template <class T>
Result<T> BatchClient::fetch_as(const Request& request, Result<T> (*parse)(std::string_view),
                                const Limits& limits) const {
  const std::string text = TRY(fetch(request, limits));
  auto parsed = parse(text);
  if (!parsed) return fail(with_context(std::move(parsed).error(), request));
  return parsed;
}

template <class T>
Result<std::vector<T>> BatchClient::fetch_all(Request request,
                                              Result<Page<T>> (*parse)(std::string_view),
                                              const Limits& limits) const {
  std::vector<T> all;
  while (true) {
    Page<T> page = TRY(fetch_as(request, parse, limits));
    std::move(page.entries.begin(), page.entries.end(), std::back_inserter(all));
    if (page.next_link.empty()) return all;
    request = TRY(follow(request, page.next_link));
  }
}

/// The rest of a list is asked of the same service: a signature goes nowhere else.
Result<Request> BatchClient::follow(const Request& first, const std::string& link) const {
  auto url = http::parse_url(link);
  if (!url) return fail(with_context(std::move(url).error(), first));
  if (url->endpoint != endpoint_.server || !url->path.starts_with(endpoint_.base_path)) {
    return fail(ErrorCode::corrupt,
                fmt::format("{} failed: the rest of the list is said to be at {}, another service",
                            first.doing, link));
  }
  return next_page(first, url->path.substr(endpoint_.base_path.size()), url->query);
}

Result<void> BatchClient::create_pool(NewPool pool, const Limits& limits) {
  const std::string made_by = options_.random->hex(8);
  pool.labels[kMadeBy] = made_by;
  const Reply reply = TRY(ask(batch::create_pool(pool), limits));
  if (reply.repeated && reply.code == "PoolExists") {
    const Pool there = TRY(this->pool(pool.id, limits));
    const auto label = there.labels.find(kMadeBy);
    if (label != there.labels.end() && label->second == made_by) return {};
  }
  return reply.result();
}

Result<Pool> BatchClient::pool(std::string_view pool, const Limits& limits) {
  return fetch_as(get_pool(pool), parse_pool, limits);
}

Result<std::vector<Pool>> BatchClient::pools(const Limits& limits) {
  return fetch_all(list_pools(), parse_pools, limits);
}

Result<void> BatchClient::set_up_pool(std::string_view pool, const StartTask& task,
                                      const Labels& labels, const Limits& limits) {
  return TRY(ask(batch::set_up_pool(pool, task, labels), limits)).result();
}

Result<void> BatchClient::resize_pool(std::string_view pool, const NodeCounts& nodes,
                                      const Limits& limits) {
  const Reply reply = TRY(ask(batch::resize_pool(pool, nodes), limits));
  // Our own first attempt may be what it is being resized by.
  if (reply.repeated && reply.code == "PoolBeingResized" &&
      TRY(this->pool(pool, limits)).target == nodes) {
    return {};
  }
  return reply.result();
}

Result<void> BatchClient::stop_resize(std::string_view pool, const Limits& limits) {
  const Reply reply = TRY(ask(batch::stop_resize(pool), limits));
  if (reply.refusal && reply.refusal->code == ErrorCode::precondition_failed) return {};
  return reply.result();
}

Result<void> BatchClient::delete_pool(std::string_view pool, const Limits& limits) {
  const Reply reply = TRY(ask(batch::delete_pool(pool), limits));
  if (reply.code == "PoolBeingDeleted") return {};
  if (reply.repeated && reply.code == "PoolNotFound") return {};
  return reply.result();
}

Result<std::vector<Node>> BatchClient::nodes(std::string_view pool, const Limits& limits) {
  return fetch_all(list_nodes(pool), parse_nodes, limits);
}

Result<void> BatchClient::have_job(const NewJob& job, const Limits& limits) {
  const Reply reply = TRY(ask(create_job(job), limits));
  if (reply.code != "JobExists") return reply.result();
  const Job there = TRY(this->job(job.id, limits));
  if (there.pool == job.pool) return check_takes_tasks(there);
  return fail(ErrorCode::already_exists,
              fmt::format("the Batch job {} is there on the pool {} instead of {}; delete it",
                          job.id, there.pool, job.pool));
}

Result<Job> BatchClient::job(std::string_view job, const Limits& limits) {
  return fetch_as(get_job(job), parse_job, limits);
}

Result<TaskCounts> BatchClient::task_counts(std::string_view job, const Limits& limits) {
  return fetch_as(count_tasks(job), parse_task_counts, limits);
}

Result<std::optional<std::vector<Added>>> BatchClient::add_tasks(std::string_view job,
                                                                 std::span<const NewTask> tasks,
                                                                 const Limits& limits) {
  CHECK(tasks.size() <= kTasksPerRequest);
  const Request request = batch::add_tasks(job, tasks);
  const Reply reply = TRY(ask(request, limits));
  if (reply.code == "RequestBodyTooLarge" || reply.answer.status == 413) return std::nullopt;
  TRY(reply.result());
  auto added = parse_added(reply.answer.text);
  if (!added) return fail(with_context(std::move(added).error(), request));
  if (added->size() != tasks.size()) {
    return fail(
        senseless(reply.answer, request,
                  fmt::format("it is about {} tasks, not {}", added->size(), tasks.size())));
  }
  return std::move(*added);
}

Result<Task> BatchClient::task(std::string_view job, std::string_view task, const Limits& limits) {
  return fetch_as(get_task(job, task), parse_task, limits);
}

Result<std::vector<Task>> BatchClient::tasks(std::string_view job, Which which,
                                             const Limits& limits) {
  return fetch_all(list_tasks(job, which), parse_tasks, limits);
}

Result<bool> BatchClient::terminate_task(std::string_view job, std::string_view task,
                                         const Limits& limits) {
  const Reply reply = TRY(ask(batch::terminate_task(job, task), limits));
  if (!reply.refusal) return true;
  if (is_one_of(reply.code, {"TaskCompleted", "TaskNotFound", "JobNotFound"})) return false;
  return fail(*reply.refusal);
}

}  // namespace aloft::batch
