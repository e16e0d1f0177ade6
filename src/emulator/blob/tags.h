// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/blob/service_error.h"
#include "emulator/blob/xml.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// Index tags of a blob, in the order of their keys, which differ.
using Tags = std::vector<std::pair<std::string, std::string>>;

/// From x-ms-tags, which is encoded as a query; empty where it is absent. At most ten, keys of 1 to
/// 128 characters, values of at most 256, of those that "Set Blob Tags" lists.
Outcome<Tags> parse_tags_field(const http::Headers& headers);
/// From the body of Set Blob Tags.
Outcome<Tags> parse_tags_document(std::string_view document);
/// <Tags><TagSet>…
void write_tags(XmlWriter& xml, const Tags& tags);

/// A condition on tags, as Find Blobs by Tags and x-ms-if-tags have it: comparisons of "keys" with
/// 'values', as texts, joined by AND; in conditions also by OR, with AND first, and parentheses.
class TagFilter {
 public:
  /// `search` also has @container; `condition` also has OR, <> and parentheses.
  enum class Grammar { search, condition };
  /// Fails with invalid_input where the text is no such condition, saying where.
  static Outcome<TagFilter> parse(std::string_view text, Grammar grammar);

  /// A tag that is not there fulfils no comparison but <>.
  bool matches(std::string_view container, const Tags& tags) const;
  /// Those that the condition is about.
  Tags named_of(const Tags& tags) const;

 private:
  friend class TagFilterParser;
  enum class Operator { equal, unequal, less, less_or_equal, greater, greater_or_equal };
  struct Comparison {
    bool is_container = false;
    std::string key{};
    Operator op = Operator::equal;
    std::string value{};
  };
  struct Node {
    enum class Kind { comparison, all, any };
    Kind kind = Kind::comparison;
    Comparison comparison{};
    std::vector<Node> parts{};
  };
  static bool holds(const Node& node, std::string_view container, const Tags& tags);
  static bool holds(const Comparison& comparison, std::string_view container, const Tags& tags);
  static bool names(const Node& node, std::string_view key);

  Node root_;
};

}  // namespace aloft::emulator::blob
