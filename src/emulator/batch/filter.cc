// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/filter.h"

#include <algorithm>
#include <charconv>

namespace aloft::emulator::batch {

namespace {

constexpr std::size_t kNestingMax = 64;

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
         c == '_' || c == '-' || c == ':' || c == '.' || c == '+';
}

}  // namespace

/// By recursive descent; `or` binds weaker than `and`.
class FilterParser {
 public:
  using Term = Filter::Term;
  FilterParser(std::string_view text, std::span<const std::string_view> properties)
      : text_(text), rest_(text), properties_(properties) {}

  Outcome<Term> parse() {
    Term term = TRY(parse_any());
    skip_blanks();
    if (!rest_.empty()) return refuse_here("'and' or 'or' is expected");
    return term;
  }

 private:
  template <class Parse>
  Outcome<Term> parse_chain(std::string_view word, Term::Kind kind, Parse parse_one) {
    Term first = TRY(parse_one());
    if (!take_word(word)) return first;
    Term chain{.kind = kind};
    chain.terms.push_back(std::move(first));
    do {
      chain.terms.push_back(TRY(parse_one()));
    } while (take_word(word));
    return chain;
  }
  Outcome<Term> parse_any() {
    return parse_chain("or", Term::Kind::any, [this] { return parse_all(); });
  }
  Outcome<Term> parse_all() {
    return parse_chain("and", Term::Kind::all, [this] { return parse_one(); });
  }

  Outcome<Term> parse_one() {
    if (++nesting_ > kNestingMax) return refuse_here("the filter is nested too deeply");
    auto term = parse_operand();
    --nesting_;
    return term;
  }

  Outcome<Term> parse_operand() {
    if (take_word("not")) {
      Term negated{.kind = Term::Kind::none};
      negated.terms.push_back(TRY(parse_one()));
      return negated;
    }
    if (take('(')) {
      Term inner = TRY(parse_any());
      if (!take(')')) return refuse_here("')' is expected");
      return inner;
    }
    if (take_word("startswith")) return parse_prefix();
    return parse_comparison();
  }

  Outcome<Term> parse_prefix() {
    Term term{.kind = Term::Kind::prefix};
    if (!take('(')) return refuse_here("'(' is expected");
    term.property = TRY(parse_property());
    if (!take(',')) return refuse_here("',' is expected");
    term.value = TRY(parse_value());
    if (!std::holds_alternative<std::string>(term.value)) return refuse_here("expected a text");
    if (!take(')')) return refuse_here("')' is expected");
    return term;
  }

  Outcome<Term> parse_comparison() {
    Term term;
    term.property = TRY(parse_property());
    term.kind = TRY(parse_operator());
    term.value = TRY(parse_value());
    return term;
  }

  Outcome<std::size_t> parse_property() {
    const std::string_view name = peek_word();
    const auto found = std::ranges::find(properties_, name);
    if (found == properties_.end()) {
      return refuse_here("'" + std::string(name) + "' is no property to filter by here");
    }
    rest_.remove_prefix(name.size());
    return static_cast<std::size_t>(found - properties_.begin());
  }

  Outcome<Term::Kind> parse_operator() {
    constexpr std::pair<std::string_view, Term::Kind> kOperators[] = {
        {"eq", Term::Kind::equal},    {"ne", Term::Kind::unequal}, {"gt", Term::Kind::greater},
        {"ge", Term::Kind::not_less}, {"lt", Term::Kind::less},    {"le", Term::Kind::not_greater}};
    for (const auto& [word, kind] : kOperators) {
      if (take_word(word)) return kind;
    }
    return refuse_here("one of eq, ne, gt, ge, lt, le is expected");
  }

  Outcome<FilterValue> parse_value() {
    skip_blanks();
    if (take_word("null")) return FilterValue();
    if (take_word("true")) return FilterValue(true);
    if (take_word("false")) return FilterValue(false);
    if (rest_.starts_with('\'')) return FilterValue(TRY(parse_text()));
    for (const std::string_view mark : {"datetime'", "DateTime'"}) {
      if (!rest_.starts_with(mark)) continue;
      rest_.remove_prefix(mark.size() - 1);
      return parse_time(TRY(parse_text()));
    }
    const std::string_view word = peek_word();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_number = error == std::errc() && end == word.data() + word.size();
    auto value = is_number ? Outcome<FilterValue>(number) : parse_time(word);
    if (value) rest_.remove_prefix(word.size());
    return value;
  }

  Outcome<FilterValue> parse_time(std::string_view text) {
    const auto time = parse_iso_time(text);
    if (!time) return refuse_here("a text in quotation marks, a number or a time is expected");
    return FilterValue(*time);
  }

  Outcome<std::string> parse_text() {
    std::string text;
    rest_.remove_prefix(1);
    for (;;) {
      const std::size_t mark = rest_.find('\'');
      if (mark == std::string_view::npos) return refuse_here("the text has no end");
      text += rest_.substr(0, mark);
      rest_.remove_prefix(mark + 1);
      if (!take_here('\'')) return text;  // Doubled, it stands for itself.
      text += '\'';
    }
  }

  void skip_blanks() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }
  std::string_view peek_word() {
    skip_blanks();
    std::size_t length = 0;
    while (length < rest_.size() && is_word_character(rest_[length])) ++length;
    return rest_.substr(0, length);
  }
  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take_here(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(char c) {
    skip_blanks();
    return take_here(c);
  }

  tl::unexpected<ServiceError> refuse_here(const std::string& reason) const {
    return refuse_parameter(
        Refusal::invalid_query_parameter_value, "$filter", text_,
        reason + " at character " + std::to_string(text_.size() - rest_.size() + 1));
  }

  std::string_view text_;
  std::string_view rest_;
  std::span<const std::string_view> properties_;
  std::size_t nesting_ = 0;
};

Outcome<Filter> Filter::parse(std::string_view text, std::span<const std::string_view> properties) {
  return Filter(TRY(FilterParser(text, properties).parse()));
}

bool Filter::matches(const Term& term, const ValueOf& value_of) {
  const auto one_matches = [&](const Term& one) { return matches(one, value_of); };
  switch (term.kind) {
    case Term::Kind::all:
      return std::ranges::all_of(term.terms, one_matches);
    case Term::Kind::any:
      return std::ranges::any_of(term.terms, one_matches);
    case Term::Kind::none:
      return std::ranges::none_of(term.terms, one_matches);
    default:
      return compares(term, value_of(term.property));
  }
}

bool Filter::compares(const Term& term, const FilterValue& value) {
  if (term.kind == Term::Kind::equal) return value == term.value;
  if (term.kind == Term::Kind::unequal) return value != term.value;
  if (value.index() != term.value.index()) return false;  // Also where it is absent.
  switch (term.kind) {
    case Term::Kind::prefix:
      return std::get<std::string>(value).starts_with(std::get<std::string>(term.value));
    case Term::Kind::greater:
      return value > term.value;
    case Term::Kind::not_less:
      return value >= term.value;
    case Term::Kind::less:
      return value < term.value;
    default:
      return value <= term.value;
  }
}

}  // namespace aloft::emulator::batch
