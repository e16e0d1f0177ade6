// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/service.h"

#include "emulator/blob/api_version.h"
#include "emulator/blob/cors.h"
#include "emulator/blob/names.h"
#include "emulator/blob/pending_copies.h"
#include "emulator/blob/request_fields.h"
#include "emulator/blob/xml.h"
#include "emulator/wire/uuid.h"

namespace aloft::emulator::blob {

namespace {

/// Features that would change what an operation means: refused rather than ignored.
Outcome<void> check_features(const http::Headers& headers, const Query& query,
                             const Operation& operation) {
  constexpr std::string_view kFields[] = {
      "x-ms-encryption-key",  "x-ms-encryption-scope", "x-ms-source-encryption-key",
      "x-ms-structured-body", "x-ms-legal-hold",       "x-ms-immutability-policy-until-date"};
  for (const std::string_view name : kFields) {
    if (headers.contains(name)) return refuse_header(Refusal::api_not_implemented, name, {});
  }
  // Unless asked for the source's tags (COPY), a copy has those that come with the request.
  constexpr std::string_view kTagOption = "x-ms-copy-source-tag-option";
  const auto tag_option = headers.find(kTagOption);
  if (tag_option && !http::equal_ignoring_case(*tag_option, "REPLACE")) {
    return refuse_header(Refusal::api_not_implemented, kTagOption, *tag_option);
  }
  if (query.contains("deletetype")) {
    return refuse_parameter(Refusal::api_not_implemented, "deletetype", query.get("deletetype"));
  }
  for (const std::string_view name : {"snapshot", "versionid"}) {
    if (query.contains(name) && operation.past == Operation::Past::refused) {
      return refuse_parameter(Refusal::invalid_query_parameter_value, name, query.get(name));
    }
  }
  return {};
}

/// What accounts with a hierarchical namespace do not offer: snapshots, tags, page blobs.
Outcome<void> check_hierarchical(const http::Headers& headers, const Query& query) {
  const std::string_view comp = query.get("comp");
  if (comp == "tags" || comp == "blobs") {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "comp", comp);
  }
  if (comp == "snapshot" || comp == "undelete" || headers.contains("x-ms-tags") ||
      headers.get("x-ms-blob-type") == "PageBlob") {
    return refuse(Refusal::hierarchical_namespace_not_supported);
  }
  return {};
}

/// Azure's order: the message ends with request id and time, as clients print it.
std::string error_document(const ServiceError& error, std::string_view request_id, Seconds now) {
  XmlWriter xml;
  xml.open("Error");
  xml.element("Code", error.code);
  xml.element("Message", error.message + "\nRequestId:" + std::string(request_id) +
                             "\nTime:" + format_iso_date(now));
  for (const auto& [name, text] : error.details) xml.element(name, text);
  xml.close("Error");
  return xml.take();
}

}  // namespace

http::Response error_response(const ServiceError& error, std::string_view request_id, Seconds now) {
  http::Response response;
  response.status = error.status;
  response.headers.add("x-ms-error-code", error.code);
  for (const auto& [name, value] : error.headers) response.headers.add(name, value);
  if (error.status != 304) {
    response.headers.add("Content-Type", "application/xml");
    response.set_body(error_document(error, request_id, now));
  }
  return response;
}

void Service::add_common_fields(http::Response& response, const http::Request& request,
                                std::string_view request_id) const {
  response.headers.add("Server", "Aloft-Emulator-Blob/1.0");
  const auto properties = repository_.index().service_properties();
  add_request_fields(response, request, request_id, properties->default_version);
  add_cors_fields(*properties, request, response.headers);
}

Service::Service(Account account, Repository& repository)
    : account_(std::move(account)),
      repository_(repository),
      counts_(RequestCounts::names_in(all_operations())) {}

http::Response Service::handle(http::Request& request) {
  if (RequestCounts::are_asked_for(request)) return counts_.answer();
  return answer_counted(request, std::nullopt);
}

