// SPDX-License-Identifier: Apache-2.0
#include "executor/task_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file_lock.h"
#include "base/random.h"
#include "workload/job_json.h"

namespace aloft::executor {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

Result<std::optional<std::string>> read_if_present(const std::string& path) {
  auto content = read_file(path);
  if (content) return std::optional(std::move(*content));
  if (content.error().code == ErrorCode::not_found) return std::nullopt;
  return fail(content.error());
}

tl::unexpected<Error> corrupt(const std::string& path, const std::exception& error) {
  return fail(ErrorCode::corrupt, fmt::format("{} makes no sense: {}", path, error.what()));
}

Result<TaskSpec> parse_spec(const Json& json) {
  if (json.at("version").get<int>() != kVersion) {
    return fail(ErrorCode::unsupported, "a task record of another version of Aloft");
  }
  TaskSpec spec;
  spec.name = TRY(workload::parse_task_name(json.at("name").get<std::string>()));
  spec.job_id = spec.name.job;
  spec.number = json.at("number").get<std::uint64_t>();
  spec.attempt = json.at("attempt").get<std::uint32_t>();
  spec.script = json.at("script").get<std::string>();
  spec.wake = json.value("wake", "");
  spec.job = TRY(workload::job_from_json(json.at("job").get<std::string>()));
  return spec;
}

}  // namespace

Result<void> create_record(const std::string& path, std::string_view content) {
  const std::string fresh = path + ".new-" + system_random().hex(6);
  const auto create = [&]() -> Result<void> {
    const UniqueFd file = TRY(open_file(fresh, O_WRONLY | O_CREAT | O_EXCL, 0600));
    TRY(write_all(file.get(), content, fresh));
    if (::fsync(file.get()) != 0) return fail_os(errno, "cannot sync " + fresh);
    // Unlike rename(2), link(2) never replaces what is there.
    if (::link(fresh.c_str(), path.c_str()) != 0) return fail_os(errno, "cannot create " + path);
    return {};
  };
  const auto created = create();
  ::unlink(fresh.c_str());
  if (!created) return created;
  return sync_directory(std::filesystem::path(path).parent_path().string());
}

Result<void> TaskDirectory::create(const TaskSpec& spec) const {
  if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_os(errno, "cannot make the directory " + path_);
  }
  const Json json{{"version", kVersion},
                  {"name", to_text(spec.name)},
                  {"number", spec.number},
                  {"attempt", spec.attempt},
                  {"script", spec.script},
                  {"wake", spec.wake},
                  {"job", workload::to_json(spec.job)}};
  // A scheduler that was killed at this point comes again with the same content.
  TRY(replace_file(file("task.json"), json.dump(-1, ' ', false, Json::error_handler_t::replace),
                   0600));
  return sync_directory(std::filesystem::path(path_).parent_path().string());
}

Result<TaskSpec> TaskDirectory::spec() const {
  const std::string path = file("task.json");
  const std::string content = TRY(read_file(path));
  try {
    return parse_spec(Json::parse(content));
  } catch (const Json::exception& error) {
    return corrupt(path, error);
  }
}

Result<std::optional<UniqueFd>> TaskDirectory::try_lock() const {
  return try_lock_file(file("lock"));
}

Result<void> TaskDirectory::write_start(const StartRecord& record) const {
  const Json json{{"version", kVersion},
                  {"pid", record.supervisor.pid},
                  {"start_ticks", record.supervisor.start_ticks},
                  {"boot_id", record.supervisor.boot_id},
                  {"time", format_time(record.time)}};
  return create_record(file("start.json"), json.dump());
}

Result<std::optional<StartRecord>> TaskDirectory::start() const {
  const std::string path = file("start.json");
  const auto content = TRY(read_if_present(path));
  if (!content) return std::nullopt;
  try {
    const Json json = Json::parse(*content);
    const auto time = TRY(parse_time(json.at("time").get<std::string>()));
    return StartRecord{.supervisor = {.pid = json.at("pid").get<pid_t>(),
                                      .start_ticks = json.at("start_ticks").get<std::uint64_t>(),
                                      .boot_id = json.at("boot_id").get<std::string>()},
                       .time = time};
  } catch (const Json::exception& error) {
    return corrupt(path, error);
  }
}

Result<void> TaskDirectory::write_exit(const ExitRecord& record) const {
  return create_record(file("exit.json"), to_json(record));
}

Result<std::optional<ExitRecord>> TaskDirectory::exit() const {
  const auto content = TRY(read_if_present(file("exit.json")));
  if (!content) return std::nullopt;
  return TRY(exit_record_from_json(*content));
}

}  // namespace aloft::executor
