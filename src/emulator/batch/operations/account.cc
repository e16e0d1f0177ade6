// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>

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

/// As Azure writes it: "publisher:offer:sku".
std::string urn_of(const Image& image) {
  return std::string(image.publisher) + ":" + std::string(image.offer) + ":" +
         std::string(image.sku);
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
  std::map<std::string, const Image*> images;
  for (const Image& image : supported_images()) images.emplace(urn_of(image), &image);
  listing.offer_from(images, value_of, image_view);
  return json_response(listing.finish(call.viewer.base_url, "supportedimages"));
}

Answer list_node_counts(Call& call) {
  Listing listing = TRY(Listing::parse(call.target, kCountsProperties));
  const auto state = call.account.lock();
  listing.offer_from(
      state->pools(), [](const Pool& pool, std::size_t) { return pool.id; },
      [&](const Pool& pool) {
        return text_of({{"poolId", pool.id},
                        {"dedicated", counts_view(pool, true, call.viewer.version)},
                        {"lowPriority", counts_view(pool, false, call.viewer.version)}});
      });
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
