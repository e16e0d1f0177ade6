// SPDX-License-Identifier: Apache-2.0
#include "emulator/dfs/service.h"

#include "emulator/blob/cors.h"
#include "emulator/blob/names.h"
#include "emulator/blob/pending_copies.h"
#include "emulator/blob/request_fields.h"
#include "emulator/dfs/errors.h"
#include "emulator/wire/uuid.h"

namespace aloft::emulator::dfs {

using blob::Refusal;

Outcome<blob::Target> parse_target(std::string_view account, std::string_view text) {
  blob::Target target = TRY(blob::parse_target(text));
  if (target.account == account) return target;
  std::string sent = std::move(target.path);
  target = TRY(blob::parse_target("/" + std::string(account) + std::string(text)));
  // It is signed as it was sent.
  target.path = std::move(sent);
  return target;
}

Service::Service(blob::Account account, blob::Repository& repository)
    : account_(std::move(account)),
      repository_(repository),
      counts_(blob::RequestCounts::names_in(all_operations())) {}

bool Service::takes(const http::Request& request, Endpoint endpoint) {
  using enum http::Method;
  if (request.method == options) return false;
  if (request.method == patch || request.headers.contains("x-ms-rename-source")) return true;
  if (blob::RequestCounts::are_asked_for(request)) return endpoint == Endpoint::dfs;
  const auto target = blob::parse_target(request.target);
  if (!target) return endpoint == Endpoint::dfs;
  const Query& query = target->query;
  if (query.contains("restype") || query.contains("comp")) return false;
  if (query.contains("resource") || query.contains("action") || query.contains("recursive")) {
    return true;
  }
  if (request.method == post) return request.headers.contains("x-ms-lease-action");
  if (request.method == put) return false;
  return endpoint == Endpoint::dfs && target->level() == blob::Level::blob;
}

http::Response Service::handle(http::Request& request) {
  if (blob::RequestCounts::are_asked_for(request)) return counts_.answer();
  std::ptrdiff_t operation = -1;
  blob::Answer answered = answer(request, operation);
  if (answered) add_common_fields(*answered, request, make_uuid());
  http::Response response =
      answered ? std::move(*answered) : answer_error(request, answered.error());
  counts_.add(operation, response.status);
  return response;
}

http::Response Service::answer_error(const http::Request& request, const ServiceError& error) {
  const std::string request_id = make_uuid();
  http::Response response = error_response(error, request_id, repository_.now());
  add_common_fields(response, request, request_id);
  return response;
}

void Service::add_common_fields(http::Response& response, const http::Request& request,
                                std::string_view request_id) const {
  response.headers.add("Server", "Aloft-Emulator-DFS/1.0");
  const auto properties = repository_.index().service_properties();
  blob::add_request_fields(response, request, request_id, properties->default_version);
  blob::add_cors_fields(*properties, request, response.headers);
}

blob::Answer Service::answer(http::Request& request, std::ptrdiff_t& counted) {
  repository_.pending_copies().complete_due();
  blob::Target target = TRY(parse_target(account_.name, request.target));
  if (!target.container.empty()) TRY(blob::check_container_name(target.container));
  if (!target.blob.empty()) TRY(blob::check_blob_name(target.blob));
  TRY(blob::check_version(request.headers));
  blob::Target path = target;
  path.blob = TRY(blob::tree_path(target.blob));
  const Operation* operation = find_operation(request.method, path, request.headers);
  if (operation == nullptr) {
    return refuse(Refusal::api_not_implemented,
                  std::string(http::name_of(request.method)) + " with action='" +
                      std::string(target.query.get("action")) + "' and resource='" +
                      std::string(target.query.get("resource")) + "'");
  }
  counted = operation - all_operations().data();
  const auto container = request.headers.contains("Authorization")
                             ? nullptr
                             : repository_.index().find_container(target.container);
  const blob::Authority authority = TRY(blob::authenticate(
      account_, request, target, operation->access, repository_.now(), container.get()));
  const std::function<http::Response(http::Request&)> no_parts = [this](http::Request& part) {
    return answer_error(part, blob::make_error(Refusal::api_not_implemented));
  };
  blob::Call call{.repository = repository_,
                  .account = account_,
                  .request = request,
                  .target = path,
                  .authority = authority,
                  .answer_part = no_parts};
  return operation->run(call);
}

}  // namespace aloft::emulator::dfs