http::Response Service::answer_counted(http::Request& request, const BatchVersion& batch_version) {
  std::ptrdiff_t operation = -1;
  http::Response response = answer(request, batch_version, operation);
  counts_.add(operation, response.status);
  return response;
}

http::Response Service::answer_error(const http::Request& request, const ServiceError& error) {
  const std::string request_id = make_uuid();
  http::Response response = error_response(error, request_id, repository_.now());
  add_common_fields(response, request, request_id);
  return response;
}

http::Response Service::answer(http::Request& request, const BatchVersion& batch_version,
                               std::ptrdiff_t& operation) {
  repository_.pending_copies().complete_due();
  const std::string request_id = make_uuid();
  Answer answered = [&]() -> Answer {
    Target target = TRY(parse_target(request.target));
    if (request.method == http::Method::options) {
      return answer_preflight(*repository_.index().service_properties(), request.headers);
    }
    const Operation* found = TRY(find(request, target));
    operation = found - all_operations().data();
    return run(request, batch_version, target, *found);
  }();
  http::Response response = answered
                                ? std::move(*answered)
                                : error_response(answered.error(), request_id, repository_.now());
  // Also of a part that is refused before it got that version.
  if (batch_version) request.headers.set("x-ms-version", *batch_version);
  add_common_fields(response, request, request_id);
  return response;
}

Outcome<void> Service::take_account(const http::Request& request, Target& target) const {
  target.is_secondary = target.account == account_.name + "-secondary";
  // What is signed has the name of the account itself, beside the path as it was sent.
  if (target.is_secondary) target.account = account_.name;
  if (target.account != account_.name) {
    return refuse(Refusal::account_not_known,
                  "the emulator has the account '" + account_.name + "' only");
  }
  if (target.is_secondary && request.method != http::Method::get &&
      request.method != http::Method::head) {
    return refuse(Refusal::insufficient_account_permissions);
  }
  return {};
}

Outcome<const Operation*> Service::find(const http::Request& request, Target& target) const {
  TRY(take_account(request, target));
  if (!target.container.empty()) TRY(check_container_name(target.container));
  if (!target.blob.empty()) TRY(check_blob_name(target.blob));
  const Operation* operation = find_operation(request.method, target, request.headers);
  if (operation == nullptr) {
    return refuse(Refusal::api_not_implemented,
                  std::string(http::name_of(request.method)) + " with comp='" +
                      std::string(target.query.get("comp")) + "' and restype='" +
                      std::string(target.query.get("restype")) + "'");
  }
  return operation;
}

Answer Service::run(http::Request& request, const BatchVersion& batch_version, const Target& target,
                    const Operation& operation) {
  TRY(check_version(request.headers, batch_version.has_value()));
  // Only who has no key or token depends on what the container says.
  const auto container = request.headers.contains("Authorization")
                             ? nullptr
                             : repository_.index().find_container(target.container);
  const Authority authority = TRY(authenticate(account_, request, target, operation.access,
                                               repository_.now(), container.get()));
  if (batch_version) request.headers.set("x-ms-version", *batch_version);
  TRY(check_features(request.headers, target.query, operation));
  Target path = target;
  if (repository_.settings().hierarchical_namespace) {
    // Restoring a container is no matter of its tree.
    if (!target.blob.empty()) TRY(check_hierarchical(request.headers, target.query));
    path.blob = TRY(tree_path(target.blob));
    if (path.blob.empty() && !target.blob.empty()) {
      return refuse(Refusal::invalid_uri, "the blob name has slashes only");
    }
  }
  const std::function<http::Response(http::Request&)> answer_part = [&](http::Request& part) {
    return answer_counted(part, std::string(request.headers.get("x-ms-version")));
  };
  Call call{.repository = repository_,
            .account = account_,
            .request = request,
            .target = path,
            .authority = authority,
            .answer_part = answer_part,
            .port = port_};
  return operation.run(call);
}

}  // namespace aloft::emulator::blob
