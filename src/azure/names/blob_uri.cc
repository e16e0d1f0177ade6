// SPDX-License-Identifier: Apache-2.0
#include "azure/names/blob_uri.h"

#include <utility>

#include "azure/names/blob_names.h"

namespace aloft::azure {
namespace {

constexpr std::string_view kScheme = "az://";

/// Splits at the first "/"; the second half is empty where there is none.
std::pair<std::string_view, std::string_view> split(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {text, {}};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

Error explain(std::string_view text, const std::string& why) {
  return {.code = ErrorCode::invalid_argument,
          .message = "\"" + std::string(text) + "\" is not az://ACCOUNT/CONTAINER/PATH: " + why};
}

}  // namespace

bool looks_like_blob_uri(std::string_view text) {
  return text.starts_with(kScheme);
}

Result<BlobUri> parse_blob_uri(std::string_view text) {
  if (!looks_like_blob_uri(text)) return fail(explain(text, "it must begin with az://"));
  const auto [account, behind_account] = split(text.substr(kScheme.size()));
  const auto [container, key] = split(behind_account);
  if (account.empty()) return fail(explain(text, "the account is missing"));
  if (const auto good = check_account_name(account); !good) {
    return fail(explain(text, good.error().message));
  }
  if (container.empty() && !key.empty()) return fail(explain(text, "the container is missing"));
  if (!container.empty()) {
    if (const auto good = check_container_name(container); !good) {
      return fail(explain(text, good.error().message));
    }
  }
  return BlobUri{std::string(account), std::string(container), std::string(key)};
}

std::string to_string(const BlobUri& uri) {
  std::string text = std::string(kScheme) + uri.account;
  if (!uri.container.empty()) text += "/" + uri.container;
  if (!uri.key.empty()) text += "/" + uri.key;
  return text;
}

}  // namespace aloft::azure
