// SPDX-License-Identifier: Apache-2.0
#include "object/azure/account_probe.h"

#include "azure/encoding.h"
#include "azure/names/blob_names.h"
#include "object/azure/internal/blob_service.h"

namespace aloft {
namespace {

Result<void> list_one(const internal::BlobService& service, std::string_view path,
                      std::string_view query, std::string_view verb, const Limits& limits) {
  const std::string uri = "az://" + service.account_name() + azure::decode_percent(path);
  http::Exchange exchange;
  service.begin(exchange, http::Method::get, path, query);
  return service.expect(exchange, 200, {verb, uri}, limits);
}

Result<void> list_blob(const internal::BlobService& service, std::string_view container,
                       const Limits& limits) {
  TRY(azure::check_container_name(container));
  return list_one(service, "/" + azure::encode_path(container),
                  "restype=container&comp=list&maxresults=1", "listing", limits);
}

/// Of an account, or of a container.
Result<void> ask_data_lake(const internal::BlobService& service, std::string_view path,
                           const Limits& limits) {
  const std::string uri = "az://" + service.account_name() + azure::decode_percent(path);
  http::Exchange exchange;
  if (path.empty()) {
    TRY(service.begin_path(exchange, http::Method::get, "/", "resource=account&maxResults=1"));
  } else {
    TRY(service.begin_path(exchange, http::Method::head, path, "resource=filesystem"));
  }
  return service.expect(exchange, 200, {"asking the Data Lake service of", uri}, limits);
}

}  // namespace

AccountProbe probe_account(const azure::Account& account, std::shared_ptr<http::Client> client,
                           std::string_view container, const Limits& limits) {
  const internal::BlobService service(account, std::move(client), system_clock());
  AccountProbe probe;
  probe.containers =
      list_one(service, "/", "comp=list&maxresults=1", "listing the containers of", limits);
  if (!container.empty()) probe.blobs = list_blob(service, container, limits);
  const std::string path = container.empty() ? "" : "/" + azure::encode_path(container);
  if (service.hierarchical(path, limits).value_or(false)) {
    probe.data_lake = ask_data_lake(service, path, limits);
  }
  probe.credential = service.authorizer().credential_name();
  return probe;
}

}  // namespace aloft
