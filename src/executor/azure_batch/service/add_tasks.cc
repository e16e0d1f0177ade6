// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/service/add_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <thread>
#include <unordered_map>

#include "base/guarded.h"
#include "executor/azure_batch/service/batch_error.h"

namespace aloft::batch {
namespace {

/// Positions of tasks that go into one request.
struct Chunk {
  std::vector<std::size_t> positions{};
  int tries = 0;  ///< So far, because the service had a passing fault with them.
};

class Adder {
 public:
  Adder(BatchClient& client, std::string_view job, const TaskSource& source, const Limits& limits,
        const AddOptions& options)
      : client_(client), job_(job), source_(source), limits_(limits), options_(options) {}

  Result<void> run() {
    const std::size_t chunks = (source_.count + kTasksPerRequest - 1) / kTasksPerRequest;
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(options_.threads, chunks); ++i) {
      others.emplace_back([this] { work(); });
    }
    work();
    others.clear();
    return std::move(state_.lock()->result);
  }

 private:
  struct State {
    std::size_t next = 0;  ///< Position of the first task that no chunk has.
    std::size_t chunk_size = kTasksPerRequest;
    std::deque<Chunk> left_over{};  ///< What must be sent again, smaller or later.
    std::size_t under_way = 0;
    Result<void> result{};
  };

  void work() {
    while (auto chunk = take()) {
      auto added = add(*chunk);
      auto state = state_.lock();
      --state->under_way;
      if (!added && state->result) state->result = fail(std::move(added).error());
      changed_.notify_all();
    }
  }

  /// None when all is done, or has failed.
  std::optional<Chunk> take() {
    auto state = state_.lock();
    while (true) {
      if (!state->result) return std::nullopt;
      if (auto chunk = next_of(*state)) {
        ++state->under_way;
        return chunk;
      }
      if (state->under_way == 0) return std::nullopt;
      changed_.wait(state.mutex_lock());
    }
  }

  std::optional<Chunk> next_of(State& state) const {
    if (!state.left_over.empty()) {
      Chunk chunk = std::move(state.left_over.front());
      state.left_over.pop_front();
      return chunk;
    }
    Chunk chunk;
    for (; state.next < source_.count && chunk.positions.size() < state.chunk_size; ++state.next) {
      chunk.positions.push_back(state.next);
    }
    if (chunk.positions.empty()) return std::nullopt;
    return chunk;
  }

  Result<void> add(const Chunk& chunk) {
    if (chunk.tries > 0) TRY(pause());
    std::vector<NewTask> tasks;
    for (const std::size_t position : chunk.positions) tasks.push_back(source_.make(position));
    const auto added = TRY(client_.add_tasks(job_, tasks, limits_));
    if (!added) return halve(chunk, tasks.front());
    return look_at(*added, chunk, tasks);
  }

  Result<void> pause() {
    const auto until = options_.clock->now() + options_.pause;
    if (until >= limits_.deadline || !options_.clock->sleep_until(until, limits_.stop)) {
      TRY(limits_.check(*options_.clock, fmt::format("adding tasks to Batch job {}", job_)));
      return fail(ErrorCode::deadline_exceeded,
                  fmt::format("adding tasks to Batch job {} took too long", job_));
    }
    return {};
  }

  Result<void> halve(const Chunk& chunk, const NewTask& first) {
    const std::size_t size = chunk.positions.size();
    if (size == 1) {
      return fail(error_of_task(batch::add_tasks(job_, {}), first.id, "RequestBodyTooLarge",
                                "one task alone is too large"));
    }
    const auto middle = chunk.positions.begin() + static_cast<std::ptrdiff_t>(size / 2);
    auto state = state_.lock();
    state->chunk_size = std::max<std::size_t>(1, std::min(state->chunk_size, size / 2));
    state->left_over.push_back({.positions = {chunk.positions.begin(), middle}});
    state->left_over.push_back({.positions = {middle, chunk.positions.end()}});
    return {};
  }

  Result<void> look_at(const std::vector<Added>& added, const Chunk& chunk,
                       const std::vector<NewTask>& tasks) {
    std::unordered_map<std::string_view, std::size_t> index_of;
    for (std::size_t i = 0; i < tasks.size(); ++i) index_of[tasks[i].id] = i;
    Chunk again{.positions = {}, .tries = chunk.tries + 1};
    bool looked = false;
    for (const Added& one : added) {
      const auto found = index_of.find(one.id);
      if (found == index_of.end()) return fail(unknown_task(one));
      if (one.status == Added::Status::success) continue;
      if (one.code == "TaskExists") {
        // Whose tasks they are is the same for all of a request.
        if (!looked) TRY(check_ours(tasks[found->second]));
        looked = true;
      } else if (one.status == Added::Status::server_error && again.tries < options_.tries_max) {
        again.positions.push_back(chunk.positions[found->second]);
      } else {
        return fail(error_of_task(batch::add_tasks(job_, {}), one.id, one.code, one.message));
      }
    }
    if (!again.positions.empty()) state_.lock()->left_over.push_back(std::move(again));
    return {};
  }

  Error unknown_task(const Added& one) const {
    return {.code = ErrorCode::corrupt,
            .message = fmt::format(
                "adding tasks to Batch job {} failed: the answer is about task {}, which was not "
                "sent",
                job_, one.id)};
  }

  Result<void> check_ours(const NewTask& task) {
    const Task there = TRY(client_.task(job_, task.id, limits_));
    if (there.display_name == task.display_name) return {};
    return fail(
        ErrorCode::already_exists,
        fmt::format("Batch job {} has another task {} already ({}): its job home was made anew "
                    "since; delete that Batch job, or use another container as home",
                    job_, task.id, there.display_name));
  }

  BatchClient& client_;
  const std::string job_;
  const TaskSource& source_;
  const Limits& limits_;
  const AddOptions& options_;
  Guarded<State> state_;
  std::condition_variable changed_;  ///< A chunk has ended.
};

}  // namespace

Result<void> add_all_tasks(BatchClient& client, std::string_view job, const TaskSource& source,
                           const Limits& limits, const AddOptions& options) {
  return Adder(client, job, source, limits, options).run();
}

}  // namespace aloft::batch
