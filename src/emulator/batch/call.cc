// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/call.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::size_t kBodyBytesMax = std::size_t{1} << 20;
/// Objects and lists in each other; deeper ones would be written, level by level, on the stack.
constexpr int kNestingMax = 64;

Outcome<std::string> read_text(http::RequestBody& body) {
  const auto length = body.length_bytes();
  if (length && *length > kBodyBytesMax) return refuse(Refusal::request_body_too_large);
  // One byte more shows a chunked body that is too long.
  std::string text(length ? static_cast<std::size_t>(*length) : kBodyBytesMax + 1, '\0');
  const auto got = body.read_full(std::as_writable_bytes(std::span(text)));
  if (!got) {
    const bool is_late = got.error().code == ErrorCode::deadline_exceeded;
    return refuse(is_late ? Refusal::server_busy : Refusal::invalid_request_body,
                  got.error().message);
  }
  if (*got > kBodyBytesMax) return refuse(Refusal::request_body_too_large);
  text.resize(*got);
  return text;
}

/// Whether objects and lists are nested too deeply. Other text than JSON is taken as it comes.
bool is_too_deep(std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      in_string = !in_string;
    } else if (in_string) {
      if (c == '\\') ++at;
    } else if (c == '{' || c == '[') {
      if (++depth > kNestingMax) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Outcome<Json> parse_body(const Call& call, const std::string& text) {
  const std::string_view type = call.headers().get("Content-Type");
  if (!type.starts_with("application/json")) {
    return refuse_header(Refusal::invalid_header_value, "Content-Type", type);
  }
  if (is_too_deep(text)) {
    return refuse(Refusal::invalid_request_body,
                  "objects and lists are nested deeper than " + std::to_string(kNestingMax));
  }
  Json body = Json::parse(text, nullptr, false);
  if (body.is_discarded() || !body.is_object()) {
    return refuse(Refusal::invalid_request_body, "expected a JSON object");
  }
  return body;
}

}  // namespace

Outcome<Json> read_body(Call& call) {
  return parse_body(call, TRY(read_text(call.request.body)));
}

Outcome<Json> read_body(Call& call, const Shape& shape) {
  const std::string text = TRY(read_text(call.request.body));
  Json body = Json::object();
  if (!text.empty()) body = TRY(parse_body(call, text));
  TRY(check_shape(body, shape, call.viewer.version));
  return body;
}

http::Response empty_response(int status) {
  http::Response response;
  response.status = status;
  return response;
}

http::Response json_response(std::string body) {
  http::Response response;
  response.headers.add("Content-Type", "application/json;odata=minimalmetadata");
  response.set_body(std::move(body));
  return response;
}

http::Response changed_response(int status, Version version, const std::string& url) {
  http::Response response = empty_response(status);
  response.headers.add("ETag", format_etag(version));
  response.headers.add(
      "Last-Modified",
      format_http_date(std::chrono::floor<std::chrono::seconds>(version.modified)));
  response.headers.add("DataServiceId", url);
  if (status == 201) response.headers.add("Location", url);
  return response;
}

Answer resource_response(const Call& call, Version version, std::string_view metadata,
                         const std::string& view) {
  TRY(check_conditions(call.headers(), version, true));
  const Selection selection = TRY(Selection::parse(call.target.query));
  JsonText json;
  json.open()
      .add("odata.metadata",
           call.viewer.base_url + "/$metadata#" + std::string(metadata) + "/@Element")
      .add_members(selection.apply(view))
      .close();
  http::Response response = json_response(json.take());
  response.headers.add("ETag", format_etag(version));
  response.headers.add(
      "Last-Modified",
      format_http_date(std::chrono::floor<std::chrono::seconds>(version.modified)));
  return response;
}

Outcome<Pool*> find_pool(const State& state, const std::string& id) {
  Pool* pool = state.find_pool(id);
  if (pool == nullptr) return refuse(Refusal::pool_not_found);
  return pool;
}

Outcome<PoolNode*> find_node(const Pool& pool, const std::string& id) {
  PoolNode* node = pool.find(id);
  if (node == nullptr) return refuse(Refusal::node_not_found);
  return node;
}

Outcome<Job*> find_job(const State& state, const std::string& id) {
  Job* job = state.find_job(id);
  if (job == nullptr) return refuse(Refusal::job_not_found);
  return job;
}

Outcome<Task*> find_task(const Job& job, const std::string& id) {
  Task* task = job.tasks.find(id);
  if (task == nullptr) return refuse(Refusal::task_not_found);
  return task;
}

Outcome<void> check_takes_changes(const Job& job) {
  switch (job.state) {
    case JobState::terminating:
      return refuse(Refusal::job_being_terminated);
    case JobState::completed:
      return refuse(Refusal::job_completed);
    case JobState::deleting:
      return refuse(Refusal::job_being_deleted);
    default:
      return {};
  }
}

}  // namespace aloft::emulator::batch
