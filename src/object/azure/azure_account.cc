// SPDX-License-Identifier: Apache-2.0
#include "object/azure/azure_account.h"

#include <fmt/core.h>

#include <iterator>

#include "azure/encoding.h"
#include "azure/names/blob_names.h"
#include "object/azure/azure_store.h"
#include "object/azure/internal/blob_service.h"
#include "object/azure/internal/blob_xml.h"

namespace aloft {
namespace {

std::string path_of(std::string_view container) {
  return "/" + azure::encode_path(container);
}

}  // namespace

AzureAccount::AzureAccount(azure::Account account, std::shared_ptr<http::Client> client,
                           Clock& clock, std::shared_ptr<azure::TokenCaches> tokens,
                           const ConcurrencyOptions& concurrency)
    : service_(std::make_shared<const internal::BlobService>(
          std::move(account), std::move(client), clock, std::move(tokens), concurrency)) {}

std::string AzureAccount::uri(std::string_view name) const {
  return fmt::format("az://{}/{}", service_->account_name(), name);
}

std::shared_ptr<ObjectStore> AzureAccount::container(std::string_view name) {
  return std::make_shared<AzureStore>(service_, std::string(name));
}

Result<void> AzureAccount::create_container(std::string_view name, const Limits& limits) {
  TRY(azure::check_container_name(name));
  const std::string named = uri(name);
  http::Exchange exchange;
  service_->begin(exchange, http::Method::put, path_of(name), "restype=container");
  exchange.repeatable = false;
  return service_->expect(exchange, 201, {"creating the container", named}, limits);
}

Result<void> AzureAccount::remove_container(std::string_view name, const Limits& limits) {
  TRY(azure::check_container_name(name));
  const std::string named = uri(name);
  http::Exchange exchange;
  service_->begin(exchange, http::Method::delete_, path_of(name), "restype=container");
  exchange.repeatable = false;
  return service_->expect(exchange, 202, {"removing the container", named}, limits);
}

Result<std::vector<std::string>> AzureAccount::list_containers(const Limits& limits) {
  const std::string named = uri("");
  const internal::Doing doing{"listing the containers of", named};
  std::vector<std::string> names;
  std::string marker;
  do {
    http::Exchange exchange;
    service_->begin(
        exchange, http::Method::get, "/",
        marker.empty() ? "comp=list" : "comp=list&marker=" + azure::encode_query_value(marker));
    exchange.text_bytes_max = 64u << 20;
    TRY(service_->expect(exchange, 200, doing, limits));
    auto page = internal::parse_container_listing(exchange.answer.text);
    if (!page) return fail(senseless(exchange.answer, doing, "it is no listing"));
    std::ranges::move(page->names, std::back_inserter(names));
    marker = std::move(page->next_marker);
  } while (!marker.empty());
  return names;
}

Result<bool> AzureAccount::container_exists(std::string_view name, const Limits& limits) {
  TRY(azure::check_container_name(name));
  const std::string named = uri(name);
  http::Exchange exchange;
  service_->begin(exchange, http::Method::head, path_of(name), "restype=container");
  const Result<void> looked =
      service_->expect(exchange, 200, {"looking at the container", named}, limits);
  if (looked) return true;
  if (looked.error().code == ErrorCode::not_found) return false;
  return fail(looked.error());
}

}  // namespace aloft
