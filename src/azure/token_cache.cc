// SPDX-License-Identifier: Apache-2.0
#include "azure/token_cache.h"

#include <algorithm>

#include "base/wait.h"

namespace aloft::azure {
namespace {

using std::chrono::seconds;

/// A token this near its end is not used any more: the request must arrive, too.
constexpr seconds kSpare{60};
/// The next one is asked for this long before the end, so that nobody has to wait for it.
constexpr seconds kAhead{600};
/// After a refresh that failed, while the old token still serves.
constexpr seconds kRefreshPause{30};

}  // namespace

bool TokenCache::Kept::serves_at(std::chrono::system_clock::time_point now) const {
  return !text.empty() && now < expires - kSpare;
}

TokenCache::TokenCache(std::unique_ptr<TokenSource> source, Clock& clock)
    : source_(std::move(source)), clock_(clock) {}

Result<std::string> TokenCache::token(const Limits& limits) {
  if (auto kept = TRY(kept_or_turn(limits))) return std::move(*kept);
  const auto asked_at = clock_.wall_now();
  return keep(source_->request(limits), asked_at);
}

Result<std::optional<std::string>> TokenCache::kept_or_turn(const Limits& limits) {
  auto state = state_.lock();
  const auto failures_before = state->failures;
  for (;;) {
    const auto now = clock_.wall_now();
    const bool serves = state->token.serves_at(now);
    if (serves && (now < state->token.refresh || state->asking)) return state->token.text;
    if (!serves && state->failures != failures_before) return fail(state->failure);
    if (!state->asking) break;
    TRY(wait_until(asked_, state, limits, "waiting for a token", [&] { return !state->asking; }));
  }
  state->asking = true;
  return std::nullopt;
}

Result<std::string> TokenCache::keep(Result<AccessToken> asked,
                                     std::chrono::system_clock::time_point asked_at) {
  auto state = state_.lock();
  state->asking = false;
  asked_.notify_all();
  if (asked) {
    const auto ahead =
        std::min<std::chrono::system_clock::duration>(kAhead, (asked->expires - asked_at) / 2);
    state->token = {.text = std::move(asked->text),
                    .refresh = asked->expires - ahead,
                    .expires = asked->expires};
    return state->token.text;
  }
  // That one caller had no more time is nothing that the others need to know.
  if (const ErrorCode code = asked.error().code;
      code != ErrorCode::cancelled && code != ErrorCode::deadline_exceeded) {
    ++state->failures;
    state->failure = asked.error();
  }
  const auto now = clock_.wall_now();
  if (!state->token.serves_at(now)) return fail(std::move(asked).error());
  state->token.refresh = now + kRefreshPause;
  return state->token.text;
}

void TokenCache::forget(std::string_view token) {
  auto state = state_.lock();
  if (state->token.text == token) state->token = {};
}

std::shared_ptr<TokenCache> TokenCaches::of(const Identities& identities,
                                            std::string_view resource) {
  const auto entries = entries_.lock();
  for (const Entry& entry : *entries) {
    if (entry.identities == identities && entry.resource == resource) return entry.cache;
  }
  entries->push_back({.identities = identities,
                      .resource = std::string(resource),
                      .cache = std::make_shared<TokenCache>(
                          make_token_source(identities, resource, options_), *options_.clock)});
  return entries->back().cache;
}

}  // namespace aloft::azure
