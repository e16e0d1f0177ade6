// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/dfs/operations/operations.h"

namespace aloft::emulator::dfs {

namespace {

/// The path, where the request's conditions on it hold.
Outcome<std::shared_ptr<const blob::Blob>> find_for_read(const Call& call) {
  const blob::Conditions conditions =
      TRY(blob::parse_conditions(call.headers(), call.repository.now()));
  auto path = TRY(call.repository.find_blob(call.target.container, call.target.blob));
  TRY(blob::check_read(conditions, *blob::resource_of(path.get())));
  return path;
}

void add_status_fields(http::Headers& headers, const blob::AccessControl& access,
                       bool is_directory) {
  blob::add_access_fields(headers, access, is_directory);
  headers.remove("x-ms-acl");
}

Answer root_status(const Call& call) {
  const blob::Conditions conditions =
      TRY(blob::parse_conditions(call.headers(), call.repository.now()));
  const auto container = TRY(call.repository.find_container(call.target.container));
  TRY(blob::check_read(conditions, *blob::resource_of(container.get())));
  http::Response response = blob::response_for(200, *container);
  add_status_fields(response.headers, *container->access, true);
  return response;
}

/// The fields of an answer of the Blob service as this protocol has them.
void translate(http::Headers& headers) {
  constexpr std::string_view kMetadata = "x-ms-meta-";
  blob::Metadata metadata;
  for (const auto& [name, value] : headers) {
    if (name.starts_with(kMetadata)) metadata.emplace_back(name.substr(kMetadata.size()), value);
  }
  for (const auto& [name, value] : metadata) headers.remove(std::string(kMetadata) + name);
  headers.remove("x-ms-acl");
  headers.remove("x-ms-blob-type");
  headers.add("x-ms-properties", format_path_metadata(metadata));
}

}  // namespace

Answer get_path_properties(Call& call) {
  http::Response response = TRY(blob::get_blob_properties(call));
  translate(response.headers);
  return response;
}

Answer get_status(Call& call) {
  if (call.target.blob.empty()) return root_status(call);
  const auto path = TRY(find_for_read(call));
  http::Response response = blob::response_for(200, *path);
  add_status_fields(response.headers, *path->access, path->is_directory);
  response.headers.add("Content-Type", path->properties.content_type);
  blob::add_lease_fields(response.headers, path->lease, call.repository.now());
  response.head_length_bytes = path->size_bytes;
  return response;
}

Answer read_path(Call& call) {
  http::Response response = TRY(blob::get_blob(call));
  if (response.headers.get("x-ms-resource-type") == "directory") {
    return refuse(Refusal::resource_type_mismatch);
  }
  translate(response.headers);
  return response;
}

Answer delete_path(Call& call) {
  const bool recursive = TRY(parse_flag(call.query(), "recursive"));
  const blob::Conditions conditions =
      TRY(blob::parse_conditions(call.headers(), call.repository.now()));
  const auto check = [&](const blob::Blob& current) -> Outcome<void> {
    return blob::check_write(conditions, blob::resource_of(&current));
  };
  // However much is below it, it goes at once, and there is nothing to continue.
  if (recursive) {
    TRY(call.repository.drop_tree(call.target.container, call.target.blob, check));
  } else {
    TRY(call.repository.drop_blob(call.target.container, call.target.blob,
                                  blob::Repository::WithSnapshots::no, check));
  }
  return http::Response{.status = 200};
}

Answer set_path_properties(Call& call) {
  TRY(blob::check_no_body(call.request.body));
  const blob::Conditions conditions =
      TRY(blob::parse_conditions(call.headers(), call.repository.now()));
  const auto metadata = TRY(parse_path_metadata(call.headers()));
  const auto edit = [&](const blob::Blob* current) -> Outcome<blob::Blob> {
    if (current == nullptr) return refuse(Refusal::blob_not_found);
    TRY(blob::check_write(conditions, blob::resource_of(current)));
    blob::Blob changed = *current;
    TRY(apply_content_fields(call.headers(), changed.properties));
    if (metadata) changed.metadata = *metadata;
    return changed;
  };
  const auto path = TRY(call.repository.write_blob(call.target.container, call.target.blob,
                                                   blob::Repository::Write::properties, edit));
  return blob::response_for(200, *path);
}

Answer lease_path(Call& call) {
  return blob::lease_blob(call);
}

}  // namespace aloft::emulator::dfs
