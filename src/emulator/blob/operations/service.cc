// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/blob/operations/receive.h"
#include "emulator/blob/user_delegation.h"
#include "emulator/blob/xml.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::uint64_t kPropertiesBytesMax = std::uint64_t{64} << 10;

}  // namespace

Answer get_service_properties(Call& call) {
  http::Response response;
  response.headers.add("Content-Type", "application/xml");
  response.set_body(service_properties_document(*call.repository.index().service_properties()));
  return response;
}

Answer set_service_properties(Call& call) {
  const std::string document = TRY(receive_text(call, kPropertiesBytesMax));
  const bool is_hierarchical = call.repository.settings().hierarchical_namespace;
  const auto edit = [&](const ServiceProperties& current) -> Outcome<ServiceProperties> {
    ServiceProperties wanted = TRY(parse_service_properties(document, current));
    // Azure keeps deleted paths by a protocol of their own.
    if (is_hierarchical && wanted.delete_retention.enabled) {
      return refuse(Refusal::api_not_implemented, "soft delete in a hierarchical namespace");
    }
    return wanted;
  };
  TRY(call.repository.set_service_properties(edit));
  return http::Response{.status = 202};
}

Answer get_service_stats(Call& call) {
  // As on Azure, the replica alone knows how far it lags behind; ours never does.
  if (!call.target.is_secondary) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "comp", "stats");
  }
  XmlWriter xml;
  xml.open("StorageServiceStats");
  xml.open("GeoReplication");
  xml.element("Status", "live");
  xml.element("LastSyncTime", format_http_date(call.repository.now()));
  xml.close("GeoReplication");
  xml.close("StorageServiceStats");
  http::Response response;
  response.headers.add("Content-Type", "application/xml");
  response.set_body(xml.take());
  return response;
}

Answer get_user_delegation_key(Call& call) {
  if (call.authority.kind != Authority::Kind::bearer) {
    ServiceError error = make_error(Refusal::authentication_failed);
    error.details.emplace_back("AuthenticationErrorDetail",
                               "Only authentication scheme Bearer is supported");
    return refuse(std::move(error));
  }
  const std::string document = TRY(receive_text(call, kPropertiesBytesMax));
  UserDelegationKey key = TRY(parse_key_info(document, call.repository.now()));
  key.object_id = identity::kPrincipalId;
  key.tenant_id = identity::kTenantId;
  key.version = call.headers().get("x-ms-version");
  http::Response response;
  response.headers.add("Content-Type", "application/xml");
  response.set_body(user_delegation_key_document(key, call.account.key));
  return response;
}

Answer get_account_information(Call& call) {
  http::Response response;
  response.headers.add("x-ms-sku-name", "Standard_RAGRS");
  response.headers.add("x-ms-account-kind", "StorageV2");
  response.headers.add("x-ms-is-hns-enabled",
                       call.repository.settings().hierarchical_namespace ? "true" : "false");
  return response;
}

}  // namespace aloft::emulator::blob
