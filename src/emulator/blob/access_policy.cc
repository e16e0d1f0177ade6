// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/access_policy.h"

#include <algorithm>
#include <pugixml.hpp>

#include "emulator/blob/xml.h"
#include "emulator/wire/dates.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::size_t kPoliciesMax = 5;
constexpr std::size_t kIdCharactersMax = 64;
constexpr std::string_view kPermissions = "racwdxyltmeopi";

Outcome<AccessPolicy> read_policy(const pugi::xml_node& node) {
  const pugi::xml_node fields = node.child("AccessPolicy");
  AccessPolicy policy{.id = node.child("Id").text().get(),
                      .start = fields.child("Start").text().get(),
                      .expiry = fields.child("Expiry").text().get(),
                      .permissions = fields.child("Permission").text().get()};
  if (policy.id.empty() || policy.id.size() > kIdCharactersMax || !is_xml_text(policy.id)) {
    return refuse(Refusal::invalid_xml_document, "an Id has 1 to 64 characters");
  }
  for (const std::string& time : {policy.start, policy.expiry}) {
    if (!time.empty() && !parse_iso_date(time)) {
      return refuse(Refusal::invalid_xml_node_value, "no time: " + time);
    }
  }
  if (policy.permissions.find_first_not_of(kPermissions) != std::string::npos) {
    return refuse(Refusal::invalid_xml_node_value, "no permissions: " + policy.permissions);
  }
  return policy;
}

}  // namespace

Outcome<PublicAccess> parse_public_access(const http::Headers& headers) {
  constexpr std::string_view kField = "x-ms-blob-public-access";
  const auto field = headers.find(kField);
  if (!field || field->empty()) return PublicAccess::none;
  for (const PublicAccess access : {PublicAccess::blob, PublicAccess::container}) {
    if (http::equal_ignoring_case(*field, name_of(access))) return access;
  }
  return refuse_header(Refusal::invalid_header_value, kField, *field);
}

std::string_view name_of(PublicAccess access) {
  constexpr std::string_view kNames[] = {"", "blob", "container"};
  return kNames[static_cast<int>(access)];
}

Outcome<std::vector<AccessPolicy>> parse_access_policies(std::string_view document) {
  std::vector<AccessPolicy> policies;
  if (document.empty()) return policies;
  pugi::xml_document parsed;
  if (!parsed.load_buffer(document.data(), document.size())) {
    return refuse(Refusal::invalid_xml_document);
  }
  const pugi::xml_node list = parsed.child("SignedIdentifiers");
  if (!list) return refuse(Refusal::invalid_xml_document);
  for (const pugi::xml_node& node : list.children()) {
    if (std::string_view(node.name()) != "SignedIdentifier" || policies.size() == kPoliciesMax) {
      return refuse(Refusal::invalid_xml_document, "there are at most five SignedIdentifiers");
    }
    AccessPolicy policy = TRY(read_policy(node));
    if (std::ranges::find(policies, policy.id, &AccessPolicy::id) != policies.end()) {
      return refuse(Refusal::invalid_xml_document, "two policies have the Id " + policy.id);
    }
    policies.push_back(std::move(policy));
  }
  return policies;
}

std::string access_policies_document(const std::vector<AccessPolicy>& policies) {
  XmlWriter xml;
  xml.open("SignedIdentifiers");
  for (const AccessPolicy& policy : policies) {
    xml.open("SignedIdentifier");
    xml.element("Id", policy.id);
    xml.open("AccessPolicy");
    if (!policy.start.empty()) xml.element("Start", policy.start);
    if (!policy.expiry.empty()) xml.element("Expiry", policy.expiry);
    if (!policy.permissions.empty()) xml.element("Permission", policy.permissions);
    xml.close("AccessPolicy");
    xml.close("SignedIdentifier");
  }
  xml.close("SignedIdentifiers");
  return xml.take();
}

}  // namespace aloft::emulator::blob
