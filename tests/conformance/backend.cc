// SPDX-License-Identifier: Apache-2.0
#include "backend.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include "azure/connection_string.h"
#include "base/file.h"
#include "base/seeded_random.h"
#include "base/temporary_directory.h"
#include "http/client.h"
#include "object/azure/azure_account.h"
#include "object/faulty_store.h"
#include "object/memory_account.h"
#include "object/retrying_store.h"
#include "process/process.h"

namespace aloft::conformance {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartTime = 30s;

/// A server that runs until stop_backends(), in a directory of its own.
struct Server {
  TemporaryDirectory directory{};
  std::unique_ptr<Process> process{};
};

std::vector<std::unique_ptr<Server>>& servers() {
  static std::vector<std::unique_ptr<Server>> all;
  return all;
}

/// Starts `command` with its output in the file "log"; waits until `ready` gives something.
template <class Ready>
Result<std::string> start_server(Server& server, std::vector<std::string> command, Ready ready) {
  const std::string& directory = server.directory.path();
  const UniqueFd log =
      TRY(open_file(directory + "/log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  ProcessOptions options{.command = std::move(command)};
  options.environment = {{"PATH=" + std::string(std::getenv("PATH")), "HOME=" + directory,
                          "XDG_RUNTIME_DIR=" + directory, "XDG_CONFIG_HOME=" + directory,
                          "ALOFT_LOCAL_DIR=" + directory + "/local"}};
  options.directory = directory;
  options.stdout_fd = options.stderr_fd = log.get();
  options.parent_death_signal = SIGTERM;
  server.process = TRY(system_process_runner().start(options));
  const auto until = system_clock().now() + kStartTime;
  while (system_clock().now() < until) {
    if (std::optional<std::string> found = ready(directory)) return *found;
    if (server.process->wait(Limits::within(20ms))) break;
  }
  const auto said = read_file(directory + "/log");
  return fail(ErrorCode::unavailable, "the server did not start: " + said.value_or(""));
}

std::shared_ptr<ObjectAccount> connect(azure::Account account) {
  return std::make_shared<AzureAccount>(std::move(account), std::make_shared<http::Client>());
}

Result<std::shared_ptr<ObjectAccount>> connect(std::string_view connection_string) {
  azure::Account account = TRY(azure::parse_connection_string(connection_string, "the test"));
  return connect(std::move(account));
}

/// Its record. `faults`: what it does on purpose (docs/guide/faults.md); empty: nothing.
Result<nlohmann::json> start_emulator(const std::string& faults = "", bool hierarchical = false) {
  auto& server = *servers().emplace_back(std::make_unique<Server>());
  const std::string ready_file = server.directory.path() + "/ready.json";
  std::vector<std::string> command{ALOFT_MAIN, "emulator", "--in-memory", "--ready-file",
                                   ready_file};
  if (hierarchical) command.emplace_back("--hierarchical-namespace");
  if (!faults.empty()) {
    const std::string file = server.directory.path() + "/faults.toml";
    TRY(replace_file(file, faults, 0600));
    command.insert(command.end(), {"--faults", file});
  }
  const std::string text = TRY(start_server(server, std::move(command),
                                            [&](const std::string&) -> std::optional<std::string> {
                                              auto record = read_file(ready_file);
                                              return record ? std::optional(*record) : std::nullopt;
                                            }));
  return nlohmann::json::parse(text);
}

Result<std::shared_ptr<ObjectAccount>> connect_by_key(const nlohmann::json& record) {
  return connect(fmt::format("AccountName={};AccountKey={};BlobEndpoint={};DfsEndpoint={}",
                             record["account"].get<std::string>(), record["key"].get<std::string>(),
                             record["blob_endpoint"].get<std::string>(),
                             record.value("dfs_endpoint", std::string())));
}

Result<Backend> open_emulator(bool hierarchical) {
  const auto record = TRY(start_emulator("", hierarchical));
  return Backend{.account = TRY(connect_by_key(record))};
}

/// As a task sees the emulator: without any key.
Result<Backend> open_emulator_by_identity(bool hierarchical) {
  const auto record = TRY(start_emulator("", hierarchical));
  azure::ServiceEndpoint endpoint =
      TRY(azure::parse_service_endpoint(record["blob_endpoint"].get<std::string>()));
  const auto& variables = record["identity"];
  azure::Account account{
      .name = record["account"].get<std::string>(),
      .endpoint = std::move(endpoint),
      .credential = azure::Identities{{azure::ManagedIdentity{
          .authority = variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"].get<std::string>()}}}};
  if (hierarchical) {
    account.dfs_endpoint =
        TRY(azure::parse_service_endpoint(record["dfs_endpoint"].get<std::string>()));
  }
  return Backend{.account = connect(std::move(account))};
}

Result<Backend> start_azurite() {
  auto& server = *servers().emplace_back(std::make_unique<Server>());
  const std::string endpoint =
      TRY(start_server(server,
                       {ALOFT_AZURITE, "--blobPort", "0", "--inMemoryPersistence",
                        "--skipApiVersionCheck", "--disableTelemetry", "--silent"},
                       [](const std::string& directory) -> std::optional<std::string> {
                         constexpr std::string_view kListens = "successfully listens on ";
                         const std::string log = read_file(directory + "/log").value_or("");
                         const std::size_t at = log.find(kListens);
                         const std::size_t end = log.find('\n', at);
                         if (at == std::string::npos || end == std::string::npos)
                           return std::nullopt;
                         return log.substr(at + kListens.size(), end - at - kListens.size());
                       }));
  return Backend{.account = TRY(connect(fmt::format(
                     "AccountName={};AccountKey={};BlobEndpoint={}/{}", azure::kEmulatorAccount,
                     azure::kWellKnownKey, endpoint, azure::kEmulatorAccount))),
                 .stages_from_object = false,
                 .checks_block_id_lengths = false};
}

Result<Backend> open_live() {
  const char* const text = std::getenv("ALOFT_TEST_LIVE_CONNECTION_STRING");
  if (text == nullptr) {
    return fail(ErrorCode::unsupported, "ALOFT_TEST_LIVE_CONNECTION_STRING is not set");
  }
  return Backend{.account = TRY(connect(text))};
}

/// Repeats often and at once, so that the suite sees none of the faults.
constexpr RetryOptions kRetries{.attempts_max = 30,
                                .pause_first = std::chrono::milliseconds(0),
                                .pause_max = std::chrono::milliseconds(1),
                                .spare_repeats = 1e9};

/// Printed, for a failure to be repeated with it.
std::uint64_t new_seed(std::string_view backend) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "conformance/" << backend << ": seed " << seed << "\n";
  return seed;
}

/// Memory behind faults behind retries: to the suite it must look like memory.
Result<Backend> open_retrying(std::shared_ptr<ObjectAccount> inner) {
  static SeededRandom random(new_seed("retrying"));
  constexpr FaultOptions kFaults{
      .fails_before = 0.1, .fails_after = 0.1, .throttles = 0.05, .breaks_reads = 0.1};
  auto faulty = std::make_shared<FaultyAccount>(std::move(inner), kFaults, random, system_clock());
  return Backend{.account = std::make_shared<RetryingAccount>(std::move(faulty), kRetries,
                                                              system_clock(), random),
                 .loses_answers = true};
}

/// First one lost answer for each kind of write, to keys that the suite names so; then chance.
constexpr std::string_view kFaults = R"(
seed = {}
[[request]]
service = "blob"
method = "PUT"
target = "*/lost-put"
count = 1
drop = "after"
[[request]]
service = "blob"
method = "PUT"
target = "*/lost-commit?comp=blocklist"
count = 1
drop = "after"
[[request]]
service = "blob"
method = "PUT"
target = "*/lost-metadata?comp=metadata"
count = 1
drop = "after"
[[request]]
service = "blob"
method = "PUT"
target = "*/lost-copy"
count = 1
drop = "after"
[[request]]
service = "blob"
method = "DELETE"
target = "*/lost-removal"
count = 1
drop = "after"
[[request]]
service = "blob"
probability = 0.1
drop = "after"
[[request]]
service = "blob"
probability = 0.05
drop = "before"
[[request]]
service = "blob"
probability = 0.05
status = 503
code = "ServerBusy"
[[request]]
service = "blob"
header = {{ x-ms-content-crc64 = "*" }}
probability = 0.1
damage = true
[[request]]
service = "blob"
method = "GET"
probability = 0.1
reset_after_bytes = 400
)";

/// The emulator with faults, behind retries: to the suite it must look like the emulator. So what
/// was carried out and not answered, over a real protocol, is told from what somebody else did.
Result<Backend> open_faulty_emulator(bool hierarchical) {
  static SeededRandom random(new_seed("faults"));
  const auto record =
      TRY(start_emulator(fmt::format(kFaults, random.below(1'000'000)), hierarchical));
  return Backend{.account = std::make_shared<RetryingAccount>(TRY(connect_by_key(record)), kRetries,
                                                              system_clock(), random),
                 .loses_answers = true};
}

std::shared_ptr<ObjectAccount> memory_tree() {
  return std::make_shared<MemoryAccount>("memory", system_clock(), true);
}

Result<Backend> start(const std::string& name) {
  if (name == "memory") return Backend{.account = std::make_shared<MemoryAccount>()};
  if (name == "tree") return Backend{.account = memory_tree()};
  if (name == "retrying") return open_retrying(std::make_shared<MemoryAccount>());
  if (name == "retrying_tree") return open_retrying(memory_tree());
  if (name == "emulator") return open_emulator(false);
  if (name == "emulator_tree") return open_emulator(true);
  if (name == "faults") return open_faulty_emulator(false);
  if (name == "faults_tree") return open_faulty_emulator(true);
  if (name == "identity") return open_emulator_by_identity(false);
  if (name == "identity_tree") return open_emulator_by_identity(true);
  if (name == "azurite") return start_azurite();
  return open_live();
}

}  // namespace

std::vector<std::string> backend_names() {
  return {"memory", "retrying", "emulator", "faults", "identity", "azurite", "live"};
}

std::vector<std::string> tree_backend_names() {
  return {"tree", "retrying_tree", "emulator_tree", "faults_tree", "identity_tree"};
}

Result<Backend> open_backend(const std::string& name) {
  static std::map<std::string, Result<Backend>> opened;
  const auto found = opened.find(name);
  return found != opened.end() ? found->second : opened.emplace(name, start(name)).first->second;
}

void stop_backends() {
  for (const auto& server : servers()) {
    if (server->process == nullptr) continue;
    const auto ended = end_process(*server->process, 5s);
    if (!ended) std::cerr << "cannot end a server: " << ended.error().message << "\n";
  }
  servers().clear();
}

}  // namespace aloft::conformance
