// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/internal/journal_rows.h"

#include <nlohmann/json.hpp>

namespace aloft::emulator::blob {

namespace {

using nlohmann::json;

struct NamedProperty {
  const char* name;
  std::string ContentProperties::*member;
};
constexpr NamedProperty kProperties[] = {
    {"content_type", &ContentProperties::content_type},
    {"content_encoding", &ContentProperties::content_encoding},
    {"content_language", &ContentProperties::content_language},
    {"content_disposition", &ContentProperties::content_disposition},
    {"cache_control", &ContentProperties::cache_control},
    {"content_md5", &ContentProperties::content_md5},
};

/// Header values may be bytes that are no UTF-8, which JSON cannot hold: Latin-1 spelled as UTF-8
/// holds any byte.
std::string widen(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | (code >> 6));
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return text;
}

std::string narrow(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = static_cast<unsigned char>(text[i]);
    if (code < 0x80 || i + 1 == text.size()) {
      bytes += text[i];
    } else {
      const auto next = static_cast<unsigned char>(text[++i]);
      bytes += static_cast<char>((code << 6) | (next & 0x3f));
    }
  }
  return bytes;
}

constexpr const char* kTypeNames[] = {"block", "append", "page"};

BlobType parse_type(const std::string& name) {
  for (const BlobType type : {BlobType::block, BlobType::append, BlobType::page}) {
    if (name == kTypeNames[static_cast<int>(type)]) return type;
  }
  throw json::other_error::create(501, "no type of blob", nullptr);
}

PublicAccess parse_public_access(int number) {
  for (const auto access : {PublicAccess::none, PublicAccess::blob, PublicAccess::container}) {
    if (number == static_cast<int>(access)) return access;
  }
  throw json::other_error::create(501, "no kind of public access", nullptr);
}

std::int64_t seconds(Seconds time) {
  return time.time_since_epoch().count();
}
Seconds seconds(const json& number) {
  return Seconds(std::chrono::seconds(number.get<std::int64_t>()));
}

json encode_deletion(const Deletion& deletion) {
  return {{"deleted_at", seconds(deletion.deleted_at)},
          {"expires_at", seconds(deletion.expires_at)}};
}
std::optional<Deletion> decode_deletion(const json& object) {
  if (!object.contains("deletion")) return std::nullopt;
  const json& deletion = object["deletion"];
  return Deletion{.deleted_at = seconds(deletion.at("deleted_at")),
                  .expires_at = seconds(deletion.at("expires_at"))};
}

json encode_copy(const CopyState& copy) {
  return {{"id", copy.id},
          {"source", widen(copy.source)},
          {"status", static_cast<int>(copy.status)},
          {"begun_at", seconds(copy.begun_at)},
          {"completed_at", seconds(copy.completed_at)},
          {"size", copy.size_bytes}};
}
CopyState decode_copy(const json& object) {
  CopyState copy{.id = object.at("id").get<std::string>(),
                 .source = narrow(object.at("source").get<std::string>()),
                 .status = static_cast<CopyState::Status>(object.value("status", 0)),
                 .completed_at = seconds(object.at("completed_at")),
                 .size_bytes = object.value("size", std::uint64_t{0})};
  // Pending copies end with the process that has them.
  if (copy.status == CopyState::Status::pending) {
    copy.status = CopyState::Status::failed;
    copy.completed_at = seconds(object.at("begun_at"));
  }
  return copy;
}

/// Parses an object and runs `read` on it, which throws for members that are not as they should.
template <class Read>
Result<void> read_object(std::string_view text, std::string_view what, Read read) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return damaged(what);
  try {
    read(object);
  } catch (const json::exception&) {
    return damaged(what);
  }
  return {};
}

/// Numbers that only some blobs have; 0 is not written.
struct NamedNumber {
  const char* name;
  std::uint64_t Blob::*member;
};
constexpr NamedNumber kNumbers[] = {{"append_count", &Blob::append_count},
                                    {"sequence_number", &Blob::sequence_number},
                                    {"snapshot", &Blob::snapshot},
                                    {"version", &Blob::version},
                                    {"edits", &Blob::edits}};

}  // namespace

tl::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::corrupt, "the data directory is damaged: " + std::string(what));
}

std::string encode_metadata(const Metadata& metadata) {
  json list = json::array();
  for (const auto& [name, value] : metadata) list.push_back({name, widen(value)});
  return list.dump();
}

Result<Metadata> decode_metadata(std::string_view text) {
  const json list = json::parse(text, nullptr, false);
  if (!list.is_array()) return damaged("metadata");
  Metadata metadata;
  for (const json& pair : list) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      return damaged("metadata");
    }
    metadata.emplace_back(pair[0].get<std::string>(), narrow(pair[1].get<std::string>()));
  }
  return metadata;
}

