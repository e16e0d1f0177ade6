// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/tags.h"

#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/listing.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/receive.h"
#include "emulator/blob/operations/select.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::uint64_t kDocumentBytesMax = std::uint64_t{64} << 10;

}  // namespace

Answer set_blob_tags(Call& call) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  const std::string document = TRY(receive_text(call, kDocumentBytesMax));
  Tags tags = TRY(parse_tags_document(document));
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    if (current == nullptr) return refuse(Refusal::blob_not_found);
    TRY(check_write(conditions, resource_of(current)));
    Blob changed = *current;
    changed.tags = std::move(tags);
    return changed;
  };
  TRY(write_beside_selected(call, edit));
  return http::Response{.status = 204};
}

Answer get_blob_tags(Call& call) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  const Selected selected = TRY(find_selected(call.repository, call.target));
  TRY(check_read(conditions, *resource_of(selected.blob.get())));
  XmlWriter xml;
  write_tags(xml, selected.blob->tags);
  return xml_response(xml);
}

}  // namespace aloft::emulator::blob
