// SPDX-License-Identifier: Apache-2.0
// The documents that clients send to the emulator's Blob service.
#include "emulator/blob/access_policy.h"
#include "emulator/blob/service_properties.h"
#include "emulator/blob/tags.h"
#include "emulator/blob/user_delegation.h"
#include "emulator/blob/xml.h"
#include "target.h"

using namespace aloft::emulator;

namespace {

void check_block_list(std::string_view text) {
  const auto blocks = blob::parse_block_list(text);
  if (!blocks) return;
  for (const auto& block : *blocks) CHECK(!block.id.empty() && block.id.size() <= 64);
}

void check_tags(std::string_view text) {
  const auto tags = blob::parse_tags_document(text);
  if (tags) CHECK(tags->size() <= 10);
}

/// What is stored is said again, and must be taken again.
void check_access_policies(std::string_view text) {
  const auto policies = blob::parse_access_policies(text);
  if (!policies) return;
  CHECK(policies->size() <= 5);
  CHECK(blob::parse_access_policies(blob::access_policies_document(*policies)).has_value());
}

void check_service_properties(std::string_view text) {
  const auto properties = blob::parse_service_properties(text, {});
  if (!properties) return;
  const std::string document = blob::service_properties_document(*properties);
  const auto again = blob::parse_service_properties(document, {});
  CHECK(again.has_value());
  CHECK(blob::service_properties_document(*again) == document);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_block_list(text);
  check_tags(text);
  check_access_policies(text);
  check_service_properties(text);
  const auto now = Seconds(std::chrono::seconds(1'750'000'000));
  if (const auto key = blob::parse_key_info(text, now)) {
    blob::user_delegation_key_document(*key, "secret");
  }
  return 0;
}
