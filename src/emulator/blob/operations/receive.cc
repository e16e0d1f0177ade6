// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/operations/receive.h"

#include "emulator/wire/crc64.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

struct Expected {
  std::optional<std::string> md5;
  std::optional<std::string> crc64;
};

Outcome<Expected> parse_expected(const http::Headers& headers) {
  Expected expected;
  expected.md5 = TRY(parse_md5(headers, "Content-MD5"));
  expected.crc64 = TRY(parse_crc64(headers, "x-ms-content-crc64"));
  if (expected.md5 && expected.crc64) {
    return refuse(Refusal::invalid_input, "Content-MD5 and x-ms-content-crc64 exclude each other");
  }
  return expected;
}

/// Of a body, those alone that are asked for.
class Checksums {
 public:
  Checksums(const Expected& expected, Checksum wanted) {
    if (expected.md5 || wanted == Checksum::md5_always) md5_.emplace();
    if (expected.crc64) crc64_.emplace();
  }
  void add(std::span<const std::byte> bytes) {
    if (md5_) md5_->add(bytes);
    if (crc64_) crc64_->add(bytes);
  }
  void finish(Received& received) {
    if (md5_) received.md5 = md5_->finish();
    if (crc64_) received.crc64 = crc64_->bytes();
  }

 private:
  std::optional<Md5> md5_;
  std::optional<Crc64> crc64_;
};

Outcome<void> check_checksums(const Expected& expected, const Received& received) {
  if (expected.md5 && *expected.md5 != received.md5) {
    ServiceError error = make_error(Refusal::md5_mismatch);
    error.details.emplace_back("UserSpecifiedMd5", base64_encode(*expected.md5));
    error.details.emplace_back("ServerCalculatedMd5", base64_encode(received.md5));
    return refuse(std::move(error));
  }
  if (expected.crc64 && *expected.crc64 != *received.crc64) {
    ServiceError error = make_error(Refusal::crc64_mismatch);
    error.details.emplace_back("UserSpecifiedCrc64", base64_encode(*expected.crc64));
    error.details.emplace_back("ServerCalculatedCrc64", base64_encode(*received.crc64));
    return refuse(std::move(error));
  }
  return {};
}

}  // namespace

Outcome<Received> receive_body(Call& call, std::uint64_t length_bytes_max, Checksum checksum) {
  const std::uint64_t length_bytes = TRY(body_length(call.request.body, length_bytes_max));
  const Expected expected = TRY(parse_expected(call.headers()));
  Checksums sums(expected, checksum);
  Received received;
  received.content = TRY(call.repository.storage().receive(
      call.request.body, length_bytes, [&](std::span<const std::byte> bytes) { sums.add(bytes); }));
  sums.finish(received);
  TRY(check_checksums(expected, received));
  return received;
}

Outcome<std::string> receive_text(Call& call, std::uint64_t length_bytes_max) {
  const std::uint64_t length_bytes = TRY(body_length(call.request.body, length_bytes_max));
  const Expected expected = TRY(parse_expected(call.headers()));
  std::string text(static_cast<std::size_t>(length_bytes), '\0');
  const auto bytes = std::as_writable_bytes(std::span(text));
  TRY(read_whole(call.request.body, bytes));
  Checksums sums(expected, Checksum::as_sent);
  sums.add(bytes);
  Received received;
  sums.finish(received);
  TRY(check_checksums(expected, received));
  return text;
}

void add_checksum_fields(http::Headers& headers, const Received& received) {
  if (received.crc64) {
    headers.add("x-ms-content-crc64", base64_encode(*received.crc64));
  } else if (!received.md5.empty()) {
    headers.add("Content-MD5", base64_encode(received.md5));
  }
}

Block block_of(std::string id, std::shared_ptr<const Content> content) {
  const std::uint64_t size_bytes = content->size_bytes();
  Block block{.id = std::move(id), .slices = {}, .size_bytes = size_bytes};
  if (size_bytes > 0) {
    block.slices.push_back(
        {.content = std::move(content), .offset = 0, .length_bytes = size_bytes});
  }
  return block;
}

}  // namespace aloft::emulator::blob
