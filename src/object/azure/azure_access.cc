// SPDX-License-Identifier: Apache-2.0
// Owner, group and permissions of accounts with a hierarchical namespace, which keep them natively:
// a second request behind each write that carries them.
#include "object/azure/azure_store.h"
#include "object/azure/internal/blob_answer.h"
#include "object/azure/internal/blob_service.h"

namespace aloft {

using internal::AccessKept;
using internal::Doing;
using internal::NativeAccess;

Result<PutResult> AzureStore::with_access(std::string_view key, const Metadata& metadata,
                                          const Limits& limits, const Write& write) {
  return with_access(service_->access_kept(), key, metadata, limits, write);
}

Result<PutResult> AzureStore::with_access(AccessKept kept, std::string_view key,
                                          const Metadata& metadata, const Limits& limits,
                                          const Write& write) {
  const auto access = internal::access_of(metadata, kept);
  if (!access || !TRY(hierarchical(limits))) return write(metadata);
  const Metadata others = internal::without_access(metadata, *access);
  Result<PutResult> written = write(others);
  if (!written) written = earlier_write(key, others, std::move(written).error(), limits);
  const PutResult made = TRY(std::move(written));
  return set_access(key, metadata, *access, made, limits);
}

/// What refuses a repeated write may be what an attempt before it wrote. RetryingStore would take
/// that for done, but what it wrote has its access still to come.
Result<PutResult> AzureStore::earlier_write(std::string_view key, const Metadata& metadata,
                                            Error refusal, const Limits& limits) {
  const bool conflict =
      refusal.code == ErrorCode::precondition_failed || refusal.code == ErrorCode::already_exists;
  const auto commit = metadata.find(kCommitKey);
  if (!conflict || commit == metadata.end()) return fail(std::move(refusal));
  const auto present = head(key, limits);
  if (!present && present.error().code != ErrorCode::not_found) return fail(present.error());
  if (!present) return fail(std::move(refusal));
  const auto theirs = present->metadata.find(kCommitKey);
  const bool ours = theirs != present->metadata.end() && theirs->second == commit->second;
  if (!ours) return fail(std::move(refusal));
  return PutResult{.etag = present->etag, .last_modified = present->last_modified};
}

/// Where these credentials may not set it, the metadata keep it, from here on once that is done. A
/// failure of service or network is that of the write: its repeat finds what was written and comes
/// here again.
Result<PutResult> AzureStore::set_access(std::string_view key, const Metadata& metadata,
                                         const NativeAccess& access, const PutResult& made,
                                         const Limits& limits) {
  const std::string name = uri(key);
  const Doing doing{"setting owner and permissions of", name};
  http::Exchange exchange;
  Result<void> set =
      service_->begin_path(exchange, http::Method::patch, path(key), "action=setAccessControl");
  if (set) {
    if (!access.owner.empty()) exchange.headers.add("x-ms-owner", access.owner);
    if (!access.group.empty()) exchange.headers.add("x-ms-group", access.group);
    exchange.headers.add("x-ms-permissions", access.permissions);
    internal::add_conditions(exchange.headers, {.if_match = made.etag});
    exchange.repeatable = false;  // The second one would find another version: its own.
    set = service_->expect(exchange, 200, doing, limits);
  }
  if (set) return internal::parse_put_result(exchange.answer).value_or(made);
  const bool ids = !access.owner.empty() || !access.group.empty();
  AccessKept less = AccessKept::nothing;
  switch (set.error().code) {
    case ErrorCode::precondition_failed:  // Somebody has written it since: theirs counts.
    case ErrorCode::not_found:
      return made;
    case ErrorCode::invalid_argument:
      if (ids) less = AccessKept::permissions;
      break;
    case ErrorCode::permission_denied:
    case ErrorCode::unsupported:
      break;
    default:
      return fail(std::move(set).error());
  }
  auto kept = with_access(less, key, metadata, limits, [&](const Metadata& others) {
    return write_metadata(key, others, {.if_match = made.etag}, limits);
  });
  if (kept) service_->keep_less_access(less);
  return kept;
}

}  // namespace aloft
