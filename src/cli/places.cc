// SPDX-License-Identifier: Apache-2.0
#include "cli/places.h"

#include <algorithm>
#include <iterator>

#include "object/azure/open_accounts.h"
#include "object/throttled_store.h"
#include "transfer/glob.h"

namespace aloft::cli {

Places::Places(const Context& context, std::uint64_t bytes_per_second)
    : open_account_(open_azure_accounts(context.environment)) {
  if (bytes_per_second == 0) return;
  bandwidth_ = std::make_shared<TokenBucket>(bytes_per_second, system_clock());
}

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
  std::shared_ptr<ObjectStore> store = opened->container(uri.container);
  if (bandwidth_) store = std::make_shared<ThrottledStore>(std::move(store), bandwidth_);
  return transfer::Place{.store = std::move(store), .path = uri.key};
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

Result<std::vector<std::string>> Places::expand(const std::string& text, const Limits& limits) {
  const std::vector<std::string> itself{text};
  if (!azure::looks_like_blob_uri(text)) return itself;
  const azure::BlobUri uri = TRY(azure::parse_blob_uri(text));
  if (!transfer::has_wildcards(uri.key)) return itself;
  const transfer::Place named = TRY(place(uri));
  transfer::ObjectTree tree(named.store);
  const auto literal = tree.look(TRY(transfer::normalized(uri.key)), limits);
  if (literal) return itself;
  if (literal.error().code != ErrorCode::not_found) return fail(literal.error());
  std::vector<std::string> found;
  for (const std::string& path : TRY(transfer::find_matching(tree, uri.key, limits))) {
    found.push_back(tree.name_of(path));
  }
  return found.empty() ? itself : found;
}

Result<std::vector<std::string>> Places::expand(const std::vector<std::string>& texts,
                                                const Limits& limits) {
  std::vector<std::string> all;
  for (const std::string& text : texts) {
    std::ranges::move(TRY(expand(text, limits)), std::back_inserter(all));
  }
  return all;
}

bool for_each_named(Context& context, Places& places, const std::vector<std::string>& texts,
                    const Interruption& interruption,
                    const std::function<Result<void>(const std::string& text)>& perform) {
  for (const std::string& text : texts) {
    const auto named = places.expand(text, interruption.limits());
    if (!named && !report_and_go_on(context, named.error(), interruption)) return false;
    if (!named) continue;
    for (const std::string& name : *named) {
      const auto done = perform(name);
      if (!done && !report_and_go_on(context, done.error(), interruption)) return false;
    }
  }
  return true;
}

Result<azure::BlobUri> require_uri(const std::string& text, std::string_view instead) {
  if (azure::looks_like_blob_uri(text)) return azure::parse_blob_uri(text);
  return fail(ErrorCode::invalid_argument,
              text + " is a path of this machine; use " + std::string(instead) +
                  ", or name what is in a container as az://ACCOUNT/CONTAINER/PATH");
}

}  // namespace aloft::cli
