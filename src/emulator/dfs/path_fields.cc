// SPDX-License-Identifier: Apache-2.0
#include "emulator/dfs/path_fields.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "emulator/blob/names.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/blob/words.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::dfs {

Outcome<std::optional<blob::Metadata>> parse_path_metadata(const http::Headers& headers) {
  constexpr std::string_view kField = "x-ms-properties";
  const auto field = headers.find(kField);
  if (!field) return std::nullopt;
  // Names and values have the rules of those of blobs, which show them, too.
  http::Headers as_metadata;
  for (const std::string_view word : blob::split_words(*field)) {
    const std::size_t equals = word.find('=');
    const auto value =
        equals == std::string_view::npos ? std::nullopt : base64_decode(word.substr(equals + 1));
    if (!value) return refuse_header(Refusal::invalid_header_value, kField, *field);
    as_metadata.add("x-ms-meta-" + std::string(word.substr(0, equals)), *value);
  }
  return TRY(blob::parse_metadata(as_metadata));
}

std::string format_path_metadata(const blob::Metadata& metadata) {
  std::vector<std::string> words;
  for (const auto& [name, value] : metadata) words.push_back(name + "=" + base64_encode(value));
  return blob::join_words(words);
}

Outcome<void> apply_content_fields(const http::Headers& headers,
                                   blob::ContentProperties& properties) {
  const auto apply = [&headers](std::string_view name, std::string& place) {
    if (const auto value = headers.find(name)) place = *value;
  };
  // AzCopy sends it empty where it has none.
  if (!headers.get("x-ms-content-md5").empty()) TRY(blob::parse_md5(headers, "x-ms-content-md5"));
  apply("x-ms-cache-control", properties.cache_control);
  apply("x-ms-content-type", properties.content_type);
  apply("x-ms-content-encoding", properties.content_encoding);
  apply("x-ms-content-language", properties.content_language);
  apply("x-ms-content-disposition", properties.content_disposition);
  apply("x-ms-content-md5", properties.content_md5);
  return {};
}

Outcome<bool> parse_flag(const Query& query, std::string_view name) {
  const auto text = query.find(name);
  if (!text || http::equal_ignoring_case(*text, "false")) return false;
  if (http::equal_ignoring_case(*text, "true")) return true;
  return refuse_parameter(Refusal::invalid_query_parameter_value, name, *text);
}

Outcome<std::optional<std::uint64_t>> parse_count(const Query& query, std::string_view name) {
  const auto text = query.find(name);
  if (!text) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, name, *text);
  }
  return number;
}

std::string make_continuation(const blob::ListPosition& position) {
  return base64_encode(position.name);
}

Outcome<blob::ListPosition> parse_continuation(const Query& query) {
  const std::string_view text = query.get("continuation");
  auto name = base64_decode(text);
  if (!name) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "continuation", text);
  }
  return blob::ListPosition{.name = std::move(*name)};
}

Outcome<void> refuse_fields(const http::Headers& headers,
                            std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (headers.contains(name)) {
      return refuse_header(Refusal::api_not_implemented, name, headers.get(name));
    }
  }
  return {};
}

Outcome<AccessFields> parse_access_fields(const http::Headers& headers) {
  AccessFields fields;
  if (const auto owner = headers.find("x-ms-owner")) fields.owner = *owner;
  if (const auto group = headers.find("x-ms-group")) fields.group = *group;
  if (const auto text = headers.find("x-ms-permissions")) {
    fields.permissions = blob::parse_permissions(*text);
    if (!fields.permissions) {
      return refuse_header(Refusal::invalid_header_value, "x-ms-permissions", *text);
    }
  }
  if (const auto text = headers.find("x-ms-acl")) {
    fields.acl = blob::parse_acl(*text);
    if (!fields.acl || fields.permissions) {
      return refuse_header(Refusal::invalid_header_value, "x-ms-acl", *text);
    }
  }
  return fields;
}

Outcome<void> check_may_change(const Call& call, const AccessChange& change) {
  if ((change.owner && !call.authority.may('o')) ||
      (change.permissions && !call.authority.may('p'))) {
    return refuse(Refusal::authorization_permission_mismatch);
  }
  return {};
}

http::Response json_response(int status, const nlohmann::ordered_json& document) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json;charset=utf-8");
  response.set_body(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return response;
}

}  // namespace aloft::emulator::dfs
