// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "emulator/batch/operations/operations.h"
#include "emulator/batch/pool_life.h"
#include "emulator/batch/shapes.h"

namespace aloft::emulator::batch {

namespace {

/// The pool, if its conditions hold and it has no other change of size under way.
Outcome<Pool*> find_steady_pool(const Call& call, const State& state) {
  Pool* pool = TRY(find_pool(state, call.argument(0)));
  TRY(check_conditions(call.headers(), pool->version(), false));
  if (pool->state == PoolState::deleting) return refuse(Refusal::pool_being_deleted);
  if (pool->allocation != AllocationState::steady) return refuse(Refusal::pool_being_resized);
  return pool;
}

NodeOption option_in(const Json& body) {
  return parse_node_option(body.value("nodeDeallocationOption", ""));
}

}  // namespace

Answer resize_pool(Call& call) {
  const Json body = TRY(read_body(call, kPoolResizeShape));
  if (!body.contains("targetDedicatedNodes") && !body.contains("targetLowPriorityNodes")) {
    return refuse_property(Refusal::missing_required_property, "targetDedicatedNodes", {},
                           "targetDedicatedNodes or targetLowPriorityNodes is to be given");
  }
  const auto state = call.account.lock();
  Pool& pool = *TRY(find_steady_pool(call, *state));
  const PoolSize size{
      .dedicated = body.value("targetDedicatedNodes", pool.target_dedicated),
      .low_priority = body.value("targetLowPriorityNodes", pool.target_low_priority)};
  resize_pool(*state, pool, size, option_in(body));
  call.account.schedule_and_wake(*state);
  return changed_response(202, pool.version(), pool_url(call.viewer, pool));
}

Answer stop_resize(Call& call) {
  const auto state = call.account.lock();
  Pool& pool = *TRY(find_pool(*state, call.argument(0)));
  TRY(check_conditions(call.headers(), pool.version(), false));
  if (pool.state == PoolState::deleting) return refuse(Refusal::pool_being_deleted);
  if (pool.allocation != AllocationState::steady) stop_resize(*state, pool);
  call.account.schedule_and_wake(*state);
  return changed_response(202, pool.version(), pool_url(call.viewer, pool));
}

Answer remove_nodes(Call& call) {
  const Json body = TRY(read_body(call, kNodeRemoveShape));
  const auto state = call.account.lock();
  Pool& pool = *TRY(find_steady_pool(call, *state));
  std::vector<PoolNode*> nodes;
  for (const Json& id : body.at("nodeList")) {
    PoolNode* node = TRY(find_node(pool, id));
    if (std::ranges::find(nodes, node) == nodes.end()) nodes.push_back(node);
  }
  if (nodes.empty()) {
    return refuse_property(Refusal::invalid_property_value, "nodeList", "[]", "it is empty");
  }
  remove_nodes(*state, pool, nodes, option_in(body));
  call.account.schedule_and_wake(*state);
  return changed_response(202, pool.version(), pool_url(call.viewer, pool));
}

Answer refuse_auto_scale(Call& call) {
  const auto state = call.account.lock();
  TRY(find_pool(*state, call.argument(0)));
  return refuse_property(Refusal::unsupported_property, "autoScaleFormula", {},
                         "the emulator has pools of fixed size only: use resize");
}

Answer disable_auto_scale(Call& call) {
  const auto state = call.account.lock();
  const Pool& pool = *TRY(find_pool(*state, call.argument(0)));
  return changed_response(200, pool.version(), pool_url(call.viewer, pool));
}

}  // namespace aloft::emulator::batch
