// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/server.h"

#include <filesystem>
#include <latch>
#include <optional>
#include <set>

#include "base/directories.h"
#include "base/file_lock.h"
#include "base/temporary_directory.h"
#include "emulator/batch/local_fleet.h"
#include "emulator/batch/recovery.h"
#include "emulator/batch/service.h"
#include "emulator/batch/sqlite_ledger.h"
#include "http/server.h"

namespace aloft::emulator::batch {

namespace {

/// Members are in the order of their dependence.
class RunningServer final : public Server {
 public:
  explicit RunningServer(ServerOptions options) : options_(std::move(options)) {}
  ~RunningServer() override { stop(); }

  Result<void> start() {
    TRY(open_directory());
    TRY(open_ledger());
    // Nodes tell their tasks the port, so it must be known before the first is restored; requests
    // wait until all is.
    http_ =
        TRY(http::Server::start({.port = options_.port, .idle_timeout = std::chrono::minutes(10)},
                                [this, handle = handler()](http::Request& request) {
                                  ready_.wait();
                                  return handle(request);
                                }));
    const auto begun = begin();
    ready_.count_down();
    return begun;
  }

  std::string endpoint() const override {
    return "http://127.0.0.1:" + std::to_string(http_->port());
  }

  void stop() override {
    if (http_) http_->stop();
    if (account_) account_->stop();
    if (fleet_) fleet_->shut_down();
  }

 private:
  http::Handler handler() {
    const auto handle = [this](http::Request& request) { return service_->handle(request); };
    if (options_.request_faults == nullptr) return handle;
    const auto refuse = [this](const http::Request& request, const ServiceError& error) {
      return service_->answer_error(request, error);
    };
    return options_.request_faults->around(faults::Service::batch, handle, refuse);
  }

  Result<void> open_directory() {
    if (options_.directory.empty()) {
      directory_ = temporary_.emplace().path();
    } else {
      directory_ = options_.directory;
      TRY(make_private_directory(directory_));
      lock_ = TRY(try_lock_file(directory_ + "/lock"));
      if (!lock_) {
        return fail(ErrorCode::already_exists, directory_ + " is in use by another emulator");
      }
    }
    return make_private_directory(directory_ + "/nodes");
  }

  Result<void> open_ledger() {
    if (options_.directory.empty()) {
      ledger_ = std::make_unique<NoLedger>();
      return {};
    }
    auto kept = TRY(SqliteLedger::open(directory_ + "/account.db"));
    kept_ = kept.get();
    ledger_ = std::move(kept);
    return {};
  }

  /// Brings back what was, and goes on from there.
  Result<void> begin() {
    fleet_ = std::make_unique<LocalFleet>(
        LocalFleetOptions{.directory = directory_ + "/nodes",
                          .node = {.account_name = options_.account,
                                   .account_url = endpoint(),
                                   .environment = options_.environment,
                                   .storage_token = options_.storage_token,
                                   .auto_storage_url = options_.storage_url}},
        *ledger_);
    account_ = std::make_unique<Account>(
        system_clock(), *ledger_, *fleet_,
        StateOptions{.identity = options_.identity, .node_faults = options_.node_faults});
    fleet_->tell(*account_);
    service_.emplace(Credentials{.account = options_.account, .key = options_.key}, *account_);
    service_->set_base_url(endpoint());
    if (kept_ != nullptr) {
      const auto state = account_->lock();
      TRY(fleet_->end_leftovers());
      TRY(kept_->load(*state));
      kept_->start();
      remove_forgotten_nodes(*state);
      restore(*state);
    }
    account_->start();
    return {};
  }

  /// Directories of nodes that were to go when an earlier emulator was killed.
  void remove_forgotten_nodes(const State& state) const {
    std::set<std::string> known;
    for (const auto& [id, pool] : state.pools()) {
      for (const auto& [name, node] : pool->nodes) known.insert(name);
    }
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ + "/nodes", ignored)) {
      if (!known.contains(entry.path().filename())) std::filesystem::remove_all(entry, ignored);
    }
  }

  const ServerOptions options_;
  std::optional<TemporaryDirectory> temporary_;
  std::optional<UniqueFd> lock_;
  std::string directory_;
  std::unique_ptr<Ledger> ledger_;
  SqliteLedger* kept_ = nullptr;  // `ledger_`, where it is kept.
  std::unique_ptr<LocalFleet> fleet_;
  std::unique_ptr<Account> account_;
  std::optional<Service> service_;
  std::latch ready_{1};
  std::unique_ptr<http::Server> http_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  auto server = std::make_unique<RunningServer>(std::move(options));
  TRY(server->start());
  return server;
}

}  // namespace aloft::emulator::batch
