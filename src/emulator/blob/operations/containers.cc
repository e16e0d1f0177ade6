// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"

namespace aloft::emulator::blob {

namespace {

/// The container, if the request does not name a lease that it has not.
Outcome<std::shared_ptr<const Container>> find_container_for_read(Call& call) {
  const Seconds now = call.repository.now();
  const auto lease_id = TRY(parse_lease_id(call.headers(), "x-ms-lease-id"));
  auto container = TRY(call.repository.find_container(call.target.container));
  TRY(check_given(container->lease, lease_id, Leased::container, now));
  return container;
}

}  // namespace

Answer create_container(Call& call) {
  if (call.headers().contains("x-ms-blob-public-access")) {
    return refuse(Refusal::api_not_implemented, "the emulator has no public containers");
  }
  Metadata metadata = TRY(parse_metadata(call.headers()));
  const Container container =
      TRY(call.repository.create_container(call.target.container, std::move(metadata)));
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

}  // namespace aloft::emulator::blob
