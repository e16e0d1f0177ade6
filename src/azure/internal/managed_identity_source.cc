// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/managed_identity_source.h"

#include <fmt/core.h>

#include "azure/account.h"
#include "azure/encoding.h"
#include "azure/internal/token_answer.h"

namespace aloft::azure::internal {
namespace {

/// The service is on this machine's link: it must not be asked through a proxy, and where it does
/// not answer soon there is none.
http::ClientOptions client_options() {
  return {.connect_time_max = std::chrono::milliseconds(2'000),
          .first_byte_time_max = std::chrono::milliseconds(30'000),
          .stall_time_max = std::chrono::milliseconds(30'000),
          .use_proxies = false};
}

tl::unexpected<Error> refused(const http::Answer& answer, const ManagedIdentity& identity) {
  const std::string words = refusal_words(answer);
  const std::string what =
      fmt::format("{} gives no token for {} ({}{}{})", identity.authority,
                  name_of(Identity(identity)), answer.status, words.empty() ? "" : ": ", words);
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

ManagedIdentitySource::ManagedIdentitySource(ManagedIdentity identity, std::string_view resource,
                                             Clock& clock)
    : identity_(std::move(identity)),
      resource_(resource),
      clock_(clock),
      client_(client_options()) {}

Result<AccessToken> ManagedIdentitySource::request(const Limits& limits) {
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
                            name(), performed.error().message));
  }
  if (exchange.answer.status != 200) return refused(exchange.answer, identity_);
  return parse_token(exchange.answer.text, asked_at, identity_.authority, name());
}

}  // namespace aloft::azure::internal
