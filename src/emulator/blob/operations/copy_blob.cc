// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/blob/operations/source.h"
#include "emulator/wire/uuid.h"

namespace aloft::emulator::blob {

// Copies share the immutable contents of their source, so they are complete at once, whatever
// their size; Azure may answer "pending" for large ones.
Answer copy_blob(Call& call) {
  if (call.headers().contains("x-ms-blob-type")) {
    return refuse(Refusal::api_not_implemented, "the emulator has no Put Blob From URL");
  }
  TRY(check_no_body(call.request.body));
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  Metadata metadata = TRY(parse_metadata(call.headers()));
  std::string access_tier = TRY(parse_access_tier(call.headers()));
  const bool synchronous =
      http::equal_ignoring_case(call.headers().get("x-ms-requires-sync"), "true");
  // Copy Blob From URL treats its source as if it were anybody's.
  const Source source =
      TRY(find_source(call, synchronous ? SourceTrust::source_only : SourceTrust::request_too));
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    TRY(check_write(conditions, resource_of(current)));
    if (current != nullptr && !call.authority.may('w')) {
      return refuse(Refusal::authorization_permission_mismatch,
                    "to overwrite a blob takes permission w");
    }
    Blob copied = *source.blob;
    copied.created_at = call.repository.now();
    if (!metadata.empty()) copied.metadata = std::move(metadata);
    copied.access_tier = std::move(access_tier);
    copied.copy =
        CopyState{.id = make_uuid(), .source = source.url, .completed_at = call.repository.now()};
    return copied;
  };
  const auto blob = TRY(call.repository.write_blob(call.target.container, call.target.blob,
                                                   Repository::Write::content, edit));
  http::Response response = response_for(202, *blob);
  response.headers.add("x-ms-copy-id", blob->copy->id);
  response.headers.add("x-ms-copy-status", "success");
  if (synchronous && !blob->properties.content_md5.empty()) {
    response.headers.add("Content-MD5", blob->properties.content_md5);
  }
  return response;
}

}  // namespace aloft::emulator::blob
