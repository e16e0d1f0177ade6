// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/listing.h"

#include <algorithm>

#include "emulator/batch/shape.h"
#include "emulator/wire/decimal.h"
#include "emulator/wire/query.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::size_t kItemsMax = 1000;
/// A page may have fewer items than asked for, even none: the account is locked meanwhile.
constexpr std::size_t kSeenMax = 100'000;

Outcome<std::size_t> parse_max_results(const Query& query) {
  const auto text = query.find("maxresults");
  if (!text) return kItemsMax;
  const auto number = parse_decimal<std::size_t>(*text);
  if (!number) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "maxresults", *text,
                            "expected a number");
  }
  if (*number < 1 || *number > kItemsMax) {
    return refuse_parameter(Refusal::out_of_range_query_parameter_value, "maxresults", *text,
                            "expected 1 to 1000");
  }
  return *number;
}

}  // namespace

Outcome<Selection> Selection::parse(const Query& query) {
  Selection selection;
  const auto text = query.find("$select");
  if (!text) return selection;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view name = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    const auto is_allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/';
    };
    if (name.empty() || !std::ranges::all_of(name, is_allowed)) {
      return refuse_parameter(Refusal::invalid_query_parameter_value, "$select", *text,
                              "expected names of properties with commas between them");
    }
    selection.names_.emplace_back(name.substr(0, name.find('/')));
  }
  return selection;
}

std::string Selection::apply(std::string object) const {
  if (names_.empty()) return object;
  const Json whole = Json::parse(object);
  Json selected = Json::object();
  for (const std::string& name : names_) {
    if (const auto found = whole.find(name); found != whole.end()) selected[name] = *found;
  }
  return text_of(selected);
}

Outcome<Listing> Listing::parse(const Target& target,
                                std::span<const std::string_view> filterable) {
  Listing listing;
  listing.path_ = target.path;
  listing.query_ = target.query;
  listing.items_max_ = TRY(parse_max_results(target.query));
  listing.selection_ = TRY(Selection::parse(target.query));
  listing.token_ = target.query.get("$skiptoken");
  if (const auto filter = target.query.find("$filter")) {
    listing.filter_ = TRY(Filter::parse(*filter, filterable));
  }
  return listing;
}

bool Listing::offer(std::string_view key, const Filter::ValueOf& value_of,
                    const std::function<std::string()>& view) {
  if (items_.size() >= items_max_ || seen_ >= kSeenMax) {
    next_token_ = key;
    return false;
  }
  ++seen_;
  if (!filter_ || filter_->matches(value_of)) items_.push_back(selection_.apply(view()));
  return true;
}

std::string Listing::finish(const std::string& base_url, std::string_view metadata) {
  JsonText json;
  json.open().add("odata.metadata", base_url + "/$metadata#" + std::string(metadata));
  json.open_list("value");
  for (const std::string& item : items_) json.add_item(item);
  json.close_list();
  if (!next_token_.empty()) {
    std::string link = base_url + path_ + "?";
    for (const auto& [name, value] : query_.sorted()) {
      if (name != "$skiptoken")
        link += percent_encode(name, false) + "=" + percent_encode(value, false) + "&";
    }
    json.add("odata.nextLink", link + "$skiptoken=" + percent_encode(next_token_, false));
  }
  return json.close().take();
}

}  // namespace aloft::emulator::batch
