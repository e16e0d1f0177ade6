// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/state.h"

#include "emulator/batch/rows.h"
#include "emulator/wire/query.h"

namespace aloft::emulator::batch {

State::State(Clock& clock, Ledger& ledger, Fleet& fleet, StateOptions options)
    : clock_(clock), ledger_(ledger), fleet_(fleet), options_(std::move(options)) {}

Instant State::now() {
  const auto time = std::chrono::floor<std::chrono::microseconds>(clock_.wall_now());
  last_now_ = std::max(time, last_now_ + std::chrono::microseconds(1));
  return last_now_;
}

Pool* State::find_pool(std::string_view id) const {
  const auto found = pools_.find(lower_case(id));
  return found == pools_.end() ? nullptr : found->second.get();
}

Job* State::find_job(std::string_view id) const {
  const auto found = jobs_.find(lower_case(id));
  return found == jobs_.end() ? nullptr : found->second.get();
}

Job* State::find_job(std::uint64_t number) const {
  const auto found = jobs_by_number_.find(number);
  return found == jobs_by_number_.end() ? nullptr : found->second;
}

Pool& State::add(std::unique_ptr<Pool> pool) {
  const auto [place, is_new] = pools_.emplace(lower_case(pool->id), nullptr);
  CHECK(is_new);
  place->second = std::move(pool);
  return *place->second;
}

Job& State::add(std::unique_ptr<Job> job) {
  if (job->number == 0) job->number = last_job_ + 1;
  last_job_ = std::max(last_job_, job->number);
  const auto [place, is_new] = jobs_.emplace(lower_case(job->id), nullptr);
  CHECK(is_new);
  place->second = std::move(job);
  jobs_by_number_.emplace(place->second->number, place->second.get());
  return *place->second;
}

void State::drop(Pool& pool) {
  ledger_.add(DropPool{lower_case(pool.id)});
  pools_.erase(lower_case(pool.id));
}

void State::drop(Job& job) {
  ledger_.add(DropJob{job.number});
  jobs_by_number_.erase(job.number);
  jobs_.erase(lower_case(job.id));
}

void State::save(const Pool& pool) {
  ledger_.add(PutPool{lower_case(pool.id), encode_pool(pool)});
}

void State::save(const Job& job) {
  ledger_.add(PutJob{job.number, encode_job(job)});
}

void State::save_new(const Job& job, const Task& task) {
  ledger_.add(PutTask{job.number, task.number, task.id, task.settings, encode_status(task)});
}

void State::save(const Job& job, const Task& task) {
  ledger_.add(PutTaskStatus{job.number, task.number, encode_status(task)});
}

void State::drop_task(Job& job, Task& task) {
  ledger_.add(DropTask{job.number, task.number});
  job.tasks.remove(task.number);
}

std::uint64_t State::add_run(Run run) {
  runs_.emplace(++last_run_, std::move(run));
  return last_run_;
}

Run* State::find_run(std::uint64_t run) {
  const auto found = runs_.find(run);
  return found == runs_.end() ? nullptr : &found->second;
}

}  // namespace aloft::emulator::batch
