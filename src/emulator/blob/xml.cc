// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/xml.h"

#include <algorithm>
#include <optional>
#include <pugixml.hpp>

#include "emulator/blob/names.h"
#include "emulator/blob/words.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::size_t kBlocksMax = 50'000;

/// "Char" of XML 1.0.
bool is_xml_character(long code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0xfffe && code != 0xffff;
}

/// Takes one character off the front of `text`; empty where XML has no place for what is there.
std::string_view take_xml_character(std::string_view& text) {
  const std::string_view before = text;
  const long code = take_character(text);
  if (code < 0) text.remove_prefix(1);
  return is_xml_character(code) ? before.substr(0, before.size() - text.size()) : "";
}

bool needs_care(char c) {
  return c < 0x20 || c >= 0x7f || c == '&' || c == '<' || c == '>' || c == '"';
}

void append_escaped(std::string& out, std::string_view text) {
  for (;;) {
    const auto plain = std::ranges::find_if(text, needs_care);
    out.append(text.begin(), plain);
    text.remove_prefix(static_cast<std::size_t>(plain - text.begin()));
    if (text.empty()) return;
    const std::string_view character = take_xml_character(text);
    switch (character.empty() ? '\0' : character.front()) {
      case '\0':
        out += "\xef\xbf\xbd";
        break;
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
        out += character;
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

bool is_xml_text(std::string_view text) {
  while (!text.empty()) {
    if (take_xml_character(text).empty()) return false;
  }
  return true;
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
