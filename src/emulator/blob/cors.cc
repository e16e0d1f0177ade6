// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/cors.h"

#include <algorithm>

#include "emulator/blob/words.h"

namespace aloft::emulator::blob {

namespace {

bool has_star(const CorsRule& rule) {
  return std::ranges::find(rule.origins, "*") != rule.origins.end();
}

/// "https://*.example.com" allows every subdomain.
bool allows_origin(const CorsRule& rule, std::string_view origin) {
  return std::ranges::any_of(rule.origins, [&](std::string_view allowed) {
    const std::size_t star = allowed.find('*');
    if (star == std::string_view::npos) return allowed == origin;
    const std::string_view before = allowed.substr(0, star);
    const std::string_view behind = allowed.substr(star + 1);
    return origin.size() >= before.size() + behind.size() && origin.starts_with(before) &&
           origin.ends_with(behind);
  });
}

bool allows_method(const CorsRule& rule, std::string_view method) {
  return std::ranges::find(rule.methods, method) != rule.methods.end();
}

bool allows_header(const CorsRule& rule, std::string_view name) {
  return std::ranges::any_of(rule.allowed_headers, [&](std::string_view allowed) {
    if (!allowed.ends_with('*')) return http::equal_ignoring_case(allowed, name);
    allowed.remove_suffix(1);
    return http::equal_ignoring_case(name.substr(0, allowed.size()), allowed);
  });
}

bool allows_headers(const CorsRule& rule, std::string_view names) {
  return std::ranges::all_of(split_words(names),
                             [&](std::string_view name) { return allows_header(rule, name); });
}

http::Response preflight_response(const CorsRule& rule, const http::Headers& headers) {
  http::Response response;
  response.headers.add("Access-Control-Allow-Origin", headers.get("Origin"));
  response.headers.add("Access-Control-Allow-Methods",
                       headers.get("Access-Control-Request-Method"));
  if (const auto names = headers.find("Access-Control-Request-Headers")) {
    response.headers.add("Access-Control-Allow-Headers", *names);
  }
  response.headers.add("Access-Control-Max-Age", std::to_string(rule.max_age_s));
  response.headers.add("Access-Control-Allow-Credentials", "true");
  return response;
}

}  // namespace

Answer answer_preflight(const ServiceProperties& properties, const http::Headers& headers) {
  for (const std::string_view name : {"Origin", "Access-Control-Request-Method"}) {
    if (headers.get(name).empty()) {
      return refuse_header(Refusal::missing_required_header, name, {});
    }
  }
  for (const CorsRule& rule : properties.cors) {
    if (allows_origin(rule, headers.get("Origin")) &&
        allows_method(rule, headers.get("Access-Control-Request-Method")) &&
        allows_headers(rule, headers.get("Access-Control-Request-Headers"))) {
      return preflight_response(rule, headers);
    }
  }
  return refuse(Refusal::cors_preflight_failure);
}

void add_cors_fields(const ServiceProperties& properties, const http::Request& request,
                     http::Headers& answer) {
  const std::string_view origin = request.headers.get("Origin");
  if (origin.empty() || properties.cors.empty()) return;
  const std::string_view method = http::name_of(request.method);
  const auto rule = std::ranges::find_if(properties.cors, [&](const CorsRule& one) {
    return allows_origin(one, origin) && allows_method(one, method);
  });
  const bool is_read = request.method == http::Method::get || request.method == http::Method::head;
  if (rule == properties.cors.end()) {
    // A cache may not give this answer to whom another origin would get one with fields.
    if (is_read) answer.add("Vary", "Origin");
    return;
  }
  if (has_star(*rule)) {
    answer.add("Access-Control-Allow-Origin", "*");
  } else {
    answer.add("Access-Control-Allow-Origin", origin);
    answer.add("Access-Control-Allow-Credentials", "true");
    if (is_read) answer.add("Vary", "Origin");
  }
  const std::string exposed = join_words(rule->exposed_headers);
  if (!exposed.empty()) answer.add("Access-Control-Expose-Headers", exposed);
}

}  // namespace aloft::emulator::blob
