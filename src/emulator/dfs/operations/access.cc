// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/dfs/operations/operations.h"

namespace aloft::emulator::dfs {

namespace {

constexpr std::uint64_t kRecordsMax = 2000;

Outcome<AccessFields> parse_wanted(const http::Headers& headers) {
  AccessFields wanted = TRY(parse_access_fields(headers));
  if (!wanted.owner && !wanted.group && !wanted.permissions && !wanted.acl) {
    return refuse_header(Refusal::missing_required_header, "x-ms-acl", {});
  }
  return wanted;
}

Outcome<blob::AccessControl> apply(const AccessFields& wanted, blob::AccessControl access,
                                   bool is_directory) {
  if (wanted.owner) access.owner = *wanted.owner;
  if (wanted.group) access.group = *wanted.group;
  if (wanted.permissions) {
    access = blob::with_permissions(std::move(access), *wanted.permissions);
  }
  if (!wanted.acl) return access;
  return blob::with_acl(std::move(access), *wanted.acl, blob::AclEdit::set, is_directory);
}

/// The conditions of the request on the path, or, where it is null, on the root: the filesystem's
/// own, whose lease is not asked for.
Outcome<void> check_write_of_access(const Call& call, blob::Conditions conditions,
                                    const blob::Blob* path) {
  if (path != nullptr) return blob::check_write(conditions, blob::resource_of(path));
  conditions.lease_use = blob::Conditions::LeaseUse::optional;
  const auto root = TRY(call.repository.find_container(call.target.container));
  return blob::check_write(conditions, blob::resource_of(root.get()));
}

/// ETag and date of the path, or of the filesystem whose root it is.
Answer path_response(const Call& call) {
  if (call.target.blob.empty()) {
    return blob::response_for(200, *TRY(call.repository.find_container(call.target.container)));
  }
  return blob::response_for(
      200, *TRY(call.repository.find_blob(call.target.container, call.target.blob)));
}

}  // namespace

Answer get_access_control(Call& call) {
  TRY(parse_flag(call.query(), "upn"));  // Names of users are not known: ids are shown.
  const blob::Conditions conditions =
      TRY(blob::parse_conditions(call.headers(), call.repository.now()));
  if (call.target.blob.empty()) {
    const auto root = TRY(call.repository.find_container(call.target.container));
    TRY(blob::check_read(conditions, *blob::resource_of(root.get())));
    http::Response response = blob::response_for(200, *root);
    blob::add_access_fields(response.headers, *root->access, true);
    return response;
  }
  const auto path = TRY(call.repository.find_blob(call.target.container, call.target.blob));
  TRY(blob::check_read(conditions, *blob::resource_of(path.get())));
  http::Response response = blob::response_for(200, *path);
  blob::add_access_fields(response.headers, *path->access, path->is_directory);
  return response;
}

Answer set_access_control(Call& call) {
  TRY(blob::check_no_body(call.request.body));
  const AccessFields wanted = TRY(parse_wanted(call.headers()));
  TRY(check_may_change(call, {.owner = wanted.owner || wanted.group,
                              .permissions = wanted.permissions || wanted.acl}));
  const blob::Conditions conditions =
      TRY(blob::parse_conditions(call.headers(), call.repository.now()));
  bool is_found = false;
  const auto edit = [&](const blob::Blob* path,
                        const blob::AccessControl& current) -> Outcome<blob::AccessControl> {
    is_found = true;
    TRY(check_write_of_access(call, conditions, path));
    return apply(wanted, current, path == nullptr || path->is_directory);
  };
  TRY(call.repository.write_access(call.target.container, {call.target.blob}, edit));
  if (!is_found) return refuse(Refusal::blob_not_found);
  return path_response(call);
}

namespace {

struct RecursiveEdit {
  blob::AclEdit edit = blob::AclEdit::set;
  blob::Acl entries{};
};

Outcome<RecursiveEdit> parse_recursive(const Call& call) {
  constexpr std::pair<std::string_view, blob::AclEdit> kModes[] = {
      {"set", blob::AclEdit::set},
      {"modify", blob::AclEdit::modify},
      {"remove", blob::AclEdit::remove}};
  const std::string_view mode = call.query().get("mode");
  for (const auto& [name, edit] : kModes) {
    if (name != mode) continue;
    auto entries = blob::parse_acl(call.headers().get("x-ms-acl"), edit == blob::AclEdit::remove
                                                                       ? blob::AclText::without_bits
                                                                       : blob::AclText::with_bits);
    if (!entries) {
      return refuse_header(Refusal::invalid_header_value, "x-ms-acl",
                           call.headers().get("x-ms-acl"));
    }
    return RecursiveEdit{.edit = edit, .entries = std::move(*entries)};
  }
  return refuse_parameter(Refusal::invalid_query_parameter_value, "mode", mode);
}

/// The next paths at and below the target, and where those after them begin.
struct Batch {
  std::vector<std::string> names{};
  std::optional<blob::ListPosition> next{};
};

Outcome<Batch> next_batch(const Call& call, std::size_t size) {
  const blob::ListPosition from = TRY(parse_continuation(call.query()));
  const std::string& top = call.target.blob;
  Batch batch;
  if (from.name.empty()) {
    if (!top.empty()) TRY(call.repository.find_blob(call.target.container, top));
    batch.names.push_back(top);
    --size;
  }
  const std::string prefix = top.empty() ? "" : top + "/";
  const auto page = call.repository.index().list_blobs(
      call.target.container, {.prefix = prefix, .from = from, .entries_max = size});
  if (!page) return refuse(Refusal::container_not_found);
  for (const blob::ListEntry& entry : page->entries) batch.names.push_back(entry.name);
  batch.next = page->next;
  return batch;
}

}  // namespace

Answer set_access_control_recursive(Call& call) {
  TRY(blob::check_no_body(call.request.body));
  const RecursiveEdit wanted = TRY(parse_recursive(call));
  TRY(parse_flag(call.query(), "forceflag"));  // Nothing fails for one path alone.
  const std::uint64_t records = TRY(parse_count(call.query(), "maxrecords")).value_or(kRecordsMax);
  if (records == 0) {
    return refuse_parameter(Refusal::out_of_range_query_parameter_value, "maxrecords", "0");
  }
  const Batch batch =
      TRY(next_batch(call, static_cast<std::size_t>(std::min(records, kRecordsMax))));
  std::uint64_t directories = 0;
  std::uint64_t files = 0;
  const auto edit = [&](const blob::Blob* path,
                        const blob::AccessControl& current) -> Outcome<blob::AccessControl> {
    const bool is_directory = path == nullptr || path->is_directory;
    ++(is_directory ? directories : files);
    return blob::with_acl(current, wanted.entries, wanted.edit, is_directory);
  };
  TRY(call.repository.write_access(call.target.container, batch.names, edit));
  http::Response response = json_response(200, {{"directoriesSuccessful", directories},
                                                {"failedEntries", nlohmann::ordered_json::array()},
                                                {"failureCount", 0},
                                                {"filesSuccessful", files}});
  if (batch.next) response.headers.add("x-ms-continuation", make_continuation(*batch.next));
  return response;
}

}  // namespace aloft::emulator::dfs
