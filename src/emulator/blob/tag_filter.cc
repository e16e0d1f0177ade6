// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "emulator/blob/tags.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// Reads a filter front to back: any = all {OR all}; all = one {AND one}; one = comparison or, in
/// parentheses, any.
class TagFilterParser {
 public:
  using Node = TagFilter::Node;
  using Operator = TagFilter::Operator;

  TagFilterParser(std::string_view text, TagFilter::Grammar grammar)
      : text_(text), is_condition_(grammar == TagFilter::Grammar::condition) {}

  Outcome<Node> parse() {
    Node node = TRY(parse_any(0));
    skip_blanks();
    if (at_ < text_.size()) return refuse_here("AND");
    return node;
  }

 private:
  // Deeper ones nobody writes by hand; each level is a call of ours.
  static constexpr int kDepthMax = 16;
  static constexpr std::size_t kComparisonsMax = 100;

  tl::unexpected<ServiceError> refuse_here(std::string_view wanted) const {
    return refuse(Refusal::invalid_input, "at character " + std::to_string(at_ + 1) +
                                              " of the condition: " + std::string(wanted) +
                                              " expected");
  }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view word) {
    skip_blanks();
    if (!http::equal_ignoring_case(text_.substr(at_, word.size()), word)) return false;
    at_ += word.size();
    return true;
  }

  Outcome<Node> parse_any(int depth) {
    Node node{.kind = Node::Kind::any};
    do {
      node.parts.push_back(TRY(parse_all(depth)));
    } while (is_condition_ && take("OR "));
    return node;
  }

  Outcome<Node> parse_all(int depth) {
    Node node{.kind = Node::Kind::all};
    do {
      node.parts.push_back(TRY(parse_one(depth)));
    } while (take("AND "));
    return node;
  }

  Outcome<Node> parse_one(int depth) {
    if (is_condition_ && take("(")) {
      if (depth == kDepthMax) return refuse_here("fewer parentheses");
      Node node = TRY(parse_any(depth + 1));
      if (!take(")")) return refuse_here("')'");
      return node;
    }
    if (++comparisons_ > kComparisonsMax) return refuse_here("no further comparison");
    Node node;
    TRY(parse_key(node.comparison));
    node.comparison.op = TRY(parse_operator());
    node.comparison.value = TRY(parse_quoted('\''));
    return node;
  }

  Outcome<void> parse_key(TagFilter::Comparison& comparison) {
    skip_blanks();
    if (!is_condition_ && take("@container")) {
      comparison.is_container = true;
      return {};
    }
    if (at_ < text_.size() && text_[at_] == '"') {
      comparison.key = TRY(parse_quoted('"'));
      return {};
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_')) {
      ++at_;
    }
    if (at_ == begin) return refuse_here("a key");
    comparison.key = text_.substr(begin, at_ - begin);
    return {};
  }

  Outcome<Operator> parse_operator() {
    if (is_condition_ && take("<>")) return Operator::unequal;
    if (take("<=")) return Operator::less_or_equal;
    if (take(">=")) return Operator::greater_or_equal;
    if (take("<")) return Operator::less;
    if (take(">")) return Operator::greater;
    if (take("=")) return Operator::equal;
    return refuse_here("an operator");
  }

  /// Two quotation marks within it are one.
  Outcome<std::string> parse_quoted(char quote) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != quote) return refuse_here(std::string(1, quote));
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        if (at_ + 1 == text_.size() || text_[at_ + 1] != quote) break;
        ++at_;
      }
      value += text_[at_];
    }
    if (at_ == text_.size()) return refuse_here(std::string(1, quote));
    ++at_;
    return value;
  }

  const std::string_view text_;
  const bool is_condition_;
  std::size_t at_ = 0;
  std::size_t comparisons_ = 0;
};

Outcome<TagFilter> TagFilter::parse(std::string_view text, Grammar grammar) {
  TagFilter filter;
  filter.root_ = TRY(TagFilterParser(text, grammar).parse());
  return filter;
}

bool TagFilter::matches(std::string_view container, const Tags& tags) const {
  return holds(root_, container, tags);
}

Tags TagFilter::named_of(const Tags& tags) const {
  Tags named;
  for (const auto& tag : tags) {
    if (names(root_, tag.first)) named.push_back(tag);
  }
  return named;
}

bool TagFilter::names(const Node& node, std::string_view key) {
  if (node.kind == Node::Kind::comparison) {
    return !node.comparison.is_container && node.comparison.key == key;
  }
  return std::ranges::any_of(node.parts, [&](const Node& part) { return names(part, key); });
}

bool TagFilter::holds(const Node& node, std::string_view container, const Tags& tags) {
  const auto part_holds = [&](const Node& part) { return holds(part, container, tags); };
  switch (node.kind) {
    case Node::Kind::comparison:
      return holds(node.comparison, container, tags);
    case Node::Kind::all:
      return std::ranges::all_of(node.parts, part_holds);
    case Node::Kind::any:
      return std::ranges::any_of(node.parts, part_holds);
  }
  return false;
}

bool TagFilter::holds(const Comparison& comparison, std::string_view container, const Tags& tags) {
  std::string_view value = container;
  if (!comparison.is_container) {
    const auto tag = std::ranges::find(tags, comparison.key, &Tags::value_type::first);
    if (tag == tags.end()) return comparison.op == Operator::unequal;
    value = tag->second;
  }
  const int order = value.compare(comparison.value);
  switch (comparison.op) {
    case Operator::equal:
      return order == 0;
    case Operator::unequal:
      return order != 0;
    case Operator::less:
      return order < 0;
    case Operator::less_or_equal:
      return order <= 0;
    case Operator::greater:
      return order > 0;
    case Operator::greater_or_equal:
      return order >= 0;
  }
  return false;
}

}  // namespace aloft::emulator::blob
