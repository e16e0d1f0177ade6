// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/batch/filter.h"
#include "emulator/batch/json_text.h"
#include "emulator/batch/target.h"

namespace aloft::emulator::batch {

/// What $select leaves of a resource; nothing given leaves all. Names are those of its outermost
/// properties.
class Selection {
 public:
  static Outcome<Selection> parse(const Query& query);
  /// Of an object in JSON.
  std::string apply(std::string object) const;

 private:
  std::vector<std::string> names_;
};

/// One page of a list, as the query asks for it. Items are offered in a definite order until it is
/// full; where it ended is told to the client as an opaque link to the next page.
class Listing {
 public:
  /// `filterable`: see Filter::parse().
  static Outcome<Listing> parse(const Target& target, std::span<const std::string_view> filterable);

  /// The key of the item with which the page begins, or would; empty at the first.
  const std::string& token() const { return token_; }
  /// Adds the item if it passes the filter. False where no more items fit, or enough were looked
  /// at: nothing more is to be offered then, and the next page begins with this one.
  bool offer(std::string_view key, const Filter::ValueOf& value_of,
             const std::function<std::string()>& view);
  /// Offers the items of a map, which are pointers, from the token on. `value_of` and `view` are
  /// called with an item, `value_of` with a property after it.
  template <class Items, class ValueOf, class View>
  void offer_from(const Items& items, ValueOf value_of, View view) {
    for (auto entry = items.lower_bound(token_); entry != items.end(); ++entry) {
      const auto& item = *entry->second;
      const bool goes_on = offer(
          entry->first, [&](std::size_t property) { return FilterValue(value_of(item, property)); },
          [&] { return view(item); });
      if (!goes_on) break;
    }
  }

  /// The body; links lead to `base_url`, and `metadata` names the kind of the items: "tasks".
  std::string finish(const std::string& base_url, std::string_view metadata);

 private:
  Listing() = default;
  std::string path_;
  Query query_;
  std::optional<Filter> filter_;
  Selection selection_;
  std::string token_;
  std::string next_token_;
  std::size_t items_max_ = 0;
  std::size_t seen_ = 0;
  std::vector<std::string> items_;
};

}  // namespace aloft::emulator::batch
