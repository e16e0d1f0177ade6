// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/job_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "process/exit_record.h"
#include "workload/job_json.h"

namespace aloft::executor {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<void> check_version(const Json& json, std::string_view what) {
  const int version = json.at("version").get<int>();
  if (version == kVersion) return {};
  return fail(ErrorCode::unsupported, fmt::format("{} of version {}; this Aloft reads version {}",
                                                  what, version, kVersion));
}

Result<JobRecord> read_job_record(const Json& json) {
  TRY(check_version(json, "the record of a job"));
  JobRecord record;
  record.id = json.at("id").get<workload::JobId>();
  record.job = TRY(workload::job_from_json(json.at("job").get<std::string>()));
  record.submitted = TRY(parse_time(json.at("submitted").get<std::string>()));
  record.pool = json.at("pool").get<std::string>();
  record.batch_account = json.at("batch_account").get<std::string>();
  record.batch_endpoint = json.at("batch_endpoint").get<std::string>();
  record.batch_job = json.at("batch_job").get<std::string>();
  record.bundle = json.at("bundle").get<std::string>();
  for (const Json& account : json.at("accounts")) {
    record.accounts.push_back({.name = account.at("name").get<std::string>(),
                               .endpoint = account.at("endpoint").get<std::string>()});
  }
  return record;
}

Result<AttemptRecord> read_attempt_record(const Json& json) {
  TRY(check_version(json, "the record of an attempt"));
  const auto started = TRY(parse_time(json.at("started").get<std::string>()));
  return AttemptRecord{.attempt = json.at("attempt").get<std::uint32_t>(),
                       .started = started,
                       .node = json.at("node").get<std::string>()};
}

template <class Record>
Result<Record> parse(std::string_view text, Result<Record> (*read)(const Json&)) {
  try {
    return read(Json::parse(text));
  } catch (const Json::exception& error) {
    return fail(ErrorCode::corrupt,
                fmt::format("a record of a job makes no sense: {}", error.what()));
  }
}

}  // namespace

Result<std::uint64_t> JobRecord::number_of(const workload::TaskName& task) const {
  if (task.job == id && task.index.has_value() == job.array.has_value()) {
    if (!task.index) return id;
    const auto& indices = job.array->indices;
    const auto found = std::lower_bound(indices.begin(), indices.end(), *task.index);
    if (found != indices.end() && *found == *task.index) {
      return id + static_cast<std::uint64_t>(found - indices.begin());
    }
  }
  return fail(ErrorCode::not_found, fmt::format("job {} has no task {}", id, to_text(task)));
}

Result<workload::TaskName> JobRecord::task_of(std::uint64_t number) const {
  if (number < id || number - id >= job.task_count()) {
    return fail(ErrorCode::not_found, fmt::format("job {} has no task of number {}", id, number));
  }
  if (!job.array) return workload::TaskName{.job = id};
  return workload::TaskName{.job = id, .index = job.array->indices[number - id]};
}

std::string to_json(const JobRecord& record) {
  Json accounts = Json::array();
  for (const AccountPlace& account : record.accounts) {
    accounts.push_back({{"name", account.name}, {"endpoint", account.endpoint}});
  }
  return dump({{"version", kVersion},
               {"id", record.id},
               {"submitted", format_time(record.submitted)},
               {"pool", record.pool},
               {"batch_account", record.batch_account},
               {"batch_endpoint", record.batch_endpoint},
               {"batch_job", record.batch_job},
               {"bundle", record.bundle},
               {"accounts", std::move(accounts)},
               {"job", workload::to_json(record.job)}});
}

Result<JobRecord> job_record_from_json(std::string_view text) {
  return parse(text, &read_job_record);
}

std::string to_json(const AttemptRecord& record) {
  // Names of nodes are ASCII, so this fits into metadata as it is.
  return dump({{"version", kVersion},
               {"attempt", record.attempt},
               {"started", format_time(record.started)},
               {"node", record.node}});
}

Result<AttemptRecord> attempt_record_from_json(std::string_view text) {
  return parse(text, &read_attempt_record);
}

}  // namespace aloft::executor
