// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "emulator/blob/blob.h"
#include "emulator/blob/call.h"

// Header fields and parameters that several operations on paths have.
namespace aloft::emulator::dfs {

using blob::Answer;
using blob::Call;
using blob::Refusal;

/// From x-ms-properties: "name=BASE64,…". Nothing where it is absent.
Outcome<std::optional<blob::Metadata>> parse_path_metadata(const http::Headers& headers);
std::string format_path_metadata(const blob::Metadata& metadata);

/// Sets what x-ms-content-type and its like say; the others stay.
Outcome<void> apply_content_fields(const http::Headers& headers,
                                   blob::ContentProperties& properties);

/// A parameter that is "true" or "false"; false where it is absent.
Outcome<bool> parse_flag(const Query& query, std::string_view name);
/// A decimal number; nothing where it is absent.
Outcome<std::optional<std::uint64_t>> parse_count(const Query& query, std::string_view name);

/// Where the next page begins, as x-ms-continuation and back; opaque for clients.
std::string make_continuation(const blob::ListPosition& position);
Outcome<blob::ListPosition> parse_continuation(const Query& query);

/// What makes an operation another one, or ties it to features that the emulator has not.
Outcome<void> refuse_fields(const http::Headers& headers,
                            std::initializer_list<std::string_view> names);

/// What a request says of the access to a path, by x-ms-owner, x-ms-group, and one of
/// x-ms-permissions and x-ms-acl.
struct AccessFields {
  std::optional<std::string> owner{};
  std::optional<std::string> group{};
  std::optional<blob::Permissions> permissions{};
  std::optional<blob::Acl> acl{};
};
Outcome<AccessFields> parse_access_fields(const http::Headers& headers);

/// By a SAS, whose a path is that is there already takes o, and who may do what takes p.
struct AccessChange {
  bool owner = false;  ///< Or its owning group.
  bool permissions = false;
};
Outcome<void> check_may_change(const Call& call, const AccessChange& change);

http::Response json_response(int status, const nlohmann::ordered_json& document);

}  // namespace aloft::emulator::dfs
