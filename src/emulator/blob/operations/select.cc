// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/operations/select.h"

#include "emulator/blob/tier.h"

namespace aloft::emulator::blob {

namespace {

Outcome<Stamp> parse_parameter(const Query& query, std::string_view name) {
  const auto text = query.find(name);
  if (!text) return Stamp{0};
  const auto stamp = parse_stamp(*text);
  if (!stamp) return refuse_parameter(Refusal::invalid_query_parameter_value, name, *text);
  return *stamp;
}

}  // namespace

Outcome<Selector> parse_selector(const Query& query) {
  Selector selector;
  selector.snapshot = TRY(parse_parameter(query, "snapshot"));
  selector.version = TRY(parse_parameter(query, "versionid"));
  if (selector.snapshot != 0 && selector.version != 0) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "versionid",
                            query.get("versionid"));
  }
  return selector;
}

Outcome<Selected> find_selected(const Repository& repository, const Target& target) {
  const Selector selector = TRY(parse_selector(target.query));
  if (selector.snapshot != 0) {
    auto blob = TRY(repository.find_snapshot(target.container, target.blob, selector.snapshot));
    return Selected{.blob = std::move(blob), .is_current = false};
  }
  if (selector.version == 0) {
    auto present = TRY(repository.find_blob(target.container, target.blob));
    return Selected{.blob = std::move(present)};
  }
  auto blob = TRY(repository.find_version(target.container, target.blob, selector.version));
  const auto present = repository.index().find_blob(target.container, target.blob).blob;
  const bool is_current = blob == present;
  return Selected{.blob = std::move(blob), .is_current = is_current};
}

Outcome<std::shared_ptr<const Blob>> write_beside_selected(Call& call,
                                                           const Repository::BlobEdit& edit) {
  const Selector selector = TRY(parse_selector(call.query()));
  if (!selector.is_set()) {
    return call.repository.write_blob(call.target.container, call.target.blob,
                                      Repository::Write::beside, edit);
  }
  TRY(find_selected(call.repository, call.target));
  return call.repository.write_past_blob(call.target.container, call.target.blob, selector.key(),
                                         edit);
}

Outcome<void> check_may_overwrite(const Call& call, const Blob* current) {
  if (current == nullptr) return {};
  if (!call.authority.may('w')) {
    return refuse(Refusal::unauthorized_blob_overwrite, "that takes permission w");
  }
  return check_not_archived(*current, call.repository.now());
}

void add_version_field(http::Headers& headers, const Blob& blob) {
  if (blob.version != 0) headers.add("x-ms-version-id", format_stamp(blob.version));
}

void add_version_fields(http::Headers& headers, const Selected& selected) {
  add_version_field(headers, *selected.blob);
  if (selected.blob->version != 0 && selected.is_current) {
    headers.add("x-ms-is-current-version", "true");
  }
}

}  // namespace aloft::emulator::blob
