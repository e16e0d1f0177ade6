// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/lease.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"

namespace aloft::emulator::blob {

namespace {

/// A SAS that deletes may break a lease, as in Azurite's tables of permissions; the rest is
/// writing.
Outcome<LeaseRequest> parse_allowed_request(const Call& call) {
  LeaseRequest request = TRY(parse_lease_request(call.headers()));
  if (request.action != LeaseRequest::Action::break_ && !call.authority.may('w')) {
    return refuse(Refusal::authorization_permission_mismatch);
  }
  return request;
}

/// What both answer: who has the lease now, or when nobody has it any more.
template <class T>
http::Response lease_response(const LeaseRequest& request, const T& resource, Seconds now) {
  using enum LeaseRequest::Action;
  const int status = request.action == acquire ? 201 : request.action == break_ ? 202 : 200;
  http::Response response = response_for(status, resource);
  if (request.action == break_) {
    response.headers.add("x-ms-lease-time", std::to_string(seconds_left(*resource.lease, now)));
  } else if (resource.lease) {
    response.headers.add("x-ms-lease-id", resource.lease->id);
  }
  return response;
}

}  // namespace

Answer lease_blob(Call& call) {
  TRY(check_no_body(call.request.body));
  const LeaseRequest request = TRY(parse_allowed_request(call));
  Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  conditions.lease_use = Conditions::LeaseUse::ignored;
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    if (current == nullptr) return refuse(Refusal::blob_not_found);
    TRY(check_write(conditions, resource_of(current)));
    Blob changed = *current;
    changed.lease = TRY(apply(request, current->lease, conditions.now));
    return changed;
  };
  const auto blob = TRY(call.repository.write_blob(call.target.container, call.target.blob,
                                                   Repository::Write::beside, edit));
  return lease_response(request, *blob, conditions.now);
}

Answer lease_container(Call& call) {
  TRY(check_no_body(call.request.body));
  const LeaseRequest request = TRY(parse_allowed_request(call));
  Conditions conditions = TRY(parse_container_conditions(call.headers(), call.repository.now()));
  conditions.lease_use = Conditions::LeaseUse::ignored;
  const auto edit = [&](const Container& current) -> Outcome<Container> {
    TRY(check_write(conditions, resource_of(&current)));
    Container changed = current;
    changed.lease = TRY(apply(request, current.lease, conditions.now));
    return changed;
  };
  const Container container = TRY(call.repository.write_container(
      call.target.container, Repository::ContainerEtag::kept, edit));
  return lease_response(request, container, conditions.now);
}

}  // namespace aloft::emulator::blob
