// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/directory_cache.h"

namespace aloft::posix {
namespace {

/// Names looked up one by one that are kept; a directory with more is better listed.
constexpr std::size_t kSinglesMax = 20'000;
/// Own changes that are remembered for requests under way.
constexpr std::size_t kChangesMax = 20'000;

bool fresh(Clock::time_point asked_at, Clock::time_point now, std::chrono::nanoseconds ttl) {
  return now - asked_at < ttl;
}

}  // namespace

DirectoryCache::Found DirectoryCache::find(std::string_view name, Clock::time_point now,
                                           std::chrono::nanoseconds ttl) {
  auto state = state_.lock();
  const auto single = state->singles.find(name);
  const bool has_listing = state->listing && fresh(state->listed_at, now, ttl);
  if (single != state->singles.end() && fresh(single->second.asked_at, now, ttl) &&
      !(has_listing && state->listed_at > single->second.asked_at)) {
    const Single& known = single->second;
    if (!known.entry) return {.answer = Answer::absent, .asked_at = known.asked_at};
    return {Answer::present, *known.entry, known.asked_at};
  }
  if (!has_listing) return {};
  const auto listed = state->listing->find(name);
  if (listed == state->listing->end()) {
    return {.answer = Answer::absent, .asked_at = state->listed_at};
  }
  return {Answer::present, listed->second, state->listed_at};
}

DirectoryCache::Ticket DirectoryCache::begin(Clock::time_point now) {
  return {state_.lock()->changes, now};
}

void DirectoryCache::learn(const Ticket& ticket, const std::string& name,
                           std::optional<format::ListedEntry> entry) {
  auto state = state_.lock();
  if (changed_since(*state, ticket, name)) return;
  if (state->singles.size() >= kSinglesMax) state->singles.clear();
  state->singles.insert_or_assign(name, Single{ticket.asked_at, std::move(entry)});
}

void DirectoryCache::learn_all(const Ticket& ticket, Listing listing) {
  auto state = state_.lock();
  if (state->listing && state->listed_at > ticket.asked_at) return;
  if (ticket.changes < state->changed_from) return;
  for (const auto& [name, change] : state->changed) {
    if (change <= ticket.changes) continue;
    // The store may have been asked before our own change: what we know of it wins.
    const auto single = state->singles.find(name);
    if (single == state->singles.end()) continue;
    if (single->second.entry) {
      listing.insert_or_assign(name, *single->second.entry);
    } else {
      listing.erase(name);
    }
  }
  state->listing = std::move(listing);
  state->listed_at = ticket.asked_at;
}

bool DirectoryCache::changed_since(const State& state, const Ticket& ticket,
                                   std::string_view name) {
  if (ticket.changes < state.changed_from) return true;  // Perhaps: it was forgotten.
  const auto changed = state.changed.find(name);
  return changed != state.changed.end() && changed->second > ticket.changes;
}

void DirectoryCache::note_change(State& state, const std::string& name) {
  if (state.changed.size() >= kChangesMax) {
    state.changed.clear();
    state.changed_from = state.changes;
  }
  state.changed.insert_or_assign(name, ++state.changes);
}

void DirectoryCache::put(const std::string& name, format::ListedEntry entry,
                         Clock::time_point now) {
  auto state = state_.lock();
  note_change(*state, name);
  if (state->listing) state->listing->insert_or_assign(name, entry);
  state->singles.insert_or_assign(name, Single{now, std::move(entry)});
}

void DirectoryCache::remove(const std::string& name, Clock::time_point now) {
  auto state = state_.lock();
  note_change(*state, name);
  if (state->listing) state->listing->erase(name);
  state->singles.insert_or_assign(name, Single{now, std::nullopt});
}

void DirectoryCache::forget(const std::string& name) {
  auto state = state_.lock();
  state->singles.erase(name);
  state->listing.reset();
}

void DirectoryCache::forget_all() {
  auto state = state_.lock();
  state->singles.clear();
  state->listing.reset();
}

std::optional<DirectoryCache::Listed> DirectoryCache::listing(Clock::time_point now,
                                                              std::chrono::nanoseconds ttl) {
  auto state = state_.lock();
  if (!state->listing || !fresh(state->listed_at, now, ttl)) return std::nullopt;
  return Listed{*state->listing, state->listed_at};
}

bool DirectoryCache::claim(const Ticket& ticket, const std::string& name) {
  auto state = state_.lock();
  if (state->uncommitted.contains(name) || changed_since(*state, ticket, name)) return false;
  state->uncommitted.insert(name);
  note_change(*state, name);
  return true;
}

void DirectoryCache::remove_uncommitted(const std::string& name) {
  state_.lock()->uncommitted.erase(name);
}

std::set<std::string, std::less<>> DirectoryCache::uncommitted() {
  return state_.lock()->uncommitted;
}

}  // namespace aloft::posix
