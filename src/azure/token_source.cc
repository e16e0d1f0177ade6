// SPDX-License-Identifier: Apache-2.0
#include "azure/token_source.h"

#include <fmt/core.h>

#include <atomic>

#include "azure/internal/azure_cli_source.h"
#include "azure/internal/entra_source.h"
#include "azure/internal/managed_identity_source.h"

namespace aloft::azure {
namespace {

struct Make {
  std::string_view resource;
  const TokenSourceOptions& options;

  std::unique_ptr<TokenSource> operator()(const ServicePrincipal& identity) const {
    return std::make_unique<internal::EntraSource>(identity, resource, options);
  }
  std::unique_ptr<TokenSource> operator()(const WorkloadIdentity& identity) const {
    return std::make_unique<internal::EntraSource>(identity, resource, options);
  }
  std::unique_ptr<TokenSource> operator()(const ManagedIdentity& identity) const {
    return std::make_unique<internal::ManagedIdentitySource>(identity, resource, *options.clock);
  }
  std::unique_ptr<TokenSource> operator()(const AzureCli& identity) const {
    return std::make_unique<internal::AzureCliSource>(identity, resource, options);
  }
};

bool is_not_there(const Error& error) {
  return error.code == ErrorCode::permission_denied || error.code == ErrorCode::not_found;
}

/// The first of several that gives a token.
class FirstSource final : public TokenSource {
 public:
  explicit FirstSource(std::vector<std::unique_ptr<TokenSource>> sources)
      : sources_(std::move(sources)) {}

  std::string name() const override {
    if (const TokenSource* const chosen = chosen_) return chosen->name();
    std::string names;
    for (const auto& source : sources_) {
      names += (names.empty() ? "" : " or ") + source->name();
    }
    return names;
  }

  Result<AccessToken> request(const Limits& limits) override {
    if (TokenSource* const chosen = chosen_) return chosen->request(limits);
    Error refusals{.code = ErrorCode::permission_denied, .message = "no identity gives a token"};
    for (const auto& source : sources_) {
      auto token = source->request(limits);
      if (token) chosen_ = source.get();
      if (token || !is_not_there(token.error())) return token;
      refusals.message += fmt::format("; {}", token.error().message);
    }
    return fail(std::move(refusals));
  }

 private:
  const std::vector<std::unique_ptr<TokenSource>> sources_;
  std::atomic<TokenSource*> chosen_ = nullptr;
};

}  // namespace

std::unique_ptr<TokenSource> make_token_source(const Identities& identities,
                                               std::string_view resource,
                                               const TokenSourceOptions& options) {
  std::vector<std::unique_ptr<TokenSource>> sources;
  for (const Identity& identity : identities.in_order) {
    sources.push_back(std::visit(Make{resource, options}, identity));
  }
  CHECK(!sources.empty());
  if (sources.size() == 1) return std::move(sources.front());
  return std::make_unique<FirstSource>(std::move(sources));
}

}  // namespace aloft::azure
