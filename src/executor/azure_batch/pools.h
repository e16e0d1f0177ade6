// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "executor/azure_batch/mapping.h"
#include "executor/azure_batch/service/batch_client.h"

namespace aloft::executor {

/// A pool as a user asks for it.
struct PoolPlan {
  std::string id{};
  std::string vm_size{};
  batch::NodeCounts nodes{};
  std::optional<std::uint32_t> slots{};  ///< None: as many as cores.
  std::optional<std::uint32_t> cores{};  ///< None: as the size's name tells.
  /// With user namespaces for everyone, as the tasks need them; newer releases of it restrict them.
  batch::Image image{.publisher = "canonical",
                     .offer = "0001-com-ubuntu-server-jammy",
                     .sku = "22_04-lts",
                     .node_agent = "batch.node.ubuntu 22.04"};
};

/// Makes a pool whose nodes have Aloft, and begins to give it its nodes. The nodes fetch the bundle
/// with the pool's managed identity, which the service shows only of a pool that is there: so the
/// pool is made empty, set up, and grown. A kill between these steps is mended by a second call.
///
/// Batch gives an identity only to pools made through Azure's management interface (portal, `az`):
/// make such a pool empty, then this call takes it over, if size and slots are as asked. Fails with
/// already_exists for a pool that is in use; with unsupported, leaving no pool of its own behind,
/// for one without identity.
Result<void> make_pool(batch::BatchClient& client, const PoolPlan& plan, NodeBundle bundle,
                       const Limits& limits, Clock& clock = system_clock());

/// Begins to change the number of nodes; one that is under way is given up first.
Result<void> resize_pool(batch::BatchClient& client, const std::string& pool,
                         const batch::NodeCounts& nodes, const Limits& limits,
                         Clock& clock = system_clock());

}  // namespace aloft::executor
