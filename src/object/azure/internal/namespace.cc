// SPDX-License-Identifier: Apache-2.0
// Which kind of names an account has, and where its Data Lake service answers.
#include <fmt/core.h>

#include "azure/version.h"
#include "object/azure/internal/blob_service.h"

namespace aloft::internal {
namespace {

/// How long a refusal to say what kind of account it is counts as the answer.
constexpr auto kRefusalKept = std::chrono::minutes(1);

/// Faults of service or network, after which the question stands.
bool says_nothing(const http::Answer& answer) {
  return answer.status >= 500 || answer.status == 429 || answer.status == 408;
}

}  // namespace

Result<void> BlobService::begin_path(http::Exchange& exchange, http::Method method,
                                     std::string_view path, std::string_view query) const {
  const auto endpoint =
      account_.dfs_endpoint ? account_.dfs_endpoint : dfs_endpoint_beside(account_.endpoint);
  if (!endpoint) {
    return fail(ErrorCode::unsupported,
                fmt::format("nobody knows where the Data Lake service of {} answers; set "
                            "dfs_endpoint in [account.{}], or DfsEndpoint in its connection string",
                            account_.name, account_.name));
  }
  begin_at(*endpoint, exchange, method, path, query);
  return {};
}

std::string BlobService::rename_source(std::string_view path) const {
  std::string source(path);
  if (const auto* const sas = std::get_if<azure::SasToken>(&account_.credential)) {
    source.append("?").append(sas->query);
  }
  return source;
}

void BlobService::keep_less_access(AccessKept kept) const {
  AccessKept present = access_kept_;
  while (present < kept && !access_kept_.compare_exchange_weak(present, kept)) {
  }
}

Result<bool> BlobService::hierarchical(std::string_view container, const Limits& limits) const {
  const auto now = clock_.now();
  if (const auto known = *kind_.lock(); known && now < known->ask_again) return known->hierarchical;
  const AccountKind kind = TRY(ask_kind(container, limits));
  *kind_.lock() = kind;
  return kind.hierarchical;
}

/// Get Account Information says it, to keys and to any SAS. Other credentials see it by what List
/// Blobs takes: flat accounts refuse to include permissions.
Result<BlobService::AccountKind> BlobService::ask_kind(std::string_view container,
                                                       const Limits& limits) const {
  const std::string uri = fmt::format("az://{}", account_.name);
  const Doing doing{"asking what kind of account is", uri};
  http::Exchange exchange;
  begin(exchange, http::Method::head, container, "restype=account&comp=properties");
  Result<void> performed = perform(exchange, limits);
  if (performed && exchange.answer.status == 200) {
    return AccountKind{exchange.answer.headers.get("x-ms-is-hns-enabled") == "true"};
  }
  if (performed && !says_nothing(exchange.answer)) {
    begin(exchange, http::Method::get, container,
          "restype=container&comp=list&include=permissions&maxresults=1");
    performed = perform(exchange, limits);
  }
  if (!performed) return fail(error_of_transport(std::move(performed).error(), doing));
  if (says_nothing(exchange.answer)) return fail(error_of_answer(exchange.answer, doing));
  const int status = exchange.answer.status;
  // A missing container has no answer; a role that was granted a moment ago takes minutes to count.
  if (status == 404) return AccountKind{false, clock_.now()};
  if (status == 401 || status == 403) return AccountKind{false, clock_.now() + kRefusalKept};
  return AccountKind{status == 200};
}

}  // namespace aloft::internal
