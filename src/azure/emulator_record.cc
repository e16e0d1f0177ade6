// SPDX-License-Identifier: Apache-2.0
#include "azure/emulator_record.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "azure/private_file.h"

namespace aloft::azure {
namespace {

bool is_alive(pid_t pid) {
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

std::string text_of(const nlohmann::json& record, const char* name) {
  const auto found = record.find(name);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string emulator_record_path(const EnvironmentLookup& environment) {
  return runtime_directory(environment) + "/emulator.json";
}

Result<std::optional<EmulatorServices>> read_emulator_record(const EnvironmentLookup& environment) {
  const std::string path = emulator_record_path(environment);
  const std::optional<std::string> text = TRY(read_private_file(path));
  if (!text) return std::nullopt;
  const auto record = nlohmann::json::parse(*text, nullptr, false);
  if (!record.is_object() || !record.contains("pid") || !record["pid"].is_number_integer() ||
      record.value("version", nlohmann::json()) != 1) {
    return fail(ErrorCode::corrupt,
                fmt::format("{} is no record of a running emulator; remove it and start "
                            "`aloft emulator` again",
                            path));
  }
  if (!is_alive(record["pid"].get<pid_t>())) return std::nullopt;
  ServiceEndpoint endpoint = TRY(parse_service_endpoint(text_of(record, "blob_endpoint")));
  const SharedKey key = TRY(parse_shared_key(text_of(record, "key"), path));
  const std::string name = text_of(record, "account");
  EmulatorServices services{
      .storage = {.name = name, .endpoint = std::move(endpoint), .credential = key},
      .batch = std::nullopt};
  if (const std::string url = text_of(record, "dfs_endpoint"); !url.empty()) {
    services.storage.dfs_endpoint = TRY(parse_service_endpoint(url));
  }
  if (const std::string url = text_of(record, "batch_endpoint"); !url.empty()) {
    ServiceEndpoint batch_endpoint = TRY(parse_service_endpoint(url));
    services.batch =
        BatchAccount{.name = name, .endpoint = std::move(batch_endpoint), .credential = key};
  }
  return services;
}

}  // namespace aloft::azure
