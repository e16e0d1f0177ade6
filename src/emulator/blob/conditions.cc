// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"

#include <algorithm>

#include "emulator/blob/words.h"

namespace aloft::emulator::blob {

namespace {

struct FieldNames {
  std::string_view match;
  std::string_view none_match;
  std::string_view modified_since;
  std::string_view unmodified_since;
  std::string_view lease_id;
  std::string_view if_tags;
};

constexpr FieldNames kPlain{"If-Match",          "If-None-Match",
                            "If-Modified-Since", "If-Unmodified-Since",
                            "x-ms-lease-id",     "x-ms-if-tags"};
constexpr FieldNames kSource{"x-ms-source-if-match",          "x-ms-source-if-none-match",
                             "x-ms-source-if-modified-since", "x-ms-source-if-unmodified-since",
                             "x-ms-source-lease-id",          "x-ms-source-if-tags"};

Outcome<std::vector<std::string>> parse_etags(const http::Headers& headers, std::string_view name) {
  std::vector<std::string> etags;
  const auto field = headers.find(name);
  if (!field) return etags;
  for (std::string_view rest = *field; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view etag = trim(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
      etag = etag.substr(1, etag.size() - 2);
    }
    if (etag.empty() || etag.find('"') != std::string_view::npos) {
      return refuse_header(Refusal::invalid_header_value, name, *field);
    }
    etags.emplace_back(etag);
  }
  if (etags.empty()) return refuse_header(Refusal::invalid_header_value, name, *field);
  return etags;
}

Outcome<std::optional<Seconds>> parse_date(const http::Headers& headers, std::string_view name) {
  const auto field = headers.find(name);
  if (!field) return std::nullopt;
  const auto date = parse_http_date(*field);
  if (!date) return refuse_header(Refusal::invalid_header_value, name, *field);
  return date;
}

Outcome<Conditions> parse(const http::Headers& headers, const FieldNames& names, Seconds now) {
  Conditions conditions;
  conditions.now = now;
  if (const auto tags = headers.find(names.if_tags)) {
    auto filter = TagFilter::parse(*tags, TagFilter::Grammar::condition);
    if (!filter) return refuse_header(Refusal::invalid_header_value, names.if_tags, *tags);
    conditions.if_tags = std::move(*filter);
  }
  conditions.lease_id = TRY(parse_lease_id(headers, names.lease_id));
  conditions.if_match = TRY(parse_etags(headers, names.match));
  conditions.if_none_match = TRY(parse_etags(headers, names.none_match));
  conditions.if_modified_since = TRY(parse_date(headers, names.modified_since));
  conditions.if_unmodified_since = TRY(parse_date(headers, names.unmodified_since));
  return conditions;
}

bool is_star(const std::vector<std::string>& etags) {
  return std::ranges::find(etags, "*") != etags.end();
}

bool tags_fit(const Conditions& conditions, const Resource& resource) {
  return !conditions.if_tags || conditions.if_tags->matches({}, resource.tags);
}

Outcome<void> check_lease(const Conditions& conditions, const Resource& resource,
                          Conditions::LeaseUse use) {
  if (use == Conditions::LeaseUse::ignored) return {};
  const auto check = use == Conditions::LeaseUse::required ? check_holder : check_given;
  return check(resource.lease, conditions.lease_id, resource.what, conditions.now);
}

bool matches(const std::vector<std::string>& etags, EtagNumber etag) {
  const std::string quoted = format_etag(etag);
  const std::string_view bare = std::string_view(quoted).substr(1, quoted.size() - 2);
  return std::ranges::any_of(etags,
                             [&](const std::string& one) { return one == "*" || one == bare; });
}

/// `there` is what "If-None-Match: *" means where the resource is.
Outcome<void> check_write(const Conditions& conditions, const std::optional<Resource>& resource,
                          Refusal there) {
  const bool match = !conditions.if_match.empty();
  const bool none_match = !conditions.if_none_match.empty();
  const bool crossed = (match && (none_match || conditions.if_modified_since)) ||
                       (none_match && conditions.if_unmodified_since) ||
                       (conditions.if_modified_since && conditions.if_unmodified_since);
  if (crossed || conditions.if_match.size() > 1 || conditions.if_none_match.size() > 1) {
    return refuse(Refusal::multiple_condition_headers);
  }
  if (!resource) {
    // Nothing can match what is not there; the other conditions hold for it.
    if (match || conditions.if_tags) return refuse(Refusal::condition_not_met);
    if (!conditions.lease_id || conditions.lease_use == Conditions::LeaseUse::ignored) return {};
    return refuse(Refusal::lease_not_present_with_blob_operation);
  }
  TRY(check_lease(conditions, *resource, conditions.lease_use));
  if (!tags_fit(conditions, *resource)) return refuse(Refusal::condition_not_met);
  if (is_star(conditions.if_none_match)) return refuse(there);
  const bool met =
      (!match || matches(conditions.if_match, resource->etag)) &&
      (!none_match || !matches(conditions.if_none_match, resource->etag)) &&
      (!conditions.if_modified_since || resource->modified_at > *conditions.if_modified_since) &&
      (!conditions.if_unmodified_since || resource->modified_at <= *conditions.if_unmodified_since);
  if (!met) return refuse(Refusal::condition_not_met);
  return {};
}

}  // namespace

Outcome<Conditions> parse_conditions(const http::Headers& headers, Seconds now) {
  return parse(headers, kPlain, now);
}

Outcome<Conditions> parse_container_conditions(const http::Headers& headers, Seconds now) {
  for (const std::string_view name : {"If-Match", "If-None-Match"}) {
    if (headers.contains(name)) {
      return refuse_header(Refusal::unsatisfiable_condition, name, headers.get(name));
    }
  }
  return parse(headers, kPlain, now);
}

Outcome<Conditions> parse_source_conditions(const http::Headers& headers, Seconds now) {
  return parse(headers, kSource, now);
}

Outcome<void> check_read(const Conditions& conditions, const Resource& resource) {
  TRY(check_lease(conditions, resource, Conditions::LeaseUse::optional));
  if (!tags_fit(conditions, resource)) return refuse(Refusal::condition_not_met);
  if (is_star(conditions.if_none_match)) return refuse(Refusal::unsatisfiable_condition);
  if (!conditions.if_match.empty() && !matches(conditions.if_match, resource.etag)) {
    return refuse(Refusal::condition_not_met);
  }
  if (conditions.if_unmodified_since && resource.modified_at > *conditions.if_unmodified_since) {
    return refuse(Refusal::condition_not_met);
  }
  // Where both are given, either that shows a change is enough to send the content.
  const bool by_etag = !conditions.if_none_match.empty();
  const bool by_date = conditions.if_modified_since.has_value();
  const bool etag_changed = by_etag && !matches(conditions.if_none_match, resource.etag);
  const bool date_changed = by_date && resource.modified_at > *conditions.if_modified_since;
  if ((by_etag || by_date) && !etag_changed && !date_changed) return refuse(Refusal::not_modified);
  return {};
}

Outcome<void> check_write(const Conditions& conditions, const std::optional<Resource>& resource) {
  return check_write(conditions, resource, Refusal::condition_not_met);
}

Outcome<void> check_write_of_content(const Conditions& conditions,
                                     const std::optional<Resource>& resource) {
  return check_write(conditions, resource, Refusal::blob_already_exists);
}

Outcome<void> check_source(const Conditions& conditions, const Resource& resource) {
  TRY(check_lease(conditions, resource, Conditions::LeaseUse::optional));
  if (!tags_fit(conditions, resource)) return refuse(Refusal::source_condition_not_met);
  const bool met =
      (conditions.if_match.empty() || matches(conditions.if_match, resource.etag)) &&
      (conditions.if_none_match.empty() || !matches(conditions.if_none_match, resource.etag)) &&
      (!conditions.if_modified_since || resource.modified_at > *conditions.if_modified_since) &&
      (!conditions.if_unmodified_since || resource.modified_at <= *conditions.if_unmodified_since);
  if (!met) return refuse(Refusal::source_condition_not_met);
  return {};
}

}  // namespace aloft::emulator::blob
