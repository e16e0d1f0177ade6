// SPDX-License-Identifier: Apache-2.0
#include "azure/managed_identity.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "azure/encoding.h"
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

/// The service is on this machine's link: it must not be asked through a proxy, and where it does
/// not answer soon there is none.
http::ClientOptions client_options() {
  return {.connect_time_max = std::chrono::milliseconds(2'000),
          .stall_time_max = std::chrono::milliseconds(30'000),
          .use_proxies = false};
}

std::string name_of(const ManagedIdentity& identity) {
  return identity.client_id.empty()
             ? std::string("the machine's managed identity")
             : fmt::format("the managed identity with client_id {}", identity.client_id);
}

std::string text_of(const nlohmann::json& document, const char* name) {
  const auto found = document.find(name);
  if (found == document.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? std::to_string(found->get<std::int64_t>()) : "";
}

/// Times are texts in what the metadata service says, and numbers in what its imitations say.
std::optional<seconds> seconds_of(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds(value);
}

tl::unexpected<Error> refused(const http::Answer& answer, const ManagedIdentity& identity) {
  constexpr std::size_t kWordsMax = 300;
  const auto document = nlohmann::json::parse(answer.text, nullptr, false);
  const std::string words =
      document.is_object() ? text_of(document, "error_description").substr(0, kWordsMax) : "";
  const std::string what =
      fmt::format("{} gives no token for {} ({}{}{})", identity.authority, name_of(identity),
                  answer.status, words.empty() ? "" : ": ", words);
  // 404 while the service is being updated, 410 while it restarts, as its documentation says.
  if (answer.status == 429) return fail(ErrorCode::throttled, what);
  if (answer.status == 404 || answer.status == 410 || answer.status >= 500) {
    return fail(ErrorCode::unavailable, what);
  }
  return fail(ErrorCode::permission_denied,
              what +
                  "; give the machine or pool an identity, or name one that it has by client_id "
                  "in the accounts file");
}

}  // namespace

bool ManagedIdentityTokens::Token::serves_at(std::chrono::system_clock::time_point now) const {
  return !text.empty() && now < expires - kSpare;
}

ManagedIdentityTokens::ManagedIdentityTokens(ManagedIdentity identity, std::string_view resource,
                                             Clock& clock)
    : identity_(std::move(identity)),
      resource_(resource),
      clock_(clock),
      client_(client_options()) {}

Result<std::string> ManagedIdentityTokens::token(const Limits& limits) {
  if (auto kept = TRY(kept_or_turn(limits))) return std::move(*kept);
  return keep(ask(limits));
}

Result<std::optional<std::string>> ManagedIdentityTokens::kept_or_turn(const Limits& limits) {
  auto state = state_.lock();
  for (;;) {
    const auto now = clock_.wall_now();
    const bool serves = state->token.serves_at(now);
    if (serves && (now < state->token.refresh || state->asking)) return state->token.text;
    if (!state->asking) break;
    TRY(wait_until(asked_, state, limits, "waiting for a token", [&] { return !state->asking; }));
  }
  state->asking = true;
  return std::nullopt;
}

Result<std::string> ManagedIdentityTokens::keep(Result<Token> asked) {
  auto state = state_.lock();
  state->asking = false;
  asked_.notify_all();
  if (asked) {
    state->token = std::move(*asked);
    return state->token.text;
  }
  const auto now = clock_.wall_now();
  if (!state->token.serves_at(now)) return fail(std::move(asked).error());
  state->token.refresh = now + kRefreshPause;
  return state->token.text;
}

void ManagedIdentityTokens::forget(std::string_view token) {
  auto state = state_.lock();
  if (state->token.text == token) state->token = {};
}

Result<ManagedIdentityTokens::Token> ManagedIdentityTokens::ask(const Limits& limits) {
  const ServiceEndpoint authority = TRY(parse_service_endpoint(identity_.authority));
  http::Exchange exchange;
  exchange.endpoint = authority.server;
  exchange.target = fmt::format(
      "{}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={}{}{}",
      authority.base_path, encode_query_value(resource_),
      identity_.client_id.empty() ? "" : "&client_id=", encode_query_value(identity_.client_id));
  exchange.headers.add("Metadata", "true");
  const auto asked_at = clock_.wall_now();
  if (const auto performed = client_.perform(exchange, limits); !performed) {
    return fail(performed.error().code,
                fmt::format("no token for {}: {} (only machines of Azure that have an identity "
                            "give tokens)",
                            name_of(identity_), performed.error().message));
  }
  if (exchange.answer.status != 200) return refused(exchange.answer, identity_);
  const auto document = nlohmann::json::parse(exchange.answer.text, nullptr, false);
  const bool is_object = document.is_object();
  std::string text = is_object ? text_of(document, "access_token") : "";
  const auto lifetime = seconds_of(is_object ? text_of(document, "expires_in") : "");
  if (text.empty() || !http::is_field_value(text) || !lifetime || *lifetime <= seconds(0)) {
    return fail(ErrorCode::corrupt, fmt::format("the answer of {} about {} is no token",
                                                identity_.authority, name_of(identity_)));
  }
  const auto expires = asked_at + *lifetime;
  return Token{.text = std::move(text),
               .refresh = expires - std::min(kAhead, *lifetime / 2),
               .expires = expires};
}

}  // namespace aloft::azure
