// SPDX-License-Identifier: Apache-2.0
#include "cli/batch_jobs.h"

#include <fmt/format.h>

#include "azure/account_resolver.h"
#include "azure/batch_account.h"
#include "azure/names/blob_uri.h"
#include "cli/job_home.h"
#include "object/azure/open_accounts.h"

namespace aloft::cli {

executor::BatchOpener open_batch_accounts(EnvironmentLookup environment) {
  auto clients = std::make_shared<azure::ConnectedClients>();
  auto tokens = std::make_shared<azure::TokenCaches>();
  return [environment = std::move(environment), clients,
          tokens](std::string_view name) -> Result<std::shared_ptr<batch::BatchClient>> {
    const azure::BatchAccount account = TRY(azure::resolve_batch_account(environment, name));
    return std::make_shared<batch::BatchClient>(account, clients->of(account.connection),
                                                batch::BatchClientOptions{}, tokens);
  };
}

Result<std::shared_ptr<ObjectStore>> open_home_container(const EnvironmentLookup& environment,
                                                         const std::string& home,
                                                         std::stop_token stop) {
  const auto uri = azure::parse_blob_uri(home);
  if (!uri || uri->container.empty() || !uri->key.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is no job home: write the container that holds the jobs, as in "
                            "az://ACCOUNT/CONTAINER",
                            home));
  }
  const auto account = TRY(open_azure_accounts(environment)(uri->account));
  const Limits soon = Limits::within(std::chrono::seconds(30), std::move(stop));
  if (!TRY(account->container_exists(uri->container, soon))) {
    return fail(ErrorCode::not_found,
                fmt::format("the container {} of the job home does not exist; `aloft mkdir` makes "
                            "one",
                            home));
  }
  return account->container(uri->container);
}

Result<executor::AccountPlace> place_of_account(const EnvironmentLookup& environment,
                                                std::string_view account) {
  const azure::Account resolved = TRY(azure::resolve_account(account, environment));
  return executor::AccountPlace{.name = resolved.name,
                                .endpoint = azure::to_string(resolved.endpoint)};
}

Result<std::unique_ptr<executor::Executor>> open_batch_jobs(const EnvironmentLookup& environment,
                                                            const std::string& home,
                                                            const std::string& pool,
                                                            std::stop_token stop) {
  executor::BatchExecutorOptions options;
  options.home = TRY(open_home_container(environment, home, stop));
  options.pool = pool;
  if (!pool.empty()) {
    const std::string launcher = TRY(launcher_path());
    options.bundle = TRY(executor::find_bundle(launcher));
  }
  options.open_batch = open_batch_accounts(environment);
  options.open_account = open_azure_accounts(environment);
  options.place_of = [environment](std::string_view account) {
    return place_of_account(environment, account);
  };
  options.stop = std::move(stop);
  return std::make_unique<executor::BatchExecutor>(std::move(options));
}

}  // namespace aloft::cli
