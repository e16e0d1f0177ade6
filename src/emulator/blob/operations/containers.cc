// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"

namespace aloft::emulator::blob {

namespace {

/// Azure takes dates alone as conditions on containers.
Outcome<Conditions> parse_container_conditions(const http::Headers& headers) {
  Conditions conditions = TRY(parse_conditions(headers));
  for (const std::string_view name : {"If-Match", "If-None-Match"}) {
    if (headers.contains(name)) {
      return refuse_header(Refusal::unsatisfiable_condition, name, headers.get(name));
    }
  }
  return conditions;
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
  const Conditions conditions = TRY(parse_container_conditions(call.headers()));
  TRY(call.repository.drop_container(call.target.container,
                                     [&](const Container& current) -> Outcome<void> {
                                       return check_write(conditions, resource_of(&current));
                                     }));
  return http::Response{.status = 202};
}

Answer get_container_properties(Call& call) {
  const auto container = TRY(call.repository.find_container(call.target.container));
  http::Response response = response_for(200, *container);
  add_metadata(response.headers, container->metadata);
  response.headers.add("x-ms-lease-status", "unlocked");
  response.headers.add("x-ms-lease-state", "available");
  response.headers.add("x-ms-has-immutability-policy", "false");
  response.headers.add("x-ms-has-legal-hold", "false");
  return response;
}

Answer set_container_metadata(Call& call) {
  const Conditions conditions = TRY(parse_container_conditions(call.headers()));
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
