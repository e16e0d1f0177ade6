// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/xml.h"

#include <optional>
#include <pugixml.hpp>

#include "emulator/blob/names.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::size_t kBlocksMax = 50'000;

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xD;";
        break;
      default:
        out += c;
    }
  }
}

std::optional<BlockListEntry::From> source_named(std::string_view name) {
  if (name == "Committed") return BlockListEntry::From::committed;
  if (name == "Uncommitted") return BlockListEntry::From::uncommitted;
  if (name == "Latest") return BlockListEntry::From::latest;
  return std::nullopt;
}

}  // namespace

// Azure's documents begin with a byte order mark; clients must cope with it, but need not here.
XmlWriter::XmlWriter() : text_("<?xml version=\"1.0\" encoding=\"utf-8\"?>") {}

void XmlWriter::open(std::string_view name, std::string_view attributes) {
  ((text_ += '<') += name) += attributes;
  text_ += '>';
}

void XmlWriter::close(std::string_view name) {
  ((text_ += "</") += name) += '>';
}

void XmlWriter::element(std::string_view name, std::string_view text) {
  if (text.empty()) {
    ((text_ += '<') += name) += " />";
    return;
  }
  open(name);
  append_escaped(text_, text);
  close(name);
}

std::string xml_escape(std::string_view text) {
  std::string escaped;
  append_escaped(escaped, text);
  return escaped;
}

Outcome<std::vector<BlockListEntry>> parse_block_list(std::string_view document) {
  pugi::xml_document parsed;
  if (!parsed.load_buffer(document.data(), document.size())) {
    return refuse(Refusal::invalid_xml_document);
  }
  const pugi::xml_node list = parsed.child("BlockList");
  if (!list || list.next_sibling()) return refuse(Refusal::invalid_xml_document);
  std::vector<BlockListEntry> entries;
  for (const pugi::xml_node& node : list.children()) {
    const auto from = source_named(node.name());
    if (!from) return refuse(Refusal::invalid_xml_document, "an entry is no block");
    auto id = parse_block_id(node.text().get());
    if (!id) return refuse(Refusal::invalid_block_list, "an id is not base64 of 1 to 64 bytes");
    entries.push_back({.from = *from, .id = std::move(*id)});
    if (entries.size() > kBlocksMax) return refuse(Refusal::block_list_too_long);
  }
  return entries;
}

}  // namespace aloft::emulator::blob
