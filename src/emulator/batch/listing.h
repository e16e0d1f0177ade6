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

  /// Where the page begins: what next_token was set to for the page before; empty at the first.
  const std::string& token() const { return token_; }
  /// False once no more items fit, or enough were looked at; then the next page begins with
  /// this one: set_next().
  bool has_room() const;
  void set_next(std::string token) { next_token_ = std::move(token); }
  /// Adds the item if it passes the filter.
  void offer(const Filter::ValueOf& value_of, const std::function<std::string()>& view);

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
