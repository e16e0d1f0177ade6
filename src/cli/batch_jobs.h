// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/directories.h"
#include "executor/azure_batch/batch_executor.h"
#include "executor/azure_batch/bundle.h"
#include "executor/azure_batch/observation.h"
#include "object/object_store.h"

namespace aloft::cli {

/// Opens Batch accounts by name, over one client for all that are
/// reached in the same way; the empty name is this user's account.
executor::BatchOpener open_batch_accounts(EnvironmentLookup environment);

/// The container that holds a job home, "az://ACCOUNT/CONTAINER". Fails with invalid_argument for
/// another text, with not_found where there is no such container.
Result<std::shared_ptr<ObjectStore>> open_home_container(const EnvironmentLookup& environment,
                                                         const std::string& home,
                                                         std::stop_token stop);

/// The jobs on Azure Batch whose records are in `home`. New jobs go to `pool`; empty where none
/// will be submitted.
Result<std::unique_ptr<executor::Executor>> open_batch_jobs(const EnvironmentLookup& environment,
                                                            const std::string& home,
                                                            const std::string& pool,
                                                            std::stop_token stop);

/// Where the Blob service of an account answers, for nodes that have no configuration of this user.
Result<executor::AccountPlace> place_of_account(const EnvironmentLookup& environment,
                                                std::string_view account);

}  // namespace aloft::cli
