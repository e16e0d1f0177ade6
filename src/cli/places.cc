// SPDX-License-Identifier: Apache-2.0
#include "cli/places.h"

#include "object/azure/open_accounts.h"

namespace aloft::cli {

Places::Places(const Context& context) : open_account_(open_azure_accounts(context.environment)) {}

Result<std::shared_ptr<ObjectAccount>> Places::account(std::string_view name) {
  return open_account_(name);
}

Result<transfer::Place> Places::place(const azure::BlobUri& uri) {
  if (uri.container.empty()) {
    return fail(ErrorCode::invalid_argument, azure::to_string(uri) +
                                                 " names an account; name a container too: "
                                                 "az://ACCOUNT/CONTAINER[/PATH]");
  }
  const auto opened = TRY(account(uri.account));
  return transfer::Place{.store = opened->container(uri.container), .path = uri.key};
}

Result<transfer::Place> Places::place(const std::string& text) {
  if (azure::looks_like_blob_uri(text)) return place(TRY(azure::parse_blob_uri(text)));
  for (const std::string_view scheme : {"https://", "http://", "az:"}) {
    if (!text.starts_with(scheme)) continue;
    return fail(ErrorCode::invalid_argument,
                text +
                    " is not of the form az://ACCOUNT/CONTAINER/PATH (if it is a file of this "
                    "machine, write ./" +
                    text + ")");
  }
  return transfer::Place{.path = text};
}

Result<std::vector<transfer::Place>> Places::places(const std::vector<std::string>& texts) {
  std::vector<transfer::Place> result;
  for (const std::string& text : texts) result.push_back(TRY(place(text)));
  return result;
}

Result<azure::BlobUri> require_uri(const std::string& text, std::string_view instead) {
  if (azure::looks_like_blob_uri(text)) return azure::parse_blob_uri(text);
  return fail(ErrorCode::invalid_argument,
              text + " is a path of this machine; use " + std::string(instead) +
                  ", or name what is in a container as az://ACCOUNT/CONTAINER/PATH");
}

}  // namespace aloft::cli
