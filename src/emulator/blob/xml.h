// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emulator/blob/service_error.h"

namespace aloft::emulator::blob {

/// Writes one document front to back, without a tree: a page of 5,000 blobs is a few megabytes.
/// Header fields are bytes, documents are UTF-8: what of a text is none, or no character of
/// XML 1.0, becomes U+FFFD, so that one odd blob does not spoil the list for all.
class XmlWriter {
 public:
  XmlWriter();
  /// `attributes` as they stand, " Name=\"value\"", already escaped.
  void open(std::string_view name, std::string_view attributes = {});
  void close(std::string_view name);
  void element(std::string_view name, std::string_view text);
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// For text and for attribute values.
std::string xml_escape(std::string_view text);

/// Whether XmlWriter writes the text as it is: UTF-8 of characters of XML 1.0 alone.
bool is_xml_text(std::string_view text);

/// One entry of the body of Put Block List.
struct BlockListEntry {
  enum class From { committed, uncommitted, latest };
  From from = From::latest;
  std::string id{};  ///< Decoded.
};

/// Fails with invalid_xml_document where it is none of a block list, with invalid_block_list for
/// ids that are none, block_list_too_long above 50,000 entries.
Outcome<std::vector<BlockListEntry>> parse_block_list(std::string_view document);

}  // namespace aloft::emulator::blob
