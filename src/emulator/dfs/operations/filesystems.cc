// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/listing.h"
#include "emulator/dfs/operations/operations.h"

namespace aloft::emulator::dfs {

Answer list_filesystems(Call& call) {
  const std::size_t size = TRY(blob::page_size(call.query()));
  const blob::ListPosition from = TRY(parse_continuation(call.query()));
  const auto containers =
      call.repository.index().list_containers(call.query().get("prefix"), from.name, size + 1);
  nlohmann::ordered_json document{{"filesystems", nlohmann::ordered_json::array()}};
  for (std::size_t i = 0; i < std::min(size, containers.size()); ++i) {
    document["filesystems"].push_back(
        {{"name", containers[i]->name},
         {"lastModified", format_http_date(containers[i]->modified_at)},
         {"eTag", blob::format_bare_etag(containers[i]->etag)}});
  }
  http::Response response = json_response(200, document);
  if (containers.size() > size) {
    response.headers.add("x-ms-continuation", make_continuation({.name = containers[size]->name}));
  }
  return response;
}

Answer create_filesystem(Call& call) {
  auto metadata = TRY(parse_path_metadata(call.headers()));
  const blob::Container container = TRY(call.repository.create_container(
      call.target.container, std::move(metadata).value_or(blob::Metadata()),
      blob::PublicAccess::none, call.authority.who));
  http::Response response = blob::response_for(201, container);
  response.headers.add("x-ms-namespace-enabled", "true");
  return response;
}

Answer delete_filesystem(Call& call) {
  const blob::Conditions conditions =
      TRY(blob::parse_container_conditions(call.headers(), call.repository.now()));
  TRY(call.repository.drop_container(
      call.target.container, [&](const blob::Container& current) -> Outcome<void> {
        return blob::check_write(conditions, blob::resource_of(&current));
      }));
  return http::Response{.status = 202};
}

Answer get_filesystem_properties(Call& call) {
  const auto container = TRY(call.repository.find_container(call.target.container));
  http::Response response = blob::response_for(200, *container);
  response.headers.add("x-ms-properties", format_path_metadata(container->metadata));
  response.headers.add("x-ms-namespace-enabled", "true");
  return response;
}

Answer set_filesystem_properties(Call& call) {
  blob::Conditions conditions =
      TRY(blob::parse_container_conditions(call.headers(), call.repository.now()));
  conditions.lease_use = blob::Conditions::LeaseUse::optional;
  auto metadata = TRY(parse_path_metadata(call.headers()));
  const auto edit = [&](const blob::Container& current) -> Outcome<blob::Container> {
    TRY(blob::check_write(conditions, blob::resource_of(&current)));
    blob::Container changed = current;
    if (metadata) changed.metadata = std::move(*metadata);
    return changed;
  };
  const blob::Container container = TRY(call.repository.write_container(
      call.target.container, blob::Repository::ContainerEtag::renewed, edit));
  return blob::response_for(200, container);
}

}  // namespace aloft::emulator::dfs
