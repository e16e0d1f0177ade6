// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "emulator/batch/operations/operations.h"
#include "emulator/batch/pool_life.h"
#include "emulator/batch/shapes.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::array<std::string_view, 5> kProperties{"id", "state", "stateTransitionTime",
                                                      "lastBootTime", "allocationTime"};

FilterValue value_of(const PoolNode& node, std::size_t property) {
  switch (property) {
    case 0:
      return node.id;
    case 1:
      return std::string(name_of(node.state));
    case 2:
      return node.entered_state;
    case 3:
      return node.booted;
    default:
      return node.allocated;
  }
}

struct Place {
  Pool* pool;
  PoolNode* node;
};

Outcome<Place> find_place(const Call& call, const State& state) {
  Pool* pool = TRY(find_pool(state, call.argument(0)));
  PoolNode* node = TRY(find_node(*pool, call.argument(1)));
  return Place{.pool = pool, .node = node};
}

Outcome<void> check_restarts(const PoolNode& node) {
  switch (node.state) {
    case NodeState::idle:
    case NodeState::running:
    case NodeState::start_task_failed:
      return {};
    case NodeState::rebooting:
    case NodeState::reimaging:
      return refuse(Refusal::node_being_rebooted);
    case NodeState::unusable:
      return refuse(Refusal::node_state_unusable);
    default:
      return refuse(Refusal::operation_invalid_for_current_state,
                    "the node is " + std::string(name_of(node.state)));
  }
}

Answer restart(Call& call, bool reimage, const Shape& shape, const char* option) {
  const Json body = TRY(read_body(call, shape));
  const auto state = call.account.lock();
  const Place place = TRY(find_place(call, *state));
  TRY(check_restarts(*place.node));
  restart_node(*state, *place.node, reimage, parse_node_option(body.value(option, "")));
  call.account.schedule_and_wake(*state);
  return changed_response(202, place.pool->version(),
                          node_url(call.viewer, place.pool->id, place.node->id));
}

}  // namespace

Answer list_nodes(Call& call) {
  Listing listing = TRY(Listing::parse(call.target, kProperties));
  const auto state = call.account.lock();
  const Pool& pool = *TRY(find_pool(*state, call.argument(0)));
  listing.offer_from(pool.nodes, value_of,
                     [&](const PoolNode& node) { return node_view(call.viewer, pool, node); });
  return json_response(listing.finish(call.viewer.base_url, "nodes"));
}

Answer get_node(Call& call) {
  const auto state = call.account.lock();
  const Place place = TRY(find_place(call, *state));
  return resource_response(call, {place.node->entered_state}, "nodes",
                           node_view(call.viewer, *place.pool, *place.node));
}

Answer reboot_node(Call& call) {
  return restart(call, false, kNodeRebootShape, "nodeRebootOption");
}

Answer reimage_node(Call& call) {
  return restart(call, true, kNodeReimageShape, "nodeReimageOption");
}

Answer disable_node_scheduling(Call& call) {
  const Json body = TRY(read_body(call, kNodeDisableSchedulingShape));
  const auto state = call.account.lock();
  const Place place = TRY(find_place(call, *state));
  if (!place.node->schedules) return refuse(Refusal::node_already_in_target_scheduling_state);
  disable_scheduling(*state, *place.pool, *place.node,
                     parse_node_option(body.value("nodeDisableSchedulingOption", "")));
  call.account.schedule_and_wake(*state);
  return changed_response(200, place.pool->version(),
                          node_url(call.viewer, place.pool->id, place.node->id));
}

Answer enable_node_scheduling(Call& call) {
  const auto state = call.account.lock();
  const Place place = TRY(find_place(call, *state));
  if (place.node->schedules) return refuse(Refusal::node_already_in_target_scheduling_state);
  enable_scheduling(*state, *place.pool, *place.node);
  call.account.schedule_and_wake(*state);
  return changed_response(200, place.pool->version(),
                          node_url(call.viewer, place.pool->id, place.node->id));
}

}  // namespace aloft::emulator::batch
