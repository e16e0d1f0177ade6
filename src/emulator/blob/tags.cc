// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/tags.h"

#include <algorithm>
#include <pugixml.hpp>

#include "emulator/wire/query.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::size_t kTagsMax = 10;
constexpr std::size_t kKeyCharactersMax = 128;
constexpr std::size_t kValueCharactersMax = 256;

bool is_tag_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(" +-./:=_").find(c) != std::string_view::npos;
}

Outcome<Tags> check_tags(Tags tags) {
  if (tags.size() > kTagsMax) return refuse(Refusal::tags_too_large, "a blob has ten tags at most");
  for (const auto& [key, value] : tags) {
    if (key.empty()) return refuse(Refusal::empty_tag_name);
    if (key.size() > kKeyCharactersMax || value.size() > kValueCharactersMax) {
      return refuse(Refusal::tags_too_large, "the tag '" + key + "'");
    }
    if (!std::ranges::all_of(key, is_tag_character) ||
        !std::ranges::all_of(value, is_tag_character)) {
      return refuse(Refusal::invalid_tag, "the tag '" + key + "'");
    }
  }
  std::ranges::sort(tags);
  const auto same = std::ranges::adjacent_find(tags, {}, &Tags::value_type::first);
  if (same != tags.end())
    return refuse(Refusal::duplicate_tag_names, "the tag '" + same->first + "'");
  return tags;
}

}  // namespace

Outcome<Tags> parse_tags_field(const http::Headers& headers) {
  constexpr std::string_view kField = "x-ms-tags";
  Tags tags;
  for (std::string_view rest = headers.get(kField); !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
      return refuse_header(Refusal::invalid_header_value, kField, headers.get(kField));
    }
    auto key = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(equals + 1), true);
    if (!key || !value) {
      return refuse_header(Refusal::invalid_header_value, kField, headers.get(kField));
    }
    tags.emplace_back(std::move(*key), std::move(*value));
  }
  return check_tags(std::move(tags));
}

Outcome<Tags> parse_tags_document(std::string_view document) {
  pugi::xml_document parsed;
  // Values may be blanks, which count.
  if (!parsed.load_buffer(document.data(), document.size(),
                          pugi::parse_default | pugi::parse_ws_pcdata_single)) {
    return refuse(Refusal::invalid_xml_document);
  }
  const pugi::xml_node set = parsed.child("Tags").child("TagSet");
  if (!set) return refuse(Refusal::invalid_xml_document);
  Tags tags;
  for (const pugi::xml_node& tag : set.children()) {
    if (tag.type() != pugi::node_element) continue;
    if (std::string_view(tag.name()) != "Tag" || !tag.child("Key") || !tag.child("Value")) {
      return refuse(Refusal::invalid_xml_document, "a tag has Key and Value");
    }
    tags.emplace_back(tag.child("Key").text().get(), tag.child("Value").text().get());
  }
  return check_tags(std::move(tags));
}

void write_tags(XmlWriter& xml, const Tags& tags) {
  xml.open("Tags");
  xml.open("TagSet");
  for (const auto& [key, value] : tags) {
    xml.open("Tag");
    xml.element("Key", key);
    xml.element("Value", value);
    xml.close("Tag");
  }
  xml.close("TagSet");
  xml.close("Tags");
}

}  // namespace aloft::emulator::blob
