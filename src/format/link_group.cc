// SPDX-License-Identifier: Apache-2.0
#include "format/link_group.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>
#include <nlohmann/json.hpp>

#include "format/content_notes.h"
#include "format/content_version.h"
#include "format/names.h"

namespace aloft::format {

namespace {

constexpr int kRecordVersion = 1;
constexpr std::size_t kIdBytes = 16;

}  // namespace

std::string link_group_id(std::string_view first_key) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(first_key.data()), first_key.size(),
           digest.data());
  std::string id;
  for (std::size_t i = 0; i < kIdBytes; ++i) id += fmt::format("{:02x}", digest[i]);
  return id;
}

std::string link_group_key(const ObjectInfo& object) {
  const std::string id = decode_notes(object).link_group;
  // Without a version of its own, no two objects are known to have one content.
  if (id.empty() || !object.metadata.contains(kContentKey)) return {};
  // As same_content(): a foreign tool may keep metadata while it writes other content.
  return fmt::format("{} {} {} {} {}", id, content_version(object), object.size_bytes,
                     static_cast<int>(object.kind), object.properties.content_md5);
}

Result<void> write_link_record(ObjectStore& store, const LinkRecord& record, const Limits& limits) {
  const nlohmann::json document{
      {"version", kRecordVersion}, {"content", record.content_version}, {"names", record.keys}};
  // Keys of other tools need not be UTF-8.
  const std::string text =
      document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  const Metadata metadata;
  TRY(store.put({.key = fmt::format("{}/links/{}", kHiddenArea, record.id),
                 .content = std::as_bytes(std::span(text)),
                 .metadata = metadata,
                 .properties = {.content_type = "application/json"}},
                limits));
  return {};
}

}  // namespace aloft::format
