// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/dfs/operations/operations.h"

namespace aloft::emulator::dfs {

namespace {

Outcome<blob::NewAccess> parse_new_access(const Call& call) {
  AccessFields fields = TRY(parse_access_fields(call.headers()));
  blob::NewAccess access{.creator = call.authority.who,
                         .owner = std::move(fields.owner),
                         .group = std::move(fields.group),
                         .permissions = fields.permissions,
                         .acl = std::move(fields.acl)};
  if (const auto text = call.headers().find("x-ms-umask")) {
    const auto umask = blob::parse_permissions(*text);
    if (!umask) return refuse_header(Refusal::invalid_header_value, "x-ms-umask", *text);
    access.umask = umask->mode;
  }
  return access;
}

/// Whether the request says anything of the access to a path that may be there already.
bool has_access_fields(const http::Headers& headers) {
  for (const char* name :
       {"x-ms-permissions", "x-ms-umask", "x-ms-acl", "x-ms-owner", "x-ms-group"}) {
    if (headers.contains(name)) return true;
  }
  return false;
}

/// What is made anew in the place of `current` has its access, but for what the request says.
Outcome<std::shared_ptr<const blob::AccessControl>> overwritten_access(
    const Call& call, const blob::NewAccess& wanted, const blob::Blob& current) {
  if (!has_access_fields(call.headers())) return current.access;
  TRY(check_may_change(call, {.owner = wanted.owner || wanted.group,
                              .permissions = wanted.permissions || wanted.umask || wanted.acl}));
  blob::NewAccess access = wanted;
  if (!access.owner) access.owner = current.access->owner;
  if (!access.group) access.group = current.access->group;
  return std::make_shared<const blob::AccessControl>(
      TRY(blob::new_access({}, access, current.is_directory)));
}

}  // namespace

Answer create_path(Call& call) {
  TRY(blob::check_no_body(call.request.body));
  TRY(refuse_fields(call.headers(),
                    {"x-ms-proposed-lease-id", "x-ms-lease-duration", "x-ms-expiry-option",
                     "x-ms-encryption-context", "x-ms-encryption-key", "x-ms-blob-type"}));
  const blob::Conditions conditions =
      TRY(blob::parse_conditions(call.headers(), call.repository.now()));
  blob::Blob made{.created_at = call.repository.now()};
  made.is_directory = http::equal_ignoring_case(call.query().get("resource"), "directory");
  made.is_appendable = !made.is_directory;
  made.properties.content_type = "application/octet-stream";
  TRY(apply_content_fields(call.headers(), made.properties));
  made.metadata = TRY(parse_path_metadata(call.headers())).value_or(blob::Metadata());
  const blob::NewAccess access = TRY(parse_new_access(call));
  const auto edit = [&](const blob::Blob* current) -> Outcome<blob::Blob> {
    TRY(blob::check_write_of_content(conditions, blob::resource_of(current)));
    if (current == nullptr) return made;
    if (!call.authority.may('w')) return refuse(Refusal::unauthorized_blob_overwrite);
    if (made.is_directory) made.created_at = current->created_at;
    made.access = TRY(overwritten_access(call, access, *current));
    return made;
  };
  const auto path = TRY(call.repository.write_blob(call.target.container, call.target.blob,
                                                   blob::Repository::Write::content, edit, access));
  return blob::response_for_write(201, *path);
}

}  // namespace aloft::emulator::dfs
