// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/blob/operations/receive.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::uint64_t kPoliciesBytesMax = std::uint64_t{64} << 10;

/// The container, if the request does not name a lease that it has not.
Outcome<std::shared_ptr<const Container>> find_container_for_read(Call& call) {
  const Seconds now = call.repository.now();
  const auto lease_id = TRY(parse_lease_id(call.headers(), "x-ms-lease-id"));
  auto container = TRY(call.repository.find_container(call.target.container));
  TRY(check_given(container->lease, lease_id, Leased::container, now));
  return container;
}

void add_public_access(http::Headers& headers, const Container& container) {
  if (container.public_access == PublicAccess::none) return;
  headers.add("x-ms-blob-public-access", name_of(container.public_access));
}

}  // namespace

Answer create_container(Call& call) {
  const PublicAccess access = TRY(parse_public_access(call.headers()));
  Metadata metadata = TRY(parse_metadata(call.headers()));
  const Container container = TRY(call.repository.create_container(
      call.target.container, std::move(metadata), access, call.authority.who));
  return response_for(201, container);
}

Answer delete_container(Call& call) {
  const Conditions conditions =
      TRY(parse_container_conditions(call.headers(), call.repository.now()));
  TRY(call.repository.drop_container(call.target.container,
                                     [&](const Container& current) -> Outcome<void> {
                                       return check_write(conditions, resource_of(&current));
                                     }));
  return http::Response{.status = 202};
}

Answer get_container_properties(Call& call) {
  const auto container = TRY(find_container_for_read(call));
  http::Response response = response_for(200, *container);
  add_metadata(response.headers, container->metadata);
  add_lease_fields(response.headers, container->lease, call.repository.now());
  add_public_access(response.headers, *container);
  response.headers.add("x-ms-has-immutability-policy", "false");
  response.headers.add("x-ms-has-legal-hold", "false");
  return response;
}

Answer set_container_metadata(Call& call) {
  Conditions conditions = TRY(parse_container_conditions(call.headers(), call.repository.now()));
  conditions.lease_use = Conditions::LeaseUse::optional;
  Metadata metadata = TRY(parse_metadata(call.headers()));
  const auto edit = [&](const Container& current) -> Outcome<Container> {
    TRY(check_write(conditions, resource_of(&current)));
    Container changed = current;
    changed.metadata = std::move(metadata);
    return changed;
  };
  const Container container = TRY(call.repository.write_container(
      call.target.container, Repository::ContainerEtag::renewed, edit));
  return response_for(200, container);
}

Answer get_container_acl(Call& call) {
  const auto container = TRY(find_container_for_read(call));
  http::Response response = response_for(200, *container);
  add_public_access(response.headers, *container);
  response.headers.add("Content-Type", "application/xml");
  response.set_body(access_policies_document(container->access_policies));
  return response;
}

Answer set_container_acl(Call& call) {
  Conditions conditions = TRY(parse_container_conditions(call.headers(), call.repository.now()));
  conditions.lease_use = Conditions::LeaseUse::optional;
  const PublicAccess access = TRY(parse_public_access(call.headers()));
  const std::string document = TRY(receive_text(call, kPoliciesBytesMax));
  std::vector<AccessPolicy> policies = TRY(parse_access_policies(document));
  const auto edit = [&](const Container& current) -> Outcome<Container> {
    TRY(check_write(conditions, resource_of(&current)));
    Container changed = current;
    changed.public_access = access;
    changed.access_policies = std::move(policies);
    return changed;
  };
  const Container container = TRY(call.repository.write_container(
      call.target.container, Repository::ContainerEtag::renewed, edit));
  return response_for(200, container);
}

}  // namespace aloft::emulator::blob
