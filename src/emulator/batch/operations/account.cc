// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "emulator/batch/images.h"
#include "emulator/batch/operations/operations.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::array<std::string_view, 4> kImageProperties{"osType", "verificationType",
                                                           "nodeAgentSKUId", "imageReference/sku"};
constexpr std::array<std::string_view, 1> kCountsProperties{"poolId"};

FilterValue value_of(const Image& image, std::size_t property) {
  const std::string_view values[] = {"linux", "verified", image.agent, image.sku};
  return std::string(values[property]);
}

std::string image_view(const Image& image) {
  return text_of({{"nodeAgentSKUId", image.agent},
                  {"imageReference",
                   {{"publisher", image.publisher},
                    {"offer", image.offer},
                    {"sku", image.sku},
                    {"version", "latest"}}},
                  {"osType", "linux"},
                  {"verificationType", "verified"}});
}

/// The key of a state in node counts, which are in camel case: "startTaskFailed".
std::string_view counts_key(NodeState state) {
  if (state == NodeState::start_task_failed) return "startTaskFailed";
  if (state == NodeState::leaving_pool) return "leavingPool";
  if (state == NodeState::waiting_for_start_task) return "waitingForStartTask";
  return name_of(state);
}

Json counts_view(const Pool& pool, bool dedicated, ApiVersion version) {
  Json counts{{"total", pool.count(dedicated)}};
  for (int state = 0; state <= static_cast<int>(NodeState::preempted); ++state) {
    counts[std::string(counts_key(static_cast<NodeState>(state)))] = 0;
  }
  if (version == ApiVersion::v2025) {
    for (const char* never : {"deallocated", "deallocating", "upgradingos"}) counts[never] = 0;
  }
  for (const auto& [id, node] : pool.nodes) {
    if (node->is_dedicated != dedicated) continue;
    Json& count = counts[std::string(counts_key(node->state))];
    count = count.get<int>() + 1;
  }
  return counts;
}

}  // namespace

Answer list_supported_images(Call& call) {
  Listing listing = TRY(Listing::parse(call.target, kImageProperties));
  for (const Image& image : supported_images()) {
    listing.offer([&](std::size_t property) { return value_of(image, property); },
                  [&] { return image_view(image); });
  }
  return json_response(listing.finish(call.viewer.base_url, "supportedimages"));
}

Answer list_node_counts(Call& call) {
  Listing listing = TRY(Listing::parse(call.target, kCountsProperties));
  const auto state = call.account.lock();
  const auto& pools = state->pools();
  for (auto entry = pools.lower_bound(listing.token()); entry != pools.end(); ++entry) {
    const Pool& pool = *entry->second;
    if (!listing.has_room()) {
      listing.set_next(entry->first);
      break;
    }
    listing.offer(
        [&](std::size_t) { return pool.id; },
        [&] {
          return text_of({{"poolId", pool.id},
                          {"dedicated", counts_view(pool, true, call.viewer.version)},
                          {"lowPriority", counts_view(pool, false, call.viewer.version)}});
        });
  }
  return json_response(listing.finish(call.viewer.base_url, "poolnodecounts"));
}

Answer get_application(Call&) {
  return refuse(Refusal::application_not_found);
}

Answer list_nothing(Call& call) {
  Listing listing = TRY(Listing::parse(call.target, {}));
  return json_response(listing.finish(call.viewer.base_url, call.target.segments.back()));
}

}  // namespace aloft::emulator::batch
