// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <optional>
#include <string>
#include <string_view>

#include "azure/account.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/limits.h"
#include "http/client.h"

namespace aloft::azure {

/// What a token for Azure Storage is asked for.
inline constexpr std::string_view kStorageResource = "https://storage.azure.com/";

/// The tokens of a managed identity for one service, from the instance metadata service. A token is
/// kept until shortly before its end; one thread asks for the next, the others go on with the old
/// one or wait. Safe from many threads at once.
class ManagedIdentityTokens {
 public:
  /// `clock` outlives it.
  ManagedIdentityTokens(ManagedIdentity identity, std::string_view resource,
                        Clock& clock = system_clock());

  /// A token that is valid for a while: a secret, never to be logged. One attempt, which the
  /// metadata service asks to repeat when it fails with unavailable or throttled. Fails with
  /// permission_denied where the machine has no such identity, invalid_argument where the authority
  /// is no URL, corrupt where the answer makes no sense, and as Limits::check() does.
  Result<std::string> token(const Limits& limits);

  /// The service refuses this one: the next call gets another.
  void forget(std::string_view token);

 private:
  struct Token {
    std::string text{};  ///< Empty: there is none.
    std::chrono::system_clock::time_point refresh{};
    std::chrono::system_clock::time_point expires{};

    bool serves_at(std::chrono::system_clock::time_point now) const;
  };
  struct State {
    Token token;
    bool asking = false;  ///< A thread is under way.
  };

  /// Nothing where it is the caller's turn to ask: keep() must follow.
  Result<std::optional<std::string>> kept_or_turn(const Limits& limits);
  Result<Token> ask(const Limits& limits);
  Result<std::string> keep(Result<Token> asked);

  const ManagedIdentity identity_;
  const std::string resource_;
  Clock& clock_;
  http::Client client_;
  Guarded<State> state_;
  std::condition_variable_any asked_;
};

}  // namespace aloft::azure
