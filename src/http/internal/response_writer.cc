// SPDX-License-Identifier: Apache-2.0
#include "http/internal/response_writer.h"

#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <limits>

#include "base/log/log.h"

namespace aloft::http {

namespace {

constexpr std::size_t kSourceBytes = std::size_t{1} << 20;

/// The Date field's value; made anew once a second per thread.
std::string_view http_date_now() {
  thread_local std::time_t made_at = -1;
  thread_local std::array<char, 32> text{};
  thread_local std::size_t length = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made_at = now;
  }
  return {text.data(), length};
}

std::uint64_t body_length(const Response& response) {
  if (response.source) return response.source_length_bytes;
  std::uint64_t sum = 0;
  for (const auto& part : response.body) sum += part.size();
  return sum;
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  if (is_field_value(value)) {
    head += value;
  } else {
    // A line end here would let a value invent fields or a whole answer.
    for (const char c : value) head += is_field_value({&c, 1}) ? c : ' ';
  }
  head += "\r\n";
}

bool has_no_body(int status) {
  return status == 204 || status == 304 || (status >= 100 && status < 200);
}

}  // namespace

void ResponseWriter::write_head(const Response& response, Method method, bool keep_alive) {
  head_.clear();
  head_ += "HTTP/1.1 ";
  head_ += std::to_string(response.status);
  head_ += ' ';
  head_ += reason_of(response.status);
  head_ += "\r\n";
  for (const auto& [name, value] : response.headers) add_field(head_, name, value);
  if (!has_no_body(response.status)) {
    const std::uint64_t length = method == Method::head && response.head_length_bytes
                                     ? *response.head_length_bytes
                                     : body_length(response);
    add_field(head_, "Content-Length", std::to_string(length));
  }
  if (!response.headers.contains("Date")) add_field(head_, "Date", http_date_now());
  if (!keep_alive) add_field(head_, "Connection", "close");
  head_ += "\r\n";
}

bool ResponseWriter::send(Response& response, Method method, bool keep_alive) {
  const bool without_body = method == Method::head || has_no_body(response.status);
  allowed_bytes_ = response.reset_after_bytes.value_or(std::numeric_limits<std::uint64_t>::max());
  write_head(response, method, keep_alive);
  if (response.source && !without_body) return send_source(response);
  std::vector<std::span<const std::byte>> spans;
  spans.reserve(1 + response.body.size());
  spans.push_back(std::as_bytes(std::span(head_)));
  if (!without_body) {
    for (const auto& part : response.body) {
      if (!part.empty()) spans.push_back(part);
    }
  }
  return send_spans(spans);
}

bool ResponseWriter::send_spans(std::span<const std::span<const std::byte>> spans) {
  constexpr std::size_t kPartsMax = 64;
  std::size_t done_bytes = 0;  // Of spans.front().
  while (!spans.empty()) {
    if (allowed_bytes_ == 0) return false;
    std::array<iovec, kPartsMax> parts{};
    std::size_t count = 0;
    std::uint64_t left_bytes = allowed_bytes_;
    for (; count < std::min(spans.size(), kPartsMax) && left_bytes > 0; ++count) {
      auto rest = count == 0 ? spans[count].subspan(done_bytes) : spans[count];
      rest = rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), left_bytes)));
      parts[count] = {.iov_base = const_cast<std::byte*>(rest.data()), .iov_len = rest.size()};
      left_bytes -= rest.size();
    }
    const ssize_t sent = stream_.send(std::span(parts).first(count));
    if (sent < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    done_bytes += static_cast<std::size_t>(sent);
    allowed_bytes_ -= static_cast<std::uint64_t>(sent);
    while (!spans.empty() && done_bytes >= spans.front().size()) {
      done_bytes -= spans.front().size();
      spans = spans.subspan(1);
    }
  }
  return true;
}

bool ResponseWriter::send_source(Response& response) {
  std::uint64_t left = response.source_length_bytes;
  source_buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, kSourceBytes)));
  bool head_sent = false;
  while (left > 0 || !head_sent) {
    const auto room =
        std::span(source_buffer_)
            .first(static_cast<std::size_t>(std::min<std::uint64_t>(left, kSourceBytes)));
    const auto got = room.empty() ? Result<std::size_t>(0) : response.source->read(room);
    if (!got || (*got == 0 && !room.empty())) {
      log(LogLevel::error, "an answer breaks off: {}",
          got ? "its source is shorter than promised" : got.error().message);
      return false;
    }
    const auto part = room.first(*got);
    const std::array<std::span<const std::byte>, 2> both{std::as_bytes(std::span(head_)), part};
    if (!send_spans(
            std::span(both).subspan(head_sent ? 1 : 0, part.empty() ? 1 : (head_sent ? 1 : 2)))) {
      return false;
    }
    head_sent = true;
    left -= part.size();
  }
  return true;
}

}  // namespace aloft::http
