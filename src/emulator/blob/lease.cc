// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/lease.h"

#include <algorithm>

#include "emulator/wire/decimal.h"
#include "emulator/wire/query.h"
#include "emulator/wire/uuid.h"

namespace aloft::emulator::blob {

namespace {

constexpr long long kDurationMin = 15;
constexpr long long kDurationMax = 60;
constexpr long long kBreakPeriodMax = 60;

bool is_uuid(std::string_view text) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  const auto fits = [](char wanted, char given) {
    const bool is_digit = (given >= '0' && given <= '9') || (given >= 'a' && given <= 'f');
    return wanted == 'x' ? is_digit : given == wanted;
  };
  return std::ranges::equal(kShape, text, fits);
}

Outcome<std::optional<long long>> parse_number(const http::Headers& headers,
                                               std::string_view name) {
  const auto field = headers.find(name);
  if (!field) return std::nullopt;
  const auto number = parse_decimal<long long>(*field);
  if (!number) return refuse_header(Refusal::invalid_header_value, name, *field);
  return number;
}

Outcome<LeaseRequest::Action> parse_action(const http::Headers& headers) {
  using enum LeaseRequest::Action;
  constexpr std::string_view kField = "x-ms-lease-action";
  constexpr std::pair<std::string_view, LeaseRequest::Action> kActions[] = {{"acquire", acquire},
                                                                            {"renew", renew},
                                                                            {"change", change},
                                                                            {"release", release},
                                                                            {"break", break_}};
  const auto field = headers.find(kField);
  if (!field) return refuse_header(Refusal::missing_required_header, kField, {});
  for (const auto& [name, action] : kActions) {
    if (http::equal_ignoring_case(name, *field)) return action;
  }
  return refuse_header(Refusal::invalid_header_value, kField, *field);
}

Outcome<void> parse_duration(const http::Headers& headers, LeaseRequest& request) {
  constexpr std::string_view kField = "x-ms-lease-duration";
  const auto duration = TRY(parse_number(headers, kField));
  if (!duration) return refuse_header(Refusal::missing_required_header, kField, {});
  if (*duration == -1) return {};
  if (*duration < kDurationMin || *duration > kDurationMax) {
    return refuse_header(Refusal::invalid_header_value, kField, headers.get(kField));
  }
  request.duration_s = static_cast<std::uint32_t>(*duration);
  return {};
}

Outcome<void> parse_break_period(const http::Headers& headers, LeaseRequest& request) {
  constexpr std::string_view kField = "x-ms-lease-break-period";
  const auto period = TRY(parse_number(headers, kField));
  if (!period) return {};
  if (*period < 0 || *period > kBreakPeriodMax) {
    return refuse_header(Refusal::invalid_header_value, kField, headers.get(kField));
  }
  request.break_period_s = static_cast<std::uint32_t>(*period);
  return {};
}

void start(Lease& lease, Seconds now) {
  if (lease.duration_s) lease.ends_at = now + std::chrono::seconds(*lease.duration_s);
}

using After = Outcome<std::optional<Lease>>;

After acquire(const LeaseRequest& request, const std::optional<Lease>& lease, Seconds now) {
  const LeaseState state = state_of(lease, now);
  const bool same = lease && request.proposed_id == lease->id;
  if (state == LeaseState::breaking && same) {
    return refuse(Refusal::lease_is_breaking_and_cannot_be_acquired);
  }
  if (is_active(lease, now) && !same) return refuse(Refusal::lease_already_present);
  Lease acquired{.id = request.proposed_id.value_or(make_uuid()), .duration_s = request.duration_s};
  start(acquired, now);
  return acquired;
}

After renew(const LeaseRequest& request, const std::optional<Lease>& lease, Seconds now) {
  if (!lease || *request.id != lease->id) {
    return refuse(Refusal::lease_id_mismatch_with_lease_operation);
  }
  if (lease->breaks_at) return refuse(Refusal::lease_is_broken_and_cannot_be_renewed);
  Lease renewed = *lease;
  start(renewed, now);
  return renewed;
}

After change(const LeaseRequest& request, const std::optional<Lease>& lease, Seconds now) {
  if (!is_active(lease, now)) return refuse(Refusal::lease_not_present_with_lease_operation);
  // Who asks again gets the same answer.
  if (*request.id != lease->id && *request.proposed_id != lease->id) {
    return refuse(Refusal::lease_id_mismatch_with_lease_operation);
  }
  if (lease->breaks_at) return refuse(Refusal::lease_is_breaking_and_cannot_be_changed);
  Lease changed = *lease;
  changed.id = *request.proposed_id;
  return changed;
}

After release(const LeaseRequest& request, const std::optional<Lease>& lease) {
  if (!lease || *request.id != lease->id) {
    return refuse(Refusal::lease_id_mismatch_with_lease_operation);
  }
  return std::nullopt;
}

After break_lease(const LeaseRequest& request, const std::optional<Lease>& lease, Seconds now) {
  if (!lease) return refuse(Refusal::lease_not_present_with_lease_operation);
  Lease broken = *lease;
  const auto left = std::chrono::seconds(is_active(lease, now) ? seconds_left(*lease, now) : 0);
  const bool is_endless = !lease->duration_s && !lease->breaks_at;
  auto period = is_endless ? std::chrono::seconds(request.break_period_s.value_or(0)) : left;
  if (request.break_period_s) {
    period = std::min(period, std::chrono::seconds(*request.break_period_s));
  }
  broken.breaks_at = std::min(lease->breaks_at.value_or(Seconds::max()), now + period);
  return broken;
}

}  // namespace

