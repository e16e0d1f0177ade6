// SPDX-License-Identifier: Apache-2.0
#include "emulator/emulator.h"

#include <thread>

#include "base/clock.h"
#include "base/log/log.h"
#include "emulator/account_key.h"
#include "emulator/batch/server.h"
#include "emulator/blob/directory_storage.h"
#include "emulator/blob/memory_storage.h"
#include "emulator/blob/service.h"
#include "emulator/dfs/service.h"
#include "emulator/identity/identity_server.h"
#include "emulator/wire/digest.h"
#include "http/server.h"

namespace aloft::emulator {

namespace {

constexpr std::chrono::hours kHousekeepingPause{1};

/// The Blob service with all that it needs; members are in the order of their dependence.
class RunningEmulator final : public Emulator {
 public:
  RunningEmulator(std::unique_ptr<blob::Index> index, std::unique_ptr<blob::Storage> storage,
                  blob::Numbers numbers, const std::string& key, const EmulatorOptions& options)
      : index_(std::move(index)),
        storage_(std::move(storage)),
        repository_(*index_, *storage_, system_clock(), numbers,
                    {.hierarchical_namespace = options.hierarchical_namespace,
                     .versioning = options.blob_versioning,
                     .container_retention_days = options.container_retention_days}),
        service_(account(key), repository_),
        request_faults_(options.faults.requests, options.faults.seed, system_clock()),
        node_faults_(options.faults.nodes, options.faults.seed) {
    record_.account = kAccountName;
    record_.key = key;
    if (options.hierarchical_namespace) dfs_.emplace(account(key), repository_);
  }
  ~RunningEmulator() override { stop(); }

  Result<void> listen(const EmulatorOptions& options) {
    server_ = TRY(serve_storage(options, options.blob_port, dfs::Endpoint::blob));
    service_.set_port(server_->port());
    record_.blob_endpoint = endpoint_of(*server_, options);
    if (dfs_) {
      dfs_server_ = TRY(serve_storage(options, options.dfs_port, dfs::Endpoint::dfs));
      record_.dfs_endpoint = endpoint_of(*dfs_server_, options);
    }
    identity_ = TRY(identity::IdentityServer::start(tokens_));
    record_.identity_environment = identity_->environment();
    record_.service_principal = identity_->service_principal();
    TRY(serve_batch(options));
    housekeeper_ = std::jthread([this](const std::stop_token& stop) { keep_house(stop); });
    return {};
  }

  const EmulatorRecord& record() const override { return record_; }

  void stop() override {
    request_faults_.stop();
    // First, since its tasks may be using Blob.
    if (batch_) batch_->stop();
    if (dfs_server_) dfs_server_->stop();
    if (server_) server_->stop();
    if (identity_) identity_->stop();
    housekeeper_ = {};
  }

 private:
  blob::Account account(const std::string& key) const {
    return {.name = std::string(kAccountName),
            .key = base64_decode(key).value(),
            .tokens = &tokens_,
            .hierarchical_namespace = repository_.settings().hierarchical_namespace};
  }

  static std::string endpoint_of(const http::Server& server, const EmulatorOptions& options) {
    return (options.certificate_file.empty() ? "http" : "https") + std::string("://127.0.0.1:") +
           std::to_string(server.port()) + "/" + std::string(kAccountName);
  }

  bool is_for_dfs(const http::Request& request, dfs::Endpoint endpoint) const {
    return dfs_ && dfs::Service::takes(request, endpoint);
  }

  Result<std::unique_ptr<http::Server>> serve_storage(const EmulatorOptions& options,
                                                      std::uint16_t port, dfs::Endpoint endpoint) {
    // Keep-alive connections of many clients wait here for a long time, and cost a thread each.
    return http::Server::start(
        {.port = port,
         .certificate_file = options.certificate_file,
         .key_file = options.key_file,
         .idle_timeout = std::chrono::minutes(10)},
        request_faults_.around(
            faults::Service::blob,
            [this, endpoint](http::Request& r) {
              return is_for_dfs(r, endpoint) ? dfs_->handle(r) : service_.handle(r);
            },
            [this, endpoint](const auto& r, const auto& error) {
              return is_for_dfs(r, endpoint) ? dfs_->answer_error(r, error)
                                             : service_.answer_error(r, error);
            }));
  }

  Result<void> serve_batch(const EmulatorOptions& options) {
    const std::string& data = options.data_directory;
    batch_ =
        TRY(batch::Server::start({.directory = data.empty() ? "" : data + "/batch",
                                  .port = options.batch_port,
                                  .account = record_.account,
                                  .key = base64_decode(record_.key).value(),
                                  .storage_url = record_.blob_endpoint,
                                  .storage_token = [this]() -> Result<std::string> {
                                    return tokens_.issue(identity::kStorageAudience).text;
                                  },
                                  .environment = record_.identity_environment,
                                  .identity = {.resource_id = std::string(identity::kResourceId),
                                               .client_id = std::string(identity::kClientId)},
                                  .request_faults = &request_faults_,
                                  .node_faults = &node_faults_}));
    record_.batch_endpoint = batch_->endpoint();
    return {};
  }

  void keep_house(const std::stop_token& stop) {
    do {
      const auto dropped = repository_.drop_expired();
      if (!dropped) log(LogLevel::warning, "what is too old stays: {}", dropped.error().message);
    } while (system_clock().sleep_until(system_clock().now() + kHousekeepingPause, stop));
  }

  std::unique_ptr<blob::Index> index_;
  std::unique_ptr<blob::Storage> storage_;
  blob::Repository repository_;
  identity::TokenIssuer tokens_;
  blob::Service service_;
  std::optional<dfs::Service> dfs_;
  faults::RequestFaults request_faults_;
  faults::NodeFaults node_faults_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> dfs_server_;
  std::unique_ptr<identity::IdentityServer> identity_;
  std::jthread housekeeper_;
  EmulatorRecord record_;
  std::unique_ptr<batch::Server> batch_;
};

}  // namespace

Result<std::unique_ptr<Emulator>> Emulator::start(const EmulatorOptions& options) {
  if (options.hierarchical_namespace && options.blob_versioning) {
    return fail(ErrorCode::invalid_argument,
                "an account with a hierarchical namespace has no versions: give either "
                "--hierarchical-namespace or --versioning");
  }
  auto index = std::make_unique<blob::Index>();
  std::unique_ptr<blob::Storage> storage;
  blob::Numbers numbers;
  std::string key(kWellKnownKey);
  if (options.data_directory.empty()) {
    storage = std::make_unique<blob::MemoryStorage>(*index);
    if (!options.well_known_key) key = make_account_key();
  } else {
    auto opened = TRY(blob::DirectoryStorage::open(
        options.data_directory, *index,
        options.hierarchical_namespace ? blob::Namespace::hierarchical : blob::Namespace::flat));
    storage = std::move(opened.storage);
    numbers = opened.numbers;
    if (!options.well_known_key) key = TRY(load_account_key(options.data_directory));
  }
  auto emulator = std::make_unique<RunningEmulator>(std::move(index), std::move(storage), numbers,
                                                    key, options);
  TRY(emulator->listen(options));
  return emulator;
}

}  // namespace aloft::emulator
