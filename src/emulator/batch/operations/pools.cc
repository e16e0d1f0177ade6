// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "emulator/batch/images.h"
#include "emulator/batch/operations/operations.h"
#include "emulator/batch/pool_life.h"
#include "emulator/batch/shapes.h"
#include "emulator/batch/task_settings.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::array<std::string_view, 9> kProperties{"id",
                                                      "state",
                                                      "allocationState",
                                                      "vmSize",
                                                      "enableAutoScale",
                                                      "creationTime",
                                                      "lastModified",
                                                      "stateTransitionTime",
                                                      "allocationStateTransitionTime"};

FilterValue value_of(const Pool& pool, std::size_t property) {
  switch (property) {
    case 0:
      return pool.id;
    case 1:
      return std::string(name_of(pool.state));
    case 2:
      return std::string(name_of(pool.allocation));
    case 3:
      return pool.settings.at("vmSize").get<std::string>();
    case 4:
      return false;
    case 5:
      return pool.created;
    case 6:
      return pool.modified;
    case 7:
      return pool.entered_state;
    default:
      return pool.entered_allocation;
  }
}

Outcome<void> check_image(const Json& body) {
  const auto machine = body.find("virtualMachineConfiguration");
  if (machine == body.end()) {
    return refuse_property(Refusal::missing_required_property, "virtualMachineConfiguration", {},
                           {});
  }
  const Json& wanted = machine->at("imageReference");
  const std::string agent = machine->at("nodeAgentSKUId");
  const auto is_wanted = [&](const Image& image) {
    return http::equal_ignoring_case(image.publisher, wanted.value("publisher", "")) &&
           http::equal_ignoring_case(image.offer, wanted.value("offer", "")) &&
           http::equal_ignoring_case(image.sku, wanted.value("sku", ""));
  };
  const auto found = std::ranges::find_if(supported_images(), is_wanted);
  if (found == supported_images().end()) {
    return refuse_property(Refusal::invalid_property_value,
                           "virtualMachineConfiguration.imageReference", text_of(wanted),
                           "GET /supportedimages lists the images");
  }
  if (found->agent != agent) {
    return refuse_property(Refusal::invalid_property_value,
                           "virtualMachineConfiguration.nodeAgentSKUId", agent,
                           "this image has '" + std::string(found->agent) + "'");
  }
  return {};
}

Outcome<void> check_size(const Json& body) {
  const std::string size = body.at("vmSize");
  const auto cores = cores_of_vm_size(size);
  if (!cores) {
    return refuse_property(Refusal::invalid_property_value, "vmSize", size,
                           "there is no such size of machines; expected one as Standard_D2s_v5");
  }
  const int slots_max = std::min(4 * *cores, 256);
  const int slots = body.value("taskSlotsPerNode", 1);
  if (slots > slots_max) {
    return refuse_property(Refusal::invalid_property_value, "taskSlotsPerNode",
                           std::to_string(slots),
                           size + " allows at most " + std::to_string(slots_max));
  }
  if (!body.contains("targetDedicatedNodes") && !body.contains("targetLowPriorityNodes")) {
    return refuse_property(Refusal::missing_required_property, "targetDedicatedNodes", {},
                           "targetDedicatedNodes or targetLowPriorityNodes is to be given");
  }
  return {};
}

Outcome<void> check_resize_timeout(const Json& body) {
  const auto text = body.find("resizeTimeout");
  if (text == body.end() || parse_duration(text->get<std::string>()) >= std::chrono::minutes(5)) {
    return {};
  }
  return refuse_property(Refusal::invalid_property_value, "resizeTimeout", text->get<std::string>(),
                         "expected five minutes or more");
}

std::unique_ptr<Pool> make_pool(Json body) {
  auto pool = std::make_unique<Pool>();
  pool->id = body["id"];
  for (const char* name : {"id", "targetDedicatedNodes", "targetLowPriorityNodes"}) {
    body.erase(name);
  }
  const Json defaults{{"resizeTimeout", "PT15M"},
                      {"taskSlotsPerNode", 1},
                      {"enableInterNodeCommunication", false},
                      {"taskSchedulingPolicy", {{"nodeFillType", "spread"}}}};
  for (const auto& [name, value] : defaults.items()) {
    if (!body.contains(name)) body[name] = value;
  }
  pool->settings = std::move(body);
  return pool;
}

Answer change_pool(Call& call, const Json& body, bool clears) {
  const auto state = call.account.lock();
  Pool& pool = *TRY(find_pool(*state, call.argument(0)));
  TRY(check_conditions(call.headers(), pool.version(), false));
  if (pool.state == PoolState::deleting) return refuse(Refusal::pool_being_deleted);
  if (clears) {
    for (const char* name : {"startTask", "metadata"}) pool.settings.erase(name);
  }
  pool.settings.update(body);
  pool.modified = state->now();
  state->save(pool);
  return changed_response(clears ? 204 : 200, pool.version(), pool_url(call.viewer, pool));
}

}  // namespace

Answer add_pool(Call& call) {
  Json body = TRY(read_body(call, kPoolShape));
  TRY(check_id(body["id"], "id"));
  TRY(check_image(body));
  TRY(check_size(body));
  TRY(check_resize_timeout(body));
  const PoolSize size{.dedicated = body.value("targetDedicatedNodes", std::int64_t{0}),
                      .low_priority = body.value("targetLowPriorityNodes", std::int64_t{0})};
  const auto state = call.account.lock();
  if (Pool* present = state->find_pool(body["id"].get<std::string>())) {
    return refuse(present->state == PoolState::deleting ? Refusal::pool_being_deleted
                                                        : Refusal::pool_exists);
  }
  Pool& pool = state->add(make_pool(std::move(body)));
  pool.created = pool.modified = pool.entered_state = state->now();
  resize_pool(*state, pool, size, NodeOption::requeue);
  call.account.schedule_and_wake(*state);
  return changed_response(201, pool.version(), pool_url(call.viewer, pool));
}

Answer list_pools(Call& call) {
  Listing listing = TRY(Listing::parse(call.target, kProperties));
  const auto state = call.account.lock();
  listing.offer_from(state->pools(), value_of, [&](const Pool& pool) {
    return pool_view(call.viewer, pool, state->options().identity);
  });
  return json_response(listing.finish(call.viewer.base_url, "pools"));
}

Answer get_pool(Call& call) {
  const auto state = call.account.lock();
  const Pool& pool = *TRY(find_pool(*state, call.argument(0)));
  return resource_response(call, pool.version(), "pools",
                           pool_view(call.viewer, pool, state->options().identity));
}

Answer pool_exists(Call& call) {
  const auto state = call.account.lock();
  const Pool& pool = *TRY(find_pool(*state, call.argument(0)));
  TRY(check_conditions(call.headers(), pool.version(), true));
  return changed_response(200, pool.version(), pool_url(call.viewer, pool));
}

Answer patch_pool(Call& call) {
  return change_pool(call, TRY(read_body(call, kPoolPatchShape)), false);
}

Answer update_pool(Call& call) {
  return change_pool(call, TRY(read_body(call, kPoolUpdateShape)), true);
}

Answer delete_pool(Call& call) {
  const auto state = call.account.lock();
  Pool& pool = *TRY(find_pool(*state, call.argument(0)));
  TRY(check_conditions(call.headers(), pool.version(), false));
  if (pool.state == PoolState::deleting) return refuse(Refusal::pool_being_deleted);
  delete_pool(*state, pool);
  call.account.schedule_and_wake(*state);
  return empty_response(202);
}

}  // namespace aloft::emulator::batch
