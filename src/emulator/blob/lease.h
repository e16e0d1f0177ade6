// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/blob/service_error.h"
#include "emulator/wire/dates.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// Who alone may write to a blob, or delete a container, for a while; what it is now depends on the
/// time (state_of).
struct Lease {
  std::string id{};                           ///< A UUID in lower case.
  std::optional<std::uint32_t> duration_s{};  ///< Nothing: without end.
  Seconds ends_at{};                          ///< Where it has a duration.
  std::optional<Seconds> breaks_at{};         ///< Where somebody has asked to break it.
};

enum class LeaseState { available, leased, expired, breaking, broken };
/// A lease lasts at least as long as was asked: times are whole seconds, so its last one counts.
LeaseState state_of(const std::optional<Lease>& lease, Seconds now);
/// Whether it keeps others from writing.
bool is_active(const std::optional<Lease>& lease, Seconds now);

/// What an error is about: the codes differ.
enum class Leased { blob, container };

/// A write that is for the holder of the lease alone: 412 unless `id` is that of an active lease,
/// or is not given and there is none.
Outcome<void> check_holder(const std::optional<Lease>& lease, std::optional<std::string_view> id,
                           Leased what, Seconds now);
/// What anybody may do; who gives an id must have the lease.
Outcome<void> check_given(const std::optional<Lease>& lease, std::optional<std::string_view> id,
                          Leased what, Seconds now);

/// x-ms-lease-id, in lower case; 400 where it is no UUID.
Outcome<std::optional<std::string>> parse_lease_id(const http::Headers& headers,
                                                   std::string_view name);

/// What Lease Blob and Lease Container ask.
struct LeaseRequest {
  enum class Action { acquire, renew, change, release, break_ };
  Action action = Action::acquire;
  std::optional<std::string> id{};                ///< Of the lease there is.
  std::optional<std::string> proposed_id{};       ///< To acquire and to change.
  std::optional<std::uint32_t> duration_s{};      ///< To acquire; nothing: without end.
  std::optional<std::uint32_t> break_period_s{};  ///< Nothing: what is left, or 0 without end.
};
Outcome<LeaseRequest> parse_lease_request(const http::Headers& headers);

/// The lease after the request, by the table of outcomes of Azure's page "Lease Blob"; nothing once
/// it is released.
Outcome<std::optional<Lease>> apply(const LeaseRequest& request, const std::optional<Lease>& lease,
                                    Seconds now);

/// Seconds until nobody holds the lease any more.
std::uint64_t seconds_left(const Lease& lease, Seconds now);

/// As listings and header fields name it: "available", …
std::string_view name_of(LeaseState state);
/// "locked" or "unlocked".
std::string_view status_of(LeaseState state);
/// x-ms-lease-status, -state and, where it is leased, -duration.
void add_lease_fields(http::Headers& headers, const std::optional<Lease>& lease, Seconds now);

}  // namespace aloft::emulator::blob
