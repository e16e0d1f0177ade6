// SPDX-License-Identifier: Apache-2.0
#include "object/azure/internal/blob_xml.h"

#include <pugixml.hpp>

#include "azure/encoding.h"
#include "object/azure/internal/blob_answer.h"
#include "object/azure/internal/native_access.h"

namespace aloft::internal {
namespace {

/// Blanks count: a key may consist of them alone.
constexpr unsigned kParse = pugi::parse_default | pugi::parse_ws_pcdata_single;

/// The text of <Name>, which the service percent-encodes where XML could not hold it.
std::string name_of(const pugi::xml_node& node) {
  const pugi::xml_node name = node.child("Name");
  if (name.attribute("Encoded").as_bool()) return azure::decode_percent(name.child_value());
  return name.child_value();
}

/// Listings have the etag without the quotes that headers have.
Etag quoted(std::string_view etag) {
  return etag.starts_with('"') ? Etag(etag) : "\"" + std::string(etag) + "\"";
}

std::optional<ObjectInfo> object_of(const pugi::xml_node& blob) {
  const pugi::xml_node properties = blob.child("Properties");
  const auto text = [&](const char* name) { return std::string(properties.child_value(name)); };
  const auto size = parse_decimal(text("Content-Length"));
  const auto date = parse_http_date(text("Last-Modified"));
  const std::string type = text("ResourceType");
  // Some answers do not say it of directories that are prefixes.
  const auto kind = type == "directory" ? ObjectKind::block : parse_blob_type(text("BlobType"));
  const std::string etag = text("Etag");
  if (!size || !date || !kind || etag.empty()) return std::nullopt;
  ObjectInfo info{.key = name_of(blob),
                  .size_bytes = *size,
                  .etag = quoted(etag),
                  .last_modified = *date,
                  .kind = *kind,
                  .access_tier = text("AccessTier")};
  info.properties = {.content_type = text("Content-Type"),
                     .content_encoding = text("Content-Encoding"),
                     .content_language = text("Content-Language"),
                     .content_disposition = text("Content-Disposition"),
                     .cache_control = text("Cache-Control"),
                     .content_md5 = text("Content-MD5")};
  for (const pugi::xml_node& item : blob.child("Metadata")) {
    if (item.type() == pugi::node_element) info.metadata.emplace(item.name(), item.child_value());
  }
  if (info.key.empty()) return std::nullopt;
  show_resource_type(type, info.metadata);
  if (properties.child("Permissions")) {
    show_access(text("Owner"), text("Group"), text("Permissions"), info.metadata);
  }
  return info;
}

/// Directories show as prefixes that have properties.
bool append_prefix(const pugi::xml_node& node, BlobPage& page) {
  page.list.prefixes.push_back(name_of(node));
  if (!node.child("Properties").child("ResourceType")) return true;
  auto object = object_of(node);
  if (!object || !object->key.ends_with('/')) return false;
  object->key.pop_back();
  if (!node.child("Metadata")) page.bare_directories.push_back(page.list.objects.size());
  page.list.objects.push_back(std::move(*object));
  return true;
}

bool append_blocks(const pugi::xml_node& list, std::vector<BlockInfo>& blocks) {
  for (const pugi::xml_node& block : list.children("Block")) {
    auto id = azure::decode_base64(block.child_value("Name"));
    const auto size = parse_decimal(block.child_value("Size"));
    if (!id || !size) return false;
    blocks.push_back({.id = std::move(*id), .size_bytes = *size});
  }
  return true;
}

}  // namespace

std::optional<BlobPage> parse_blob_listing(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), kParse)) return std::nullopt;
  const pugi::xml_node results = document.child("EnumerationResults");
  if (!results || !results.child("Blobs")) return std::nullopt;
  BlobPage page;
  for (const pugi::xml_node& node : results.child("Blobs")) {
    const std::string_view kind = node.name();
    if (kind == "BlobPrefix") {
      if (!append_prefix(node, page)) return std::nullopt;
    } else if (kind == "Blob") {
      auto object = object_of(node);
      if (!object) return std::nullopt;
      page.list.objects.push_back(std::move(*object));
    }
  }
  page.list.next_marker = results.child_value("NextMarker");
  return page;
}

std::optional<ContainerPage> parse_container_listing(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), kParse)) return std::nullopt;
  const pugi::xml_node results = document.child("EnumerationResults");
  if (!results || !results.child("Containers")) return std::nullopt;
  ContainerPage page;
  for (const pugi::xml_node& node : results.child("Containers").children("Container")) {
    page.names.push_back(name_of(node));
  }
  page.next_marker = results.child_value("NextMarker");
  return page;
}

std::optional<BlockList> parse_block_list(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), kParse)) return std::nullopt;
  const pugi::xml_node root = document.child("BlockList");
  BlockList list;
  if (!root || !append_blocks(root.child("CommittedBlocks"), list.committed) ||
      !append_blocks(root.child("UncommittedBlocks"), list.uncommitted)) {
    return std::nullopt;
  }
  return list;
}

std::string write_block_list(std::span<const BlockRef> blocks) {
  // Base64 needs no escapes.
  std::string xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<BlockList>";
  for (const BlockRef& block : blocks) {
    const char* const element = block.from == BlockRef::From::staged ? "Uncommitted" : "Committed";
    xml.append("<").append(element).append(">");
    xml.append(azure::encode_base64(block.id));
    xml.append("</").append(element).append(">");
  }
  return xml.append("</BlockList>");
}

}  // namespace aloft::internal
