// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/sas.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "emulator/blob/api_version.h"
#include "emulator/blob/authentication.h"
#include "emulator/blob/user_delegation.h"
#include "emulator/blob/words.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

std::string lines(std::initializer_list<std::string_view> fields) {
  std::string text;
  for (const std::string_view field : fields) (text += field) += '\n';
  return text;
}

/// Start and expiry; no leeway, as on Azure.
Outcome<void> check_time(std::string_view start_text, std::string_view expiry_text, Seconds now) {
  const auto expiry = parse_iso_date(expiry_text);
  if (!expiry) return not_authentic("Signed expiry (se) is missing or malformed.");
  std::optional<Seconds> start;
  if (!start_text.empty()) {
    start = parse_iso_date(start_text);
    if (!start) return not_authentic("Signed start (st) is malformed.");
  }
  if (now >= *expiry || (start && now < *start)) {
    return not_authentic("Signature not valid in the specified time frame: Start [" +
                         std::string(start_text) + "] - Expiry [" + std::string(expiry_text) +
                         "] - Current [" + format_http_date(now) + "]");
  }
  return {};
}

std::optional<std::uint32_t> ipv4(std::string_view text) {
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

Outcome<void> check_peer(const Query& query, const Peer& peer) {
  const std::string_view protocols = query.get("spr");
  if (protocols == "https" && !peer.over_tls) {
    return refuse(Refusal::authorization_protocol_mismatch);
  }
  if (!protocols.empty() && protocols != "https" && protocols != "https,http") {
    return not_authentic("Signed protocol (spr) is 'https' or 'https,http'.");
  }
  const std::string_view addresses = query.get("sip");
  if (addresses.empty()) return {};
  const std::size_t dash = addresses.find('-');
  const auto first = ipv4(addresses.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : ipv4(addresses.substr(dash + 1));
  const auto from = ipv4(peer.address);
  if (!first || !last) return not_authentic("Signed addresses (sip) are malformed.");
  if (!from || *from < *first || *from > *last) {
    return refuse(Refusal::authorization_source_ip_mismatch);
  }
  return {};
}

Outcome<void> check_signature(std::string_view key, std::string_view text,
                              std::string_view signature) {
  if (!equal_secrets(base64_encode(hmac_sha256(key, text)), signature)) {
    return not_authentic("Signature did not match. String to sign used was " + std::string(text));
  }
  return {};
}

bool any_of(std::string_view wanted, std::string_view given) {
  return wanted.find_first_of(given) != std::string_view::npos;
}

Outcome<Authority> authenticate_account_sas(const Account& account, const Target& target,
                                            const Access& access, Seconds now) {
  const Query& query = target.query;
  TRY(check_signature(account.key, account_sas_string(account.name, query), query.get("sig")));
  if (query.get("ss").find('b') == std::string_view::npos) {
    return refuse(Refusal::authorization_service_mismatch);
  }
  const char type = access.on == Access::On::service     ? 's'
                    : access.on == Access::On::container ? 'c'
                                                         : 'o';
  if (query.get("srt").find(type) == std::string_view::npos) {
    return refuse(Refusal::authorization_resource_type_mismatch);
  }
  TRY(check_time(query.get("st"), query.get("se"), now));
  return Authority{.kind = Authority::Kind::account_sas,
                   .permissions = std::string(query.get("sp"))};
}

/// A SAS may be for one user alone, who brings a token of his, too.
Outcome<void> check_user(const Query& query, const Peer& peer) {
  const std::string_view user = query.get("sduoid");
  const std::string_view tenant = query.get("skdutid");
  if (user.empty()) return {};
  if (user == peer.user && (tenant.empty() || tenant == identity::kTenantId)) return {};
  return not_authentic("The SAS is for the user of sduoid, who has to send a bearer token, too.");
}

/// Of a SAS that a user delegation key signed: the key must hold now, too.
Outcome<void> check_delegation(const Account& account, const Target& target, const Access& access,
                               const Peer& peer, Seconds now) {
  const Query& query = target.query;
  const UserDelegationKey key{.object_id = std::string(query.get("skoid")),
                              .tenant_id = std::string(query.get("sktid")),
                              .start = std::string(query.get("skt")),
                              .expiry = std::string(query.get("ske")),
                              .service = std::string(query.get("sks")),
                              .version = std::string(query.get("skv")),
                              .user_tenant_id = std::string(query.get("skdutid"))};
  if (key.service != "b") return refuse(Refusal::authorization_service_mismatch);
  TRY(check_signature(secret_of(key, account.key),
                      user_delegation_sas_string(account.name, target, access.within, peer.headers),
                      query.get("sig")));
  TRY(check_user(query, peer));
  return check_time(key.start, key.expiry, now);
}

/// The field of the SAS, or of the policy that it names, but not of both.
Outcome<std::string> sas_or_policy(std::string_view in_sas, const std::string* in_policy) {
  if (in_policy == nullptr || in_policy->empty()) return std::string(in_sas);
  if (in_sas.empty()) return *in_policy;
  return not_authentic("A field is either in the SAS or in its stored access policy.");
}

Outcome<const AccessPolicy*> policy_of(const Query& query, const Container* container) {
  const std::string_view id = query.get("si");
  if (id.empty()) return nullptr;
  if (container != nullptr) {
    for (const AccessPolicy& policy : container->access_policies) {
      if (policy.id == id) return &policy;
    }
  }
  return not_authentic("The container has no stored access policy '" + std::string(id) + "'.");
}

/// sr: a container, a blob, a snapshot or a version; in a hierarchical namespace also a directory.
Outcome<void> check_resource(const Account& account, const Target& target, const Access& access) {
  const Query& query = target.query;
  const std::string_view resource = query.get("sr");
  const bool is_directory = resource == "d" && account.hierarchical_namespace;
  if (resource != "b" && resource != "c" && resource != "bs" && resource != "bv" && !is_directory) {
    return not_authentic(
        "The emulator takes SAS for sr=c, b, bs and bv only, and for sr=d in a hierarchical "
        "namespace.");
  }
  if (query.contains("suoid")) {
    return not_authentic("The emulator does not check what a certain user (suoid) may do.");
  }
  if (target.level() == Level::account) return refuse(Refusal::authorization_failure);
  const bool fits = access.on == Access::On::object ||
                    (access.by_container_sas && (resource == "c" || is_directory));
  if (!fits) return refuse(Refusal::authorization_failure);
  return {};
}

Outcome<Authority> authenticate_service_sas(const Account& account, const Target& target,
                                            const Access& access, const Peer& peer,
                                            const Container* container, Seconds now) {
  const Query& query = target.query;
  if (query.contains("skoid")) {
    if (query.contains("si")) {
      return not_authentic("A SAS of a user delegation key has no stored access policy.");
    }
    TRY(check_delegation(account, target, access, peer, now));
  } else {
    TRY(check_signature(account.key, service_sas_string(account.name, target, access.within),
                        query.get("sig")));
  }
  TRY(check_resource(account, target, access));
  const AccessPolicy* policy = TRY(policy_of(query, container));
  const std::string start =
      TRY(sas_or_policy(query.get("st"), policy == nullptr ? nullptr : &policy->start));
  const std::string expiry =
      TRY(sas_or_policy(query.get("se"), policy == nullptr ? nullptr : &policy->expiry));
  std::string permissions =
      TRY(sas_or_policy(query.get("sp"), policy == nullptr ? nullptr : &policy->permissions));
  TRY(check_time(start, expiry, now));
  return Authority{
      .kind = Authority::Kind::service_sas,
      .permissions = std::move(permissions),
      .who = std::string(query.contains("saoid") ? query.get("saoid")
                                                 : query.find("skoid").value_or(kSuperUser))};
}

}  // namespace

std::string account_sas_string(std::string_view account, const Query& query) {
  std::string text =
      lines({account, query.get("sp"), query.get("ss"), query.get("srt"), query.get("st"),
             query.get("se"), query.get("sip"), query.get("spr"), query.get("sv")});
  if (query.get("sv") >= kSasWithEncryptionScope) (text += query.get("ses")) += '\n';
  return text;
}

namespace {

/// What is asked for, as a directory's SAS sees it: a path, or what a listing stays within. Other
/// operations on a container are about all of it, whatever parameters they are sent with.
std::string_view asked_directory(const Target& target, std::string_view within) {
  if (!target.blob.empty() || within.empty()) return target.blob;
  const std::string_view asked = target.query.get(within);
  if (within != "prefix") return asked;
  // What follows the last slash need not be a whole name.
  return asked.substr(0, std::min(asked.rfind('/') + 1, asked.size()));
}

/// The first segments of it, as many as sdd says: the directory that the SAS is for, if it covers
/// this request at all.
std::string signed_directory(const Target& target, std::string_view within) {
  std::size_t depth = 0;
  const std::string_view text = target.query.get("sdd");
  std::from_chars(text.data(), text.data() + text.size(), depth);
  std::string directory;
  std::string_view rest = asked_directory(target, within);
  while (depth > 0 && !rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    if (slash > 0) {
      (directory += '/') += rest.substr(0, slash);
      --depth;
    }
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  return directory;
}

std::string signed_resource(std::string_view account, const Target& target,
                            std::string_view within) {
  std::string resource = "/blob/" + std::string(account) + "/" + target.container;
  const std::string_view kind = target.query.get("sr");
  if (kind == "d") return resource + signed_directory(target, within);
  if (kind != "c") resource += "/" + target.blob;
  return resource;
}

/// The moment of the snapshot or version that the SAS is for.
std::string_view signed_moment(const Query& query) {
  return query.get(query.get("sr") == "bv" ? "versionid" : "snapshot");
}

/// What srh and srq name: "NAME:VALUE\n" of each header, "\nNAME:VALUE" of each parameter.
std::string signed_request_fields(const Query& query, const http::Headers& headers) {
  std::string text;
  for (const std::string_view name : split_words(query.get("srh"))) {
    (((text += name) += ':') += headers.get(name)) += '\n';
  }
  text += '\n';
  for (const std::string_view name : split_words(query.get("srq"))) {
    (((text += '\n') += name) += ':') += query.get(lower_case(name));
  }
  return text + '\n';
}

/// What both kinds end with; `request_fields` are those of a user delegation key.
std::string signed_end(const Query& query, std::string_view request_fields = {}) {
  const bool is_moment = query.get("sr") == "bs" || query.get("sr") == "bv";
  std::string text = lines({query.get("sip"), query.get("spr"), query.get("sv"), query.get("sr"),
                            is_moment ? signed_moment(query) : ""});
  if (query.get("sv") >= kSasWithEncryptionScope) (text += query.get("ses")) += '\n';
  text += request_fields;
  text += lines({query.get("rscc"), query.get("rscd"), query.get("rsce"), query.get("rscl"),
                 query.get("rsct")});
  text.pop_back();
  return text;
}

}  // namespace

std::string service_sas_string(std::string_view account, const Target& target,
                               std::string_view within) {
  const Query& query = target.query;
  return lines({query.get("sp"), query.get("st"), query.get("se"),
                signed_resource(account, target, within), query.get("si")}) +
         signed_end(query);
}

std::string user_delegation_sas_string(std::string_view account, const Target& target,
                                       std::string_view within, const http::Headers& headers) {
  const Query& query = target.query;
  std::string text =
      lines({query.get("sp"), query.get("st"), query.get("se"),
             signed_resource(account, target, within), query.get("skoid"), query.get("sktid"),
             query.get("skt"), query.get("ske"), query.get("sks"), query.get("skv")});
  if (query.get("sv") >= kSasWithAgents) {
    text += lines({query.get("saoid"), query.get("suoid"), query.get("scid")});
  }
  if (query.get("sv") >= kSasWithDelegatedUser) {
    text += lines({query.get("skdutid"), query.get("sduoid")});
  }
  if (query.get("sv") < kSasWithRequestFields) return text + signed_end(query);
  return text + signed_end(query, signed_request_fields(query, headers));
}

Outcome<Authority> authenticate_sas(const Account& account, const Target& target,
                                    const Access& access, const Peer& peer, Seconds now,
                                    const Container* container) {
  const Query& query = target.query;
  if (!is_known_version(query.get("sv"))) {
    return not_authentic("Signed version (sv) is missing, not known, or older than 2018-11-09.");
  }
  Authority authority =
      TRY(query.contains("srt")
              ? authenticate_account_sas(account, target, access, now)
              : authenticate_service_sas(account, target, access, peer, container, now));
  TRY(check_peer(query, peer));
  const bool is_later = query.get("sv") >= kSasCreatesFromBlocks;
  if (any_of(access.permissions, authority.permissions) ||
      (is_later && any_of(access.permissions_later, authority.permissions))) {
    return authority;
  }
  return refuse(Refusal::authorization_permission_mismatch);
}

}  // namespace aloft::emulator::blob
