// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/user_delegation.h"

#include <pugixml.hpp>

#include "emulator/blob/xml.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::chrono::days kLifetimeMax{7};

}  // namespace

std::string secret_of(const UserDelegationKey& key, std::string_view account_key) {
  // Clients spell the times anew in the SAS that they sign.
  const auto canonical = [](const std::string& text) {
    const auto time = parse_iso_date(text);
    return time ? format_iso_date(*time) : text;
  };
  std::string text = "user delegation key";
  for (const std::string& field :
       {key.object_id, key.tenant_id, canonical(key.start), canonical(key.expiry), key.service,
        key.version, key.user_tenant_id}) {
    (text += '\n') += field;
  }
  return hmac_sha256(account_key, text);
}

Outcome<UserDelegationKey> parse_key_info(std::string_view document, Seconds now) {
  pugi::xml_document parsed;
  if (!parsed.load_buffer(document.data(), document.size()) || !parsed.child("KeyInfo")) {
    return refuse(Refusal::invalid_xml_document);
  }
  const pugi::xml_node info = parsed.child("KeyInfo");
  UserDelegationKey key{.start = info.child("Start").text().get(),
                        .expiry = info.child("Expiry").text().get(),
                        .user_tenant_id = info.child("DelegatedUserTid").text().get()};
  const auto expiry = parse_iso_date(key.expiry);
  const auto start = parse_iso_date(key.start);
  if (!start || !expiry || *expiry <= now || *expiry <= *start || *expiry > now + kLifetimeMax) {
    return refuse(Refusal::invalid_xml_node_value,
                  "Start and Expiry are times, in order, the latter within seven days from now");
  }
  return key;
}

std::string user_delegation_key_document(const UserDelegationKey& key,
                                         std::string_view account_key) {
  XmlWriter xml;
  xml.open("UserDelegationKey");
  xml.element("SignedOid", key.object_id);
  xml.element("SignedTid", key.tenant_id);
  xml.element("SignedStart", key.start);
  xml.element("SignedExpiry", key.expiry);
  xml.element("SignedService", key.service);
  xml.element("SignedVersion", key.version);
  if (!key.user_tenant_id.empty()) xml.element("SignedDelegatedUserTid", key.user_tenant_id);
  xml.element("Value", base64_encode(secret_of(key, account_key)));
  xml.close("UserDelegationKey");
  return xml.take();
}

}  // namespace aloft::emulator::blob
