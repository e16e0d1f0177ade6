// SPDX-License-Identifier: Apache-2.0
#include "object/azure/internal/ranged_read.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/byte_size.h"
#include "object/azure/internal/blob_answer.h"

namespace aloft::internal {

namespace {

/// With less from each connection, something between here and there is in trouble.
constexpr std::size_t kProgressBytesMin = 4_KiB;
constexpr int kBrokenMax = 32;

}  // namespace

std::string range_header(ByteRange range) {
  return fmt::format("bytes={}-{}", range.offset, range.offset + range.length_bytes - 1);
}

void RangedRead::begin(const BlobService& service, std::string path, const ReadRequest& request,
                       std::span<std::byte> buffer) {
  CHECK(buffer.size() >= request.range.length_bytes);
  request_ = &request;
  path_ = std::move(path);
  buffer_ = buffer.first(static_cast<std::size_t>(request.range.length_bytes));
  ask(service);
}

ByteRange RangedRead::rest() const {
  return {.offset = request_->range.offset + filled_bytes_,
          .length_bytes = request_->range.length_bytes - filled_bytes_};
}

void RangedRead::ask(const BlobService& service) {
  service.begin(exchange_, http::Method::get, path_);
  exchange_.headers.add("x-ms-range", range_header(rest()));
  const std::string_view version = etag_.empty() ? request_->if_match : std::string_view(etag_);
  if (!version.empty()) exchange_.headers.add("If-Match", version);
  exchange_.sink = buffer_.subspan(filled_bytes_);
  if (exchange_.sink.size() <= Lateness::kReadBytesMax) exchange_.late_after = service.late_after();
}

bool RangedRead::go_on(const BlobService& service) {
  if (!begun() || std::exchange(ended_, true)) return false;
  const http::Answer& answer = exchange_.answer;
  const bool broke = !exchange_.result && exchange_.result.error().code == ErrorCode::unavailable;
  if (!broke || answer.status != 206 || answer.sink_bytes < kProgressBytesMin) return false;
  const auto range = parse_content_range(answer.headers.get("Content-Range"));
  const std::string_view etag = answer.headers.get("ETag");
  if (!range || range->first != rest().offset || etag.empty()) return false;
  // What broke behind the last byte is begun anew: there is no range left to ask for.
  if (answer.sink_bytes >= range->last - range->first + 1 || ++broken_ > kBrokenMax) return false;
  filled_bytes_ += answer.sink_bytes;
  etag_ = etag;
  ended_ = false;
  ask(service);
  return true;
}

bool RangedRead::brought_nothing() const {
  // (Azurite answers a range that begins exactly at the end with an empty part instead of 416.)
  const http::Answer& answer = exchange_.answer;
  return exchange_.result.has_value() && filled_bytes_ == 0 &&
         (answer.status == 416 || (answer.status == 206 && answer.sink_bytes == 0));
}

Error RangedRead::refusal(const Doing& doing) const {
  Error error = error_of_answer(exchange_.answer, doing);
  const bool own_condition = request_->if_match.empty() && !etag_.empty();
  if (own_condition && error.code == ErrorCode::precondition_failed) {
    error.code = ErrorCode::unavailable;
    error.message += "; it was replaced while it was read, read it again";
  }
  return error;
}

Result<ReadResult> RangedRead::end(const Doing& doing) {
  const http::Answer& answer = exchange_.answer;
  if (!exchange_.result) return fail(error_of_transport(exchange_.result.error(), doing));
  if (answer.status != 206) {
    if (!answer.successful()) return fail(refusal(doing));
    return fail(senseless(answer, doing, "it is not the range that was asked for"));
  }
  const auto range = parse_content_range(answer.headers.get("Content-Range"));
  if (!range || range->first != rest().offset) {
    return fail(senseless(answer, doing, "its Content-Range is another one"));
  }
  const std::uint64_t expected = std::min(rest().length_bytes, range->size_bytes - range->first);
  if (answer.sink_bytes != expected || range->last - range->first + 1 != expected) {
    return fail(senseless(answer, doing, "it has another length than its range"));
  }
  ReadResult result{.size_bytes = filled_bytes_ + answer.sink_bytes};
  if (request_->want_info) {
    result.info = parse_object_info(request_->key, answer);
    if (!result.info) return fail(senseless(answer, doing, "properties are missing"));
  }
  return result;
}

}  // namespace aloft::internal
