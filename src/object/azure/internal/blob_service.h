// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "azure/account.h"
#include "azure/authorizer.h"
#include "base/guarded.h"
#include "base/limits.h"
#include "http/client.h"
#include "object/azure/internal/azure_error.h"
#include "object/azure/internal/native_access.h"
#include "object/concurrency_limiter.h"
#include "object/lateness.h"
#include "object/object_store.h"

namespace aloft::internal {

/// What an account and its stores share: whom to ask, as whom, over which client. Safe from many
/// threads at once.
class BlobService {
 public:
  BlobService(azure::Account account, std::shared_ptr<http::Client> client, Clock& clock,
              std::shared_ptr<azure::TokenCaches> tokens = nullptr,
              const ConcurrencyOptions& concurrency = {});

  const std::string& account_name() const { return account_.name; }
  const azure::ServiceEndpoint& endpoint() const { return account_.endpoint; }
  const azure::Authorizer& authorizer() const { return authorizer_; }
  Clock& clock() const { return clock_; }

  /// Makes `exchange` a request for a path below the account ("/container/key", encoded) with a
  /// query ("comp=list", or empty).
  void begin(http::Exchange& exchange, http::Method method, std::string_view path,
             std::string_view query = {}) const;

  /// The same for the Data Lake service of the account. Fails with unsupported where nobody knows
  /// where it answers.
  Result<void> begin_path(http::Exchange& exchange, http::Method method, std::string_view path,
                          std::string_view query = {}) const;
  /// What names a path of this account ("/container/key", encoded) as one to rename: with the SAS,
  /// where that is the credential.
  std::string rename_source(std::string_view path) const;

  /// Whether the account has a hierarchical namespace; asked about `container` ("/container",
  /// encoded) until an answer says so, then kept. False where these credentials cannot find out.
  Result<bool> hierarchical(std::string_view container, const Limits& limits) const;

  /// How much of owner and permissions the account takes, as far as requests have shown; it only
  /// becomes less.
  AccessKept access_kept() const { return access_kept_; }
  void keep_less_access(AccessKept kept) const;

  /// Authorizes and performs; the last step. Fails as Authorizer and client do; any answer is a
  /// success here. What is refused for a token that does not serve any more is sent once more. All
  /// requests of an account share the places of one ConcurrencyLimiter.
  Result<void> perform(http::Exchange& exchange, const Limits& limits) const;
  void perform(std::span<http::Exchange* const> exchanges, const Limits& limits) const;

  /// Exchange::late_after of a small read (Lateness::kReadBytesMax). Those that have it are what
  /// the next ones are measured by.
  std::chrono::nanoseconds late_after() const { return lateness_->late_after(); }

  /// Performs, and fails with the service's error unless the answer has `status`.
  Result<void> expect(http::Exchange& exchange, int status, const Doing& doing,
                      const Limits& limits) const;

  /// As expect() with 201, for a request whose body is content: the service compares what arrived
  /// with its checksum (x-ms-content-crc64 of Put Blob and Put Block, since version 2019-02-02),
  /// and what was damaged on the way fails as unavailable. An endpoint that does not take the
  /// header (Azurite) is asked once, and then gets content without it. `crc64`: if it is known.
  Result<void> upload(http::Exchange& exchange, std::optional<std::uint64_t> crc64,
                      const Doing& doing, const Limits& limits) const;

 private:
  struct AccountKind {
    bool hierarchical = false;
    Clock::time_point ask_again = Clock::time_point::max();
  };
  Result<AccountKind> ask_kind(std::string_view container, const Limits& limits) const;
  void begin_at(const azure::ServiceEndpoint& endpoint, http::Exchange& exchange,
                http::Method method, std::string_view path, std::string_view query) const;
  void send(std::span<http::Exchange* const> exchanges, const Limits& limits) const;

  const azure::Account account_;
  const azure::Authorizer authorizer_;
  const std::shared_ptr<http::Client> client_;
  const std::unique_ptr<ConcurrencyLimiter> limiter_;
  const std::unique_ptr<Lateness> lateness_;
  Clock& clock_;
  mutable Guarded<std::optional<AccountKind>> kind_;
  mutable std::atomic<AccessKept> access_kept_ = AccessKept::all;
  mutable std::atomic<bool> takes_checksums_ = true;
};

/// Names what a copy reads. Fails with permission_denied rather than send the source's token where
/// it must not be seen.
Result<void> add_source(http::Exchange& exchange, const SourceRef& source);
void add_conditions(http::Headers& headers, const Conditions& conditions);
void add_metadata(http::Headers& headers, const Metadata& metadata);
void add_properties(http::Headers& headers, const ContentProperties& properties);

}  // namespace aloft::internal
