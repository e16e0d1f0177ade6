// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdio>

#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/blob/operations/select.h"
#include "emulator/blob/tier.h"

// Snapshots, and what brings back or removes what a name stood for before.
namespace aloft::emulator::blob {

namespace {

Outcome<Repository::WithSnapshots> parse_delete_snapshots(const Call& call,
                                                          const Selector& selector) {
  constexpr std::string_view kField = "x-ms-delete-snapshots";
  const auto field = call.headers().find(kField);
  if (!field) return Repository::WithSnapshots::no;
  if (!selector.is_set() && *field == "include") return Repository::WithSnapshots::include;
  if (!selector.is_set() && *field == "only") return Repository::WithSnapshots::only;
  return refuse_header(Refusal::invalid_header_value, kField, *field);
}

}  // namespace

Answer delete_blob(Call& call) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  const Selector selector = TRY(parse_selector(call.query()));
  const auto snapshots = TRY(parse_delete_snapshots(call, selector));
  if (!call.authority.may(selector.version != 0 ? 'x' : 'd')) {
    return refuse(Refusal::authorization_permission_mismatch);
  }
  const auto check = [&](const Blob& current) {
    return check_write(conditions, resource_of(&current));
  };
  const std::string& container = call.target.container;
  const std::string& blob = call.target.blob;
  const auto deleted =
      TRY(selector.is_set() ? call.repository.drop_past_blob(container, blob, selector.key(), check)
                            : call.repository.drop_blob(container, blob, snapshots, check));
  http::Response response{.status = 202};
  response.headers.add("x-ms-delete-type-permanent",
                       deleted == Repository::Deleted::for_good ? "true" : "false");
  return response;
}

Answer undelete_blob(Call& call) {
  TRY(call.repository.undelete_blob(call.target.container, call.target.blob));
  return http::Response{};
}

Answer snapshot_blob(Call& call) {
  Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  conditions.lease_use = Conditions::LeaseUse::optional;
  Metadata metadata = TRY(parse_metadata(call.headers()));
  const auto check = [&](const Blob& current) -> Outcome<void> {
    TRY(check_write(conditions, resource_of(&current)));
    return check_not_archived(current, call.repository.now());
  };
  std::optional<Metadata> own;
  if (!metadata.empty()) own = std::move(metadata);
  const auto snapshot = TRY(call.repository.take_snapshot(call.target.container, call.target.blob,
                                                          std::move(own), check));
  http::Response response = response_for(201, *snapshot.base);
  response.headers.add("x-ms-snapshot", format_stamp(snapshot.stamp));
  response.headers.add("x-ms-request-server-encrypted", "true");
  add_version_field(response.headers, *snapshot.base);
  return response;
}

std::string format_deleted_version(Stamp version) {
  char text[24];
  std::snprintf(text, sizeof(text), "%016llX", static_cast<unsigned long long>(version));
  return text;
}

Answer restore_container(Call& call) {
  constexpr std::string_view kName = "x-ms-deleted-container-name";
  constexpr std::string_view kVersion = "x-ms-deleted-container-version";
  for (const std::string_view name : {kName, kVersion}) {
    if (!call.headers().contains(name)) {
      return refuse_header(Refusal::missing_required_header, name, {});
    }
  }
  // The service restores to the same name alone.
  if (call.headers().get(kName) != call.target.container) {
    return refuse_header(Refusal::invalid_header_value, kName, call.headers().get(kName));
  }
  const std::string_view text = call.headers().get(kVersion);
  Stamp version = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), version, 16);
  if (parsed.ec != std::errc() || format_deleted_version(version) != text) {
    return refuse_header(Refusal::invalid_header_value, kVersion, text);
  }
  const Container container =
      TRY(call.repository.restore_container(call.target.container, version));
  return response_for(201, container);
}

}  // namespace aloft::emulator::blob
