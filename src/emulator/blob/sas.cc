// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/sas.h"

#include <arpa/inet.h>

#include <optional>

#include "emulator/blob/api_version.h"
#include "emulator/blob/authentication.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

tl::unexpected<ServiceError> not_authentic(std::string detail) {
  ServiceError error = make_error(Refusal::authentication_failed);
  error.details.emplace_back("AuthenticationErrorDetail", std::move(detail));
  return refuse(std::move(error));
}

std::string lines(std::initializer_list<std::string_view> fields) {
  std::string text;
  for (const std::string_view field : fields) (text += field) += '\n';
  return text;
}

/// Start and expiry; no leeway, as on Azure.
Outcome<void> check_time(const Query& query, Seconds now) {
  const auto expiry = parse_iso_date(query.get("se"));
  if (!expiry) return not_authentic("Signed expiry (se) is missing or malformed.");
  std::optional<Seconds> start;
  if (!query.get("st").empty()) {
    start = parse_iso_date(query.get("st"));
    if (!start) return not_authentic("Signed start (st) is malformed.");
  }
  if (now >= *expiry || (start && now < *start)) {
    return not_authentic("Signature not valid in the specified time frame: Start [" +
                         std::string(query.get("st")) + "] - Expiry [" +
                         std::string(query.get("se")) + "] - Current [" + format_http_date(now) +
                         "]");
  }
  return {};
}

std::optional<std::uint32_t> ipv4(std::string_view text) {
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

Outcome<void> check_origin(const Query& query, std::string_view peer_address) {
  const std::string_view protocols = query.get("spr");
  if (protocols == "https") return refuse(Refusal::authorization_protocol_mismatch);
  if (!protocols.empty() && protocols != "https,http") {
    return not_authentic("Signed protocol (spr) is 'https' or 'https,http'.");
  }
  const std::string_view addresses = query.get("sip");
  if (addresses.empty()) return {};
  const std::size_t dash = addresses.find('-');
  const auto first = ipv4(addresses.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : ipv4(addresses.substr(dash + 1));
  const auto peer = ipv4(peer_address);
  if (!first || !last) return not_authentic("Signed addresses (sip) are malformed.");
  if (!peer || *peer < *first || *peer > *last) {
    return refuse(Refusal::authorization_source_ip_mismatch);
  }
  return {};
}

Outcome<void> check_signature(const Account& account, std::string_view text,
                              std::string_view signature) {
  if (!equal_secrets(base64_encode(hmac_sha256(account.key, text)), signature)) {
    return not_authentic("Signature did not match. String to sign used was " + std::string(text));
  }
  return {};
}

bool any_of(std::string_view wanted, std::string_view given) {
  return wanted.find_first_of(given) != std::string_view::npos;
}

Outcome<Authority> authenticate_account_sas(const Account& account, const Target& target,
                                            const Access& access) {
  const Query& query = target.query;
  TRY(check_signature(account, account_sas_string(account.name, query), query.get("sig")));
  if (query.get("ss").find('b') == std::string_view::npos) {
    return refuse(Refusal::authorization_service_mismatch);
  }
  const char type = access.on == Access::On::service     ? 's'
                    : access.on == Access::On::container ? 'c'
                                                         : 'o';
  if (query.get("srt").find(type) == std::string_view::npos) {
    return refuse(Refusal::authorization_resource_type_mismatch);
  }
  return Authority{.kind = Authority::Kind::account_sas,
                   .permissions = std::string(query.get("sp"))};
}

Outcome<Authority> authenticate_service_sas(const Account& account, const Target& target,
                                            const Access& access) {
  const Query& query = target.query;
  const std::string_view resource = query.get("sr");
  if (resource != "b" && resource != "c") {
    return not_authentic("The emulator takes SAS for containers and blobs (sr=c, sr=b) only.");
  }
  if (target.level() == Level::account) {
    return refuse(Refusal::authorization_resource_type_mismatch);
  }
  TRY(check_signature(account, service_sas_string(account.name, target), query.get("sig")));
  const bool fits = access.on == Access::On::object || (access.by_container_sas && resource == "c");
  if (!fits) return refuse(Refusal::authorization_resource_type_mismatch);
  return Authority{.kind = Authority::Kind::service_sas,
                   .permissions = std::string(query.get("sp"))};
}

}  // namespace

std::string account_sas_string(std::string_view account, const Query& query) {
  std::string text =
      lines({account, query.get("sp"), query.get("ss"), query.get("srt"), query.get("st"),
             query.get("se"), query.get("sip"), query.get("spr"), query.get("sv")});
  if (query.get("sv") >= kSasWithEncryptionScope) (text += query.get("ses")) += '\n';
  return text;
}

std::string service_sas_string(std::string_view account, const Target& target) {
  const Query& query = target.query;
  std::string resource = "/blob/" + std::string(account) + "/" + target.container;
  if (query.get("sr") != "c") resource += "/" + target.blob;
  std::string text = lines({query.get("sp"), query.get("st"), query.get("se"), resource,
                            query.get("si"), query.get("sip"), query.get("spr"), query.get("sv"),
                            query.get("sr"), query.get("snapshot")});
  if (query.get("sv") >= kSasWithEncryptionScope) (text += query.get("ses")) += '\n';
  text += lines({query.get("rscc"), query.get("rscd"), query.get("rsce"), query.get("rscl"),
                 query.get("rsct")});
  text.pop_back();
  return text;
}

Outcome<Authority> authenticate_sas(const Account& account, const Target& target,
                                    const Access& access, std::string_view peer_address,
                                    Seconds now) {
  const Query& query = target.query;
  if (!is_known_version(query.get("sv"))) {
    return not_authentic("Signed version (sv) is missing, not known, or older than 2018-11-09.");
  }
  if (query.contains("skoid") || query.contains("si")) {
    return not_authentic("The emulator has no user delegation keys and no stored access policies.");
  }
  Authority authority =
      TRY(query.contains("srt") ? authenticate_account_sas(account, target, access)
                                : authenticate_service_sas(account, target, access));
  TRY(check_time(query, now));
  TRY(check_origin(query, peer_address));
  if (!any_of(access.permissions, authority.permissions)) {
    return refuse(Refusal::authorization_permission_mismatch);
  }
  return authority;
}

}  // namespace aloft::emulator::blob
