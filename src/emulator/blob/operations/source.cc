// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/operations/source.h"

#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/blob/operations/select.h"
#include "emulator/blob/tier.h"
#include "emulator/wire/crc64.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::string_view kField = "x-ms-copy-source";
constexpr std::size_t kUrlBytesMax = 2 << 10;

/// The service reports why it could not read the source with the source's own status.
tl::unexpected<ServiceError> not_verified(const ServiceError& why) {
  ServiceError error = make_error(Refusal::cannot_verify_copy_source, why.message);
  error.status = why.status;
  for (const auto& detail : why.details) error.details.push_back(detail);
  error.headers.emplace_back("x-ms-copy-source-error-code", why.code);
  error.headers.emplace_back("x-ms-copy-source-status-code", std::to_string(why.status));
  return refuse(std::move(error));
}

/// What follows "http://HOST:PORT", or https where that is what it speaks, where that is this
/// emulator.
Outcome<std::string_view> local_part(const Call& call, std::string_view url) {
  const bool is_https = url.starts_with("https://");
  if (url.size() > kUrlBytesMax || !(is_https || url.starts_with("http://"))) {
    return refuse_header(Refusal::invalid_header_value, kField, {});
  }
  const std::string_view rest = url.substr(url.find("://") + 3);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) {
    return refuse_header(Refusal::invalid_header_value, kField, {});
  }
  const std::string_view host = rest.substr(0, slash);
  const std::string port = ":" + std::to_string(call.port);
  const bool is_here = is_https == call.request.over_tls &&
                       (host == call.headers().get("Host") || host == "127.0.0.1" + port ||
                        host == "localhost" + port || host == "[::1]" + port);
  if (!is_here) {
    return not_verified(
        make_error(Refusal::api_not_implemented,
                   "the emulator copies from itself only, not from " +
                       std::string(url.substr(0, url.size() - rest.size() + slash))));
  }
  return rest.substr(slash);
}

Outcome<void> check_authority(const Call& call, const Target& source, SourceTrust trust) {
  const auto authorization = call.headers().find("x-ms-copy-source-authorization");
  if (authorization && trust == SourceTrust::source_only) {
    const auto authority = authenticate_bearer(call.account, *authorization);
    if (!authority) return not_verified(authority.error());
    return {};
  }
  const auto container = call.repository.index().find_container(source.container);
  if (source.query.contains("sig")) {
    const auto authority =
        authenticate_sas(call.account, source, {.on = Access::On::object, .permissions = "r"},
                         peer_of(call.request), call.repository.now(), container.get());
    if (!authority) return not_verified(authority.error());
    return {};
  }
  if (trust == SourceTrust::request_too && call.authority.is_whole_account()) return {};
  if (container && container->public_access != PublicAccess::none) return {};
  return not_verified(make_error(
      Refusal::no_authentication_information,
      "the source needs a SAS in its URL, or a token in x-ms-copy-source-authorization"));
}

}  // namespace

Outcome<Source> find_source(Call& call, SourceTrust trust) {
  Source source = TRY(find_source_of_any_tier(call, trust));
  TRY(check_not_archived(*source.blob, call.repository.now()));
  return source;
}

Outcome<Source> find_source_of_any_tier(Call& call, SourceTrust trust) {
  const Conditions conditions = TRY(parse_source_conditions(call.headers(), call.repository.now()));
  const std::string_view url = call.headers().get(kField);
  const std::string_view local = TRY(local_part(call, url));
  const Target source = TRY(parse_target(local));
  if (source.account != call.account.name || source.level() != Level::blob) {
    return refuse_header(Refusal::invalid_header_value, kField, {});
  }
  TRY(check_authority(call, source, trust));
  auto selected = find_selected(call.repository, source);
  if (!selected) return not_verified(selected.error());
  if (is_copy_pending(*selected->blob)) return refuse(Refusal::pending_copy_operation);
  TRY(check_source(conditions, *resource_of(selected->blob.get())));
  return Source{.blob = std::move(selected->blob),
                .url = std::string(url.substr(0, url.find('?')))};
}

Outcome<void> check_source_checksums(const Call& call, const std::vector<Slice>& slices,
                                     http::Headers& headers) {
  const auto md5_expected = TRY(parse_md5(call.headers(), "x-ms-source-content-md5"));
  const auto crc64_expected = TRY(parse_crc64(call.headers(), "x-ms-source-content-crc64"));
  if (!md5_expected && !crc64_expected) return {};
  Md5 md5;
  Crc64 crc64;
  SliceReader reader(slices);
  std::vector<std::byte> part(std::size_t{1} << 20);
  for (;;) {
    const std::size_t got = TRY(as_outcome(reader.read(part)));
    if (got == 0) break;
    if (md5_expected) md5.add(std::span(part).first(got));
    if (crc64_expected) crc64.add(std::span(part).first(got));
  }
  if (md5_expected) {
    const std::string found = md5.finish();
    if (found != *md5_expected) return refuse(Refusal::md5_mismatch);
    headers.add("Content-MD5", base64_encode(found));
  }
  if (crc64_expected) {
    if (crc64.bytes() != *crc64_expected) return refuse(Refusal::crc64_mismatch);
    headers.add("x-ms-content-crc64", base64_encode(crc64.bytes()));
  }
  return {};
}

}  // namespace aloft::emulator::blob
