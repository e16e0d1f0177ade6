// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/service.h"

#include <exception>

#include "base/log/log.h"
#include "emulator/batch/operation_table.h"
#include "emulator/wire/uuid.h"

namespace aloft::emulator::batch {

namespace {

/// The answer that carries an error. The message ends with request id and time, as clients print
/// it.
http::Response error_response(const ServiceError& error, const std::string& base_url,
                              const std::string& request_id, Instant now) {
  http::Response response = empty_response(error.status);
  for (const auto& [name, value] : error.headers) response.headers.add(name, value);
  if (error.status == 304) return response;
  Json body = error_view(error);
  body["odata.metadata"] =
      base_url + "/$metadata#Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element";
  body["message"]["value"] =
      error.message + "\nRequestId:" + request_id + "\nTime:" + format_iso_date(now);
  response.headers.add("Content-Type", "application/json;odata=minimalmetadata");
  response.set_body(text_of(body));
  return response;
}

void add_common_fields(http::Response& response, const http::Request& request,
                       const std::string& request_id) {
  response.headers.add("Server", "Aloft-Emulator-Batch/1.0");
  response.headers.add("request-id", request_id);
  response.headers.add("DataServiceVersion", "3.0");
  const std::string_view client_id = request.headers.get("client-request-id");
  const std::string_view wanted = request.headers.get("return-client-request-id");
  if (http::equal_ignoring_case(wanted, "true") && http::is_field_value(client_id)) {
    response.headers.add("client-request-id", client_id);
  }
}

}  // namespace

Service::Service(Credentials credentials, Account& account)
    : credentials_(std::move(credentials)), account_(account) {}

http::Response Service::handle(http::Request& request) {
  const std::string request_id = make_uuid();
  auto answered = answer_or_catch(request);
  http::Response response =
      answered ? std::move(*answered)
               : error_response(answered.error(), base_url_, request_id, account_.now());
  add_common_fields(response, request, request_id);
  return response;
}

Outcome<http::Response> Service::answer_or_catch(http::Request& request) {
  try {
    return answer(request);
  } catch (const std::exception& exception) {  // It is our bug, but one request's only.
    log(LogLevel::error, "{} {} failed: {}", http::name_of(request.method), request.target,
        exception.what());
    return refuse(Refusal::internal_error);
  }
}

http::Response Service::answer_error(const http::Request& request,
                                     const ServiceError& error) const {
  const std::string request_id = make_uuid();
  http::Response response = error_response(error, base_url_, request_id, account_.now());
  add_common_fields(response, request, request_id);
  return response;
}

Outcome<http::Response> Service::answer(http::Request& request) {
  const Target target = TRY(parse_target(request.target));
  TRY(authenticate(credentials_, request, target,
                   std::chrono::floor<std::chrono::seconds>(account_.now())));
  const ApiVersion version = TRY(parse_api_version(target.query));
  Match match = TRY(find_operation(request.method, target));
  Call call{.account = account_,
            .request = request,
            .target = target,
            .viewer = {.base_url = base_url_, .version = version},
            .arguments = std::move(match.arguments)};
  auto answered = match.operation->run(call);
  // A refusal tells of the state, too: that a job exists, say.
  const auto kept = account_.settle();
  if (!kept) return refuse(make_error(kept.error()));
  return answered;
}

}  // namespace aloft::emulator::batch
