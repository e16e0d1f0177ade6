// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/receive.h"
#include "emulator/blob/words.h"
#include "emulator/wire/uuid.h"

// "Blob Batch": up to 256 deletions, or changes of tier, in one body, each a request with an
// authority of its own and each answered on its own.
namespace aloft::emulator::blob {

namespace {

constexpr std::uint64_t kBatchBytesMax = std::uint64_t{4} << 20;
constexpr std::size_t kPartsMax = 256;
constexpr std::string_view kLineEnd = "\r\n";

/// Parts have no body.
class NoBody final : public http::RequestBody {
 public:
  std::optional<std::uint64_t> length_bytes() const override { return 0; }
  Result<std::size_t> read(std::span<std::byte>) override { return std::size_t{0}; }
};

struct Part {
  std::string content_id{};
  http::Method method = http::Method::other;
  std::string target{};
  http::Headers headers{};
};

tl::unexpected<ServiceError> refuse_part(std::size_t number, std::string_view reason) {
  return refuse(Refusal::invalid_input,
                "part " + std::to_string(number) + " of the batch: " + std::string(reason));
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find(kLineEnd), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + kLineEnd.size(), text.size()));
  return line;
}

/// Fields up to an empty line or the end; nothing where a line is none.
std::optional<http::Headers> take_fields(std::string_view& text) {
  http::Headers headers;
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (!http::is_field_name(name) || !http::is_field_value(value)) return std::nullopt;
    headers.add(name, value);
  }
  return headers;
}

Outcome<Part> parse_part(std::string_view text, std::size_t number) {
  const auto about = take_fields(text);
  if (!about || !http::equal_ignoring_case(about->get("Content-Type"), "application/http")) {
    return refuse_part(number, "it is not of Content-Type application/http");
  }
  const std::string_view line = take_line(text);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == last || line.substr(last + 1) != "HTTP/1.1") {
    return refuse_part(number, "it does not begin as a request of HTTP/1.1");
  }
  auto headers = take_fields(text);
  if (!headers) return refuse_part(number, "a line is no header field");
  return Part{.content_id = std::string(about->get("Content-ID")),
              .method = http::parse_method(line.substr(0, first)),
              .target = std::string(line.substr(first + 1, last - first - 1)),
              .headers = std::move(*headers)};
}

Outcome<std::string> parse_boundary(const http::Headers& headers) {
  const std::string_view type = headers.get("Content-Type");
  constexpr std::string_view kBegin = "multipart/mixed; boundary=";
  if (!http::equal_ignoring_case(type.substr(0, kBegin.size()), kBegin) ||
      type.size() == kBegin.size()) {
    return refuse_header(Refusal::invalid_header_value, "Content-Type", type);
  }
  std::string_view boundary = type.substr(kBegin.size());
  if (boundary.size() > 2 && boundary.starts_with('"') && boundary.ends_with('"')) {
    boundary = boundary.substr(1, boundary.size() - 2);
  }
  return std::string(boundary);
}

/// Between "--BOUNDARY" lines; "--BOUNDARY--" is behind the last.
Outcome<std::vector<Part>> parse_parts(std::string_view text, const std::string& boundary) {
  const std::string delimiter = "--" + boundary;
  if (!text.starts_with(delimiter)) return refuse_part(1, "it does not begin with the boundary");
  std::vector<Part> parts;
  for (;;) {
    text.remove_prefix(delimiter.size());
    if (text.starts_with("--")) break;
    if (!text.starts_with(kLineEnd)) return refuse_part(parts.size() + 1, "no line ends there");
    text.remove_prefix(kLineEnd.size());
    const std::size_t end = text.find(delimiter);
    if (end == std::string_view::npos) return refuse_part(parts.size() + 1, "it has no end");
    if (parts.size() == kPartsMax) return refuse(Refusal::exceeds_max_batch_request_count);
    parts.push_back(TRY(parse_part(text.substr(0, end), parts.size() + 1)));
    text.remove_prefix(end);
  }
  if (parts.empty()) return refuse(Refusal::invalid_input, "the batch has no parts");
  return parts;
}

/// All delete, or all change the tier; where the batch is one of a container, all in that.
Outcome<void> check_parts(const Call& call, const std::vector<Part>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Target target = TRY(parse_target(parts[i].target));
    const std::string_view comp = target.query.get("comp");
    const bool deletes = parts[i].method == http::Method::delete_ && comp.empty();
    const bool changes_tier = parts[i].method == http::Method::put && comp == "tier";
    if (target.level() != Level::blob || (!deletes && !changes_tier)) {
      return refuse_part(i + 1, "a batch has parts of Delete Blob and Set Blob Tier only");
    }
    if (parts[i].method != parts[0].method) {
      return refuse(Refusal::all_batch_subrequests_should_be_same_api);
    }
    if (call.target.level() == Level::container && target.container != call.target.container) {
      return refuse_part(i + 1, "its blob is not in the container of the batch");
    }
    if (parts[i].headers.contains("x-ms-version")) {
      return refuse_part(i + 1, "its version is that of the batch: it has no x-ms-version");
    }
  }
  return {};
}

void write_part(std::string& text, const Part& part, const http::Response& response) {
  text += "Content-Type: application/http\r\n";
  if (!part.content_id.empty()) text += "Content-ID: " + part.content_id + "\r\n";
  text += "\r\nHTTP/1.1 " + std::to_string(response.status) + " " +
          std::string(http::reason_of(response.status)) + "\r\n";
  for (const auto& [name, value] : response.headers) {
    text.append(name).append(": ").append(value).append(kLineEnd);
  }
  std::size_t length_bytes = 0;
  for (const auto& bytes : response.body) length_bytes += bytes.size();
  text += "Content-Length: " + std::to_string(length_bytes) + "\r\n\r\n";
  for (const auto& bytes : response.body) {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  text += kLineEnd;
}

}  // namespace

Answer submit_batch(Call& call) {
  const std::string boundary = TRY(parse_boundary(call.headers()));
  const std::string text = TRY(receive_text(call, kBatchBytesMax));
  std::vector<Part> parts = TRY(parse_parts(text, boundary));
  TRY(check_parts(call, parts));
  const std::string own_boundary = "batchresponse_" + make_uuid();
  std::string answers;
  for (Part& part : parts) {
    NoBody body;
    http::Request request{.method = part.method,
                          .target = std::move(part.target),
                          .headers = std::move(part.headers),
                          .body = body,
                          .peer_address = call.request.peer_address,
                          .over_tls = call.request.over_tls};
    answers += "--" + own_boundary + "\r\n";
    write_part(answers, part, call.answer_part(request));
  }
  answers += "--" + own_boundary + "--\r\n";
  http::Response response{.status = 202};
  response.headers.add("Content-Type", "multipart/mixed; boundary=" + own_boundary);
  response.set_body(std::move(answers));
  return response;
}

}  // namespace aloft::emulator::blob
