// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "azure/token_source.h"
#include "base/guarded.h"

namespace aloft::azure {

/// Keeps the token of one source until shortly before its end; one thread asks for the next, the
/// others go on with the old one or, where there is none, wait for it or for the failure of that
/// thread, which is then theirs. Safe from many threads at once.
class TokenCache {
 public:
  /// `clock` outlives it.
  explicit TokenCache(std::unique_ptr<TokenSource> source, Clock& clock = system_clock());

  /// Whose tokens they are.
  std::string name() const { return source_->name(); }

  /// A token that is valid for a while: a secret. Fails as TokenSource::request() does.
  Result<std::string> token(const Limits& limits);

  /// The service refuses this one: the next call gets another.
  void forget(std::string_view token);

 private:
  struct Kept {
    std::string text{};  ///< Empty: there is none.
    std::chrono::system_clock::time_point refresh{};
    std::chrono::system_clock::time_point expires{};

    bool serves_at(std::chrono::system_clock::time_point now) const;
  };
  struct State {
    Kept token;
    bool asking = false;  ///< A thread is under way.
    std::uint64_t failures = 0;
    Error failure{};  ///< The last one.
  };

  /// Nothing where it is the caller's turn to ask: keep() must follow.
  Result<std::optional<std::string>> kept_or_turn(const Limits& limits);
  Result<std::string> keep(Result<AccessToken> asked,
                           std::chrono::system_clock::time_point asked_at);

  const std::unique_ptr<TokenSource> source_;
  Clock& clock_;
  Guarded<State> state_;
  std::condition_variable_any asked_;
};

/// The caches of a program, one for each identity and resource, so that accounts that are used as
/// the same identity share its tokens. Safe from many threads at once.
class TokenCaches {
 public:
  explicit TokenCaches(TokenSourceOptions options = {}) : options_(options) {}

  std::shared_ptr<TokenCache> of(const Identities& identities, std::string_view resource);

 private:
  struct Entry {
    Identities identities;
    std::string resource;
    std::shared_ptr<TokenCache> cache;
  };

  const TokenSourceOptions options_;
  Guarded<std::vector<Entry>> entries_;
};

}  // namespace aloft::azure
