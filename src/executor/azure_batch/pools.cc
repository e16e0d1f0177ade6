// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/pools.h"

#include <fmt/format.h>

#include <algorithm>

#include "executor/azure_batch/vm_size.h"

namespace aloft::executor {
namespace {

using batch::BatchClient;
using batch::Pool;

/// A node has at most this many slots, however many cores.
constexpr std::uint32_t kSlotsMax = 256;
constexpr std::chrono::seconds kLookAgain{2};

Result<void> check_id(const std::string& id) {
  const auto allowed = [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) || c == '-' || c == '_');
  };
  if (!id.empty() && id.size() <= 64 && std::ranges::all_of(id, allowed)) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("\"{}\" is no name for a pool: up to 64 letters, digits, - and _", id));
}

Result<std::uint32_t> cores_of_plan(const PoolPlan& plan) {
  if (plan.cores) return *plan.cores;
  if (const auto cores = cores_of_size(plan.vm_size)) return *cores;
  return fail(ErrorCode::invalid_argument,
              fmt::format("how many cores has {}? Its name does not tell; say it with --cores",
                          plan.vm_size));
}

bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// Whether a pool that is there may be set up as the one that is asked for.
Result<void> check_unused(const Pool& pool, const PoolPlan& plan, std::uint32_t slots) {
  const auto differs = [&](const std::string& how) {
    return fail(ErrorCode::already_exists,
                fmt::format("pool {} exists already and {}; choose another name, or delete it with "
                            "`aloft pool delete {}`",
                            pool.id, how, pool.id));
  };
  if (pool.state == Pool::State::deleting) return differs("is being deleted");
  if (pool.target.total() + pool.current.total() > 0) return differs("has nodes");
  if (!same_text(pool.vm_size, plan.vm_size)) return differs("is of " + pool.vm_size);
  if (pool.slots_per_node != slots) {
    return differs(fmt::format("has {} slots on each node", pool.slots_per_node));
  }
  return {};
}

/// Resizes as soon as the pool is steady.
Result<void> resize_when_steady(BatchClient& client, const std::string& pool,
                                const batch::NodeCounts& nodes, const Limits& limits,
                                Clock& clock) {
  // A refusal by a pool that was steady already is about something else.
  for (bool steady = false;;) {
    auto resized = client.resize_pool(pool, nodes, limits);
    if (resized || resized.error().code != ErrorCode::precondition_failed || steady) return resized;
    steady = TRY(client.pool(pool, limits)).allocation == Pool::Allocation::steady;
    if (steady) continue;
    const auto until = clock.now() + kLookAgain;
    if (until >= limits.deadline) return resized;
    if (!clock.sleep_until(until, limits.stop)) {
      return fail(ErrorCode::cancelled, fmt::format("resizing pool {} was interrupted", pool));
    }
  }
}

/// True if it was made, false if it was there.
Result<bool> have_empty_pool(BatchClient& client, const PoolPlan& plan, std::uint32_t slots,
                             const Limits& limits) {
  const auto created = client.create_pool({.id = plan.id,
                                           .vm_size = plan.vm_size,
                                           .image = plan.image,
                                           .nodes = {},
                                           .slots_per_node = slots},
                                          limits);
  if (created) return true;
  if (created.error().code != ErrorCode::already_exists) return fail(created.error());
  const Pool there = TRY(client.pool(plan.id, limits));
  TRY(check_unused(there, plan, slots));
  return false;
}

Error no_identity(const std::string& pool) {
  return {.code = ErrorCode::unsupported,
          .message = fmt::format(
              "pool {} has no managed identity, by which its nodes would reach their files. Azure "
              "gives one only to pools made in the portal or with `az`: make an empty pool of this "
              "name there, with a user-assigned identity that may read and write the containers, "
              "and run this command again",
              pool)};
}

}  // namespace

Result<void> make_pool(BatchClient& client, const PoolPlan& plan, NodeBundle bundle,
                       const Limits& limits, Clock& clock) {
  TRY(check_id(plan.id));
  const std::uint32_t cores = TRY(cores_of_plan(plan));
  const std::uint32_t slots = plan.slots.value_or(std::min(cores, kSlotsMax));
  const bool made = TRY(have_empty_pool(client, plan, slots, limits));
  Pool pool = TRY(client.pool(plan.id, limits));
  if (pool.identities.empty()) {
    if (made) TRY(client.delete_pool(plan.id, limits));
    return fail(no_identity(plan.id));
  }
  bundle.identity = pool.identities.front().resource_id;
  pool.labels[kCoresLabel] = std::to_string(cores);
  pool.labels[kBundleLabel] = bundle.digest;
  TRY(client.set_up_pool(plan.id, map_start_task(bundle), pool.labels, limits));
  if (plan.nodes.total() == 0) return {};
  return resize_when_steady(client, plan.id, plan.nodes, limits, clock);
}

Result<void> resize_pool(BatchClient& client, const std::string& pool,
                         const batch::NodeCounts& nodes, const Limits& limits, Clock& clock) {
  if (TRY(client.pool(pool, limits)).allocation == Pool::Allocation::resizing) {
    TRY(client.stop_resize(pool, limits));
  }
  return resize_when_steady(client, pool, nodes, limits, clock);
}

}  // namespace aloft::executor
