// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/authentication.h"

#include <algorithm>

#include "emulator/wire/digest.h"
#include "emulator/wire/shared_key.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::chrono::minutes kClockWindow{15};

tl::unexpected<ServiceError> not_authentic(std::string detail) {
  ServiceError error = make_error(Refusal::authentication_failed);
  error.details.emplace_back("AuthenticationErrorDetail", std::move(detail));
  return refuse(std::move(error));
}

Outcome<void> check_date(const http::Headers& headers, Seconds now) {
  const std::string_view text =
      headers.contains("ocp-date") ? headers.get("ocp-date") : headers.get("Date");
  const auto date = parse_http_date(text);
  if (!date) return not_authentic("The ocp-date or Date header is missing or malformed.");
  const auto difference = *date > now ? *date - now : now - *date;
  if (difference > kClockWindow) {
    return not_authentic("The request was made at '" + std::string(text) + "', more than 15 " +
                         "minutes from the time of the server, " + format_http_date(now) +
                         ": set the clock.");
  }
  return {};
}

/// As it was sent, also where it is 0; a POST without any has the length 0.
std::string_view signed_length(const http::Request& request) {
  const std::string_view value = request.headers.get("Content-Length");
  return value.empty() && request.method == http::Method::post ? "0" : value;
}

std::string canonical_fields(const http::Headers& headers) {
  std::vector<std::pair<std::string, std::string_view>> fields;
  for (const auto& [name, value] : headers) {
    std::string lower = lower_case(name);
    if (lower.starts_with("ocp-")) fields.emplace_back(std::move(lower), value);
  }
  std::ranges::sort(fields);
  std::string text;
  for (const auto& [name, value] : fields) (((text += name) += ':') += value) += '\n';
  return text;
}

}  // namespace

std::string shared_key_string(const Credentials& credentials, const http::Request& request,
                              const Target& target) {
  std::string text(http::name_of(request.method));
  text += '\n';
  const bool dated_by_ocp = request.headers.contains("ocp-date");
  for (const std::string_view name : kSharedKeyFields) {
    if (name == "Content-Length") {
      text += signed_length(request);
    } else if (name != "Date" || !dated_by_ocp) {
      text += request.headers.get(name);
    }
    text += '\n';
  }
  text += canonical_fields(request.headers);
  (text += '/') += credentials.account;
  text += target.path;
  for (const auto& [name, value] : target.query.sorted()) {
    (((text += '\n') += name) += ':') += value;
  }
  return text;
}

Outcome<void> authenticate(const Credentials& credentials, const http::Request& request,
                           const Target& target, Seconds now) {
  constexpr std::string_view kScheme = "SharedKey ";
  const std::string_view authorization = request.headers.get("Authorization");
  const std::size_t colon = authorization.rfind(':');
  if (request.headers.count("Authorization") != 1 || colon == std::string_view::npos) {
    return refuse(Refusal::invalid_authentication_info);
  }
  if (!authorization.starts_with(kScheme)) {
    return not_authentic("The emulator of Batch takes the scheme SharedKey only.");
  }
  const std::string_view account = authorization.substr(kScheme.size(), colon - kScheme.size());
  if (account != credentials.account) {
    return not_authentic("The emulator has the account '" + credentials.account + "' only.");
  }
  TRY(check_date(request.headers, now));
  const std::string to_sign = shared_key_string(credentials, request, target);
  const std::string expected = base64_encode(hmac_sha256(credentials.key, to_sign));
  if (!equal_secrets(expected, authorization.substr(colon + 1))) {
    return not_authentic("The signature is not that of this request with the key of '" +
                         credentials.account + "'. The server signed: '" + to_sign + "'.");
  }
  return {};
}

}  // namespace aloft::emulator::batch
