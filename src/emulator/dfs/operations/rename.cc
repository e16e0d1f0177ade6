// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/dfs/operations/operations.h"

namespace aloft::emulator::dfs {

namespace {

constexpr std::string_view kSource = "x-ms-rename-source";

tl::unexpected<ServiceError> invalid_source(const Call& call) {
  return refuse_header(Refusal::invalid_header_value, kSource, call.headers().get(kSource));
}

/// The source is opened by a SAS of its own, or by what opened the request, if that covers it.
Outcome<void> check_source_authority(const Call& call, blob::Target source) {
  constexpr blob::Access kMove{.on = blob::Access::On::object, .permissions = "dm"};
  const bool has_sas = source.query.contains("sig");
  if (!has_sas && call.authority.is_whole_account()) return {};
  if (!has_sas) source.query = call.query();
  const auto container = call.repository.index().find_container(source.container);
  TRY(blob::authenticate_sas(call.account, source, kMove, blob::peer_of(call.request),
                             call.repository.now(), container.get()));
  return {};
}

/// "/FILESYSTEM/PATH", encoded, maybe with a SAS. Azure's JavaScript client sends the account in
/// front where it is a part of the URL's path; so read only where no filesystem has its name.
Outcome<blob::Target> parse_source_text(const Call& call) {
  const std::string text(call.headers().get(kSource));
  blob::Target source = TRY(blob::parse_target("/" + call.account.name + text));
  const bool is_behind_account = source.container == call.account.name &&
                                 !call.repository.index().find_container(source.container);
  return is_behind_account ? blob::parse_target(text) : std::move(source);
}

Outcome<blob::Target> parse_source(const Call& call) {
  auto source = parse_source_text(call);
  if (!source || source->level() != blob::Level::blob) return invalid_source(call);
  TRY(check_source_authority(call, *source));
  source->blob = TRY(blob::tree_path(source->blob));
  if (source->blob.empty()) return invalid_source(call);
  return std::move(*source);
}

}  // namespace

Answer rename_path(Call& call) {
  TRY(blob::check_no_body(call.request.body));
  TRY(refuse_fields(call.headers(), {"x-ms-properties", "x-ms-permissions", "x-ms-umask"}));
  const std::string_view mode = call.query().find("mode").value_or("posix");
  if (mode != "posix" && mode != "legacy") {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "mode", mode);
  }
  // Azure's Python client sends it empty where it has no lease.
  constexpr std::string_view kSourceLease = "x-ms-source-lease-id";
  if (call.headers().get(kSourceLease).empty()) call.request.headers.remove(kSourceLease);
  const Seconds now = call.repository.now();
  const blob::Conditions conditions = TRY(blob::parse_conditions(call.headers(), now));
  blob::Conditions of_source = TRY(blob::parse_source_conditions(call.headers(), now));
  const blob::Target source = TRY(parse_source(call));
  const auto check_moved = [&](const blob::Blob& current) -> Outcome<void> {
    // Moving it away is a write: with a lease on it, for its holder.
    TRY(blob::check_holder(current.lease, of_source.lease_id, blob::Leased::blob, now));
    return blob::check_source(of_source, *blob::resource_of(&current));
  };
  const auto check_replaced = [&](const blob::Blob* current) -> Outcome<void> {
    TRY(blob::check_write_of_content(conditions, blob::resource_of(current)));
    if (current == nullptr || call.authority.may('w') || call.authority.may('m')) return {};
    return refuse(Refusal::unauthorized_blob_overwrite);
  };
  const auto path = TRY(call.repository.rename_tree({.from_container = source.container,
                                                     .source = source.blob,
                                                     .to_container = call.target.container,
                                                     .destination = call.target.blob,
                                                     .check_source = check_moved,
                                                     .check_destination = check_replaced}));
  return blob::response_for(201, *path);
}

}  // namespace aloft::emulator::dfs