namespace {

json encode_lease(const Lease& lease) {
  json object{{"id", lease.id}};
  if (lease.duration_s) {
    object["duration"] = *lease.duration_s;
    object["ends_at"] = seconds(lease.ends_at);
  }
  if (lease.breaks_at) object["breaks_at"] = seconds(*lease.breaks_at);
  return object;
}

std::optional<Lease> decode_lease(const json& attributes) {
  if (!attributes.contains("lease")) return std::nullopt;
  const json& object = attributes["lease"];
  Lease lease{.id = object.at("id").get<std::string>()};
  if (object.contains("duration")) {
    lease.duration_s = object["duration"].get<std::uint32_t>();
    lease.ends_at = seconds(object.at("ends_at"));
  }
  if (object.contains("breaks_at")) lease.breaks_at = seconds(object["breaks_at"]);
  return lease;
}

json encode_access(const AccessControl& access) {
  json object{{"owner", widen(access.owner)},
              {"group", widen(access.group)},
              {"acl", widen(format_acl(access.acl))}};
  if (access.is_sticky) object["sticky"] = true;
  return object;
}

std::shared_ptr<const AccessControl> decode_access(const json& attributes) {
  if (!attributes.contains("access")) return nullptr;
  const json& object = attributes["access"];
  auto acl = parse_acl(narrow(object.at("acl").get<std::string>()));
  if (!acl) throw json::other_error::create(501, "no ACL", nullptr);
  return std::make_shared<const AccessControl>(
      AccessControl{.owner = narrow(object.at("owner").get<std::string>()),
                    .group = narrow(object.at("group").get<std::string>()),
                    .acl = std::move(*acl),
                    .is_sticky = object.value("sticky", false)});
}

}  // namespace

std::string encode_attributes(const Blob& blob) {
  json object = json::object();
  for (const auto& [name, member] : kProperties) {
    const std::string& value = blob.properties.*member;
    if (!value.empty()) object[name] = widen(value);
  }
  for (const auto& [name, member] : kNumbers) {
    if (blob.*member != 0) object[name] = blob.*member;
  }
  if (!blob.access_tier.empty()) object["access_tier"] = blob.access_tier;
  if (blob.tier_changed_at) object["tier_changed_at"] = seconds(*blob.tier_changed_at);
  if (blob.rehydration) {
    object["rehydration"] = {{"tier", blob.rehydration->tier},
                             {"high", blob.rehydration->is_high},
                             {"done_at", seconds(blob.rehydration->done_at)}};
  }
  for (const auto& [key, value] : blob.tags) object["tags"].push_back({key, value});
  if (blob.copy) object["copy"] = encode_copy(*blob.copy);
  if (blob.type != BlobType::block) {
    object["type"] = kTypeNames[static_cast<int>(blob.type)];
    object["size"] = blob.size_bytes;
  }
  if (blob.is_sealed) object["sealed"] = true;
  if (blob.deletion) object["deletion"] = encode_deletion(*blob.deletion);
  if (blob.lease) object["lease"] = encode_lease(*blob.lease);
  if (blob.is_directory) object["directory"] = true;
  if (blob.is_appendable) object["appendable"] = true;
  if (blob.access) object["access"] = encode_access(*blob.access);
  return object.dump();
}

Result<void> decode_attributes(std::string_view text, Blob& blob) {
  return read_object(text, "attributes", [&](const json& object) {
    for (const auto& [name, member] : kProperties) {
      blob.properties.*member = narrow(object.value(name, std::string()));
    }
    for (const auto& [name, member] : kNumbers) {
      blob.*member = object.value(name, std::uint64_t{0});
    }
    blob.access_tier = object.value("access_tier", std::string());
    if (object.contains("tier_changed_at")) {
      blob.tier_changed_at = seconds(object["tier_changed_at"]);
    }
    if (object.contains("rehydration")) {
      const json& rehydration = object["rehydration"];
      blob.rehydration = Rehydration{.tier = rehydration.at("tier").get<std::string>(),
                                     .is_high = rehydration.at("high").get<bool>(),
                                     .done_at = seconds(rehydration.at("done_at"))};
    }
    for (const json& tag : object.value("tags", json::array())) {
      blob.tags.emplace_back(tag.at(0).get<std::string>(), tag.at(1).get<std::string>());
    }
    if (object.contains("copy")) blob.copy = decode_copy(object["copy"]);
    blob.type = parse_type(object.value("type", std::string("block")));
    blob.size_bytes = object.value("size", std::uint64_t{0});
    blob.is_sealed = object.value("sealed", false);
    blob.deletion = decode_deletion(object);
    blob.lease = decode_lease(object);
    blob.is_directory = object.value("directory", false);
    blob.is_appendable = object.value("appendable", false);
    blob.access = decode_access(object);
  });
}

std::string encode_container_attributes(const Container& container) {
  json object = json::object();
  if (container.deletion) {
    object["deletion"] = encode_deletion(*container.deletion);
    object["deleted_version"] = container.deleted_version;
  }
  if (container.lease) object["lease"] = encode_lease(*container.lease);
  if (container.public_access != PublicAccess::none) {
    object["public_access"] = static_cast<int>(container.public_access);
  }
  if (container.access) object["access"] = encode_access(*container.access);
  for (const AccessPolicy& policy : container.access_policies) {
    object["access_policies"].push_back(
        {widen(policy.id), policy.start, policy.expiry, policy.permissions});
  }
  return object.dump();
}

Result<void> decode_container_attributes(std::string_view text, Container& container) {
  return read_object(text, "attributes of a container", [&](const json& object) {
    container.deletion = decode_deletion(object);
    container.deleted_version = object.value("deleted_version", Stamp{0});
    container.lease = decode_lease(object);
    container.access = decode_access(object);
    container.public_access = parse_public_access(object.value("public_access", 0));
    for (const json& policy : object.value("access_policies", json::array())) {
      container.access_policies.push_back({.id = narrow(policy.at(0).get<std::string>()),
                                           .start = policy.at(1).get<std::string>(),
                                           .expiry = policy.at(2).get<std::string>(),
                                           .permissions = policy.at(3).get<std::string>()});
    }
  });
}

}  // namespace aloft::emulator::blob