LeaseState state_of(const std::optional<Lease>& lease, Seconds now) {
  if (!lease) return LeaseState::available;
  if (lease->breaks_at) return now < *lease->breaks_at ? LeaseState::breaking : LeaseState::broken;
  return lease->duration_s && now > lease->ends_at ? LeaseState::expired : LeaseState::leased;
}

bool is_active(const std::optional<Lease>& lease, Seconds now) {
  const LeaseState state = state_of(lease, now);
  return state == LeaseState::leased || state == LeaseState::breaking;
}

std::uint64_t seconds_left(const Lease& lease, Seconds now) {
  const Seconds end = lease.breaks_at.value_or(lease.ends_at);
  return end <= now ? 0 : static_cast<std::uint64_t>((end - now).count());
}

Outcome<void> check_given(const std::optional<Lease>& lease, std::optional<std::string_view> id,
                          Leased what, Seconds now) {
  if (!id) return {};
  const bool is_blob = what == Leased::blob;
  if (is_active(lease, now)) {
    if (*id == lease->id) return {};
    return refuse(is_blob ? Refusal::lease_id_mismatch_with_blob_operation
                          : Refusal::lease_id_mismatch_with_container_operation);
  }
  if (state_of(lease, now) == LeaseState::expired && *id == lease->id) {
    return refuse(Refusal::lease_lost);
  }
  return refuse(is_blob ? Refusal::lease_not_present_with_blob_operation
                        : Refusal::lease_not_present_with_container_operation);
}

Outcome<void> check_holder(const std::optional<Lease>& lease, std::optional<std::string_view> id,
                           Leased what, Seconds now) {
  if (!id && is_active(lease, now)) return refuse(Refusal::lease_id_missing);
  return check_given(lease, id, what, now);
}

Outcome<std::optional<std::string>> parse_lease_id(const http::Headers& headers,
                                                   std::string_view name) {
  const auto field = headers.find(name);
  if (!field) return std::nullopt;
  std::string id = lower_case(*field);
  if (!is_uuid(id)) return refuse_header(Refusal::invalid_header_value, name, *field);
  return id;
}

Outcome<LeaseRequest> parse_lease_request(const http::Headers& headers) {
  using enum LeaseRequest::Action;
  LeaseRequest request;
  request.action = TRY(parse_action(headers));
  request.id = TRY(parse_lease_id(headers, "x-ms-lease-id"));
  request.proposed_id = TRY(parse_lease_id(headers, "x-ms-proposed-lease-id"));
  const bool needs_id = request.action != acquire && request.action != break_;
  if (needs_id && !request.id) {
    return refuse_header(Refusal::missing_required_header, "x-ms-lease-id", {});
  }
  if (request.action == change && !request.proposed_id) {
    return refuse_header(Refusal::missing_required_header, "x-ms-proposed-lease-id", {});
  }
  if (request.action == acquire) TRY(parse_duration(headers, request));
  if (request.action == break_) TRY(parse_break_period(headers, request));
  return request;
}

Outcome<std::optional<Lease>> apply(const LeaseRequest& request, const std::optional<Lease>& lease,
                                    Seconds now) {
  switch (request.action) {
    case LeaseRequest::Action::acquire:
      return acquire(request, lease, now);
    case LeaseRequest::Action::renew:
      return renew(request, lease, now);
    case LeaseRequest::Action::change:
      return change(request, lease, now);
    case LeaseRequest::Action::release:
      return release(request, lease);
    case LeaseRequest::Action::break_:
      return break_lease(request, lease, now);
  }
  return lease;
}

std::string_view name_of(LeaseState state) {
  constexpr std::string_view kNames[] = {"available", "leased", "expired", "breaking", "broken"};
  return kNames[static_cast<int>(state)];
}

std::string_view status_of(LeaseState state) {
  return state == LeaseState::leased || state == LeaseState::breaking ? "locked" : "unlocked";
}

void add_lease_fields(http::Headers& headers, const std::optional<Lease>& lease, Seconds now) {
  const LeaseState state = state_of(lease, now);
  headers.add("x-ms-lease-status", status_of(state));
  headers.add("x-ms-lease-state", name_of(state));
  if (state == LeaseState::leased) {
    headers.add("x-ms-lease-duration", lease->duration_s ? "fixed" : "infinite");
  }
}

}  // namespace aloft::emulator::blob
