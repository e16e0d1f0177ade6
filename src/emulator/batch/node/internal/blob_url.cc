// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/internal/blob_url.h"

#include "emulator/wire/query.h"
#include "http/loopback.h"

namespace aloft::emulator::batch {

BlobUrl BlobUrl::blob(std::string_view name) const {
  BlobUrl url = *this;
  url.path += "/" + percent_encode(name);
  return url;
}

std::string BlobUrl::target(std::string_view parameters) const {
  std::string text = path.empty() ? "/" : path;
  char separator = '?';
  for (const std::string_view part : {std::string_view(query), parameters}) {
    if (part.empty()) continue;
    (text += separator) += part;
    separator = '&';
  }
  return text;
}

std::string BlobUrl::shown() const {
  return http::to_string(endpoint) + path;
}

bool BlobUrl::is_safe() const {
  return endpoint.tls || http::is_loopback(endpoint.host);
}

Result<BlobUrl> parse_blob_url(std::string_view text) {
  http::Url url = TRY(http::parse_url(text));
  BlobUrl parsed{.endpoint = std::move(url.endpoint),
                 .path = std::move(url.path),
                 .query = std::move(url.query)};
  while (parsed.path.ends_with('/')) parsed.path.pop_back();
  return parsed;
}

}  // namespace aloft::emulator::batch
