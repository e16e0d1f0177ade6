// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/internal/blob_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <pugixml.hpp>

#include "base/file.h"
#include "emulator/wire/query.h"

namespace aloft::emulator::batch {

namespace {

/// Knows bearer tokens, block blobs of any size and every list parameter used here.
constexpr std::string_view kVersion = "2021-12-02";
constexpr int kTriesMax = 5;
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::size_t kListBytesMax = 64u << 20;
constexpr std::uint64_t kBlocksMax = 50'000;

ErrorCode code_of(const http::Answer& answer) {
  // Anonymous access that the account forbids is a conflict in Azure's eyes.
  if (answer.headers.get("x-ms-error-code") == "PublicAccessNotPermitted") {
    return ErrorCode::permission_denied;
  }
  switch (answer.status) {
    case 401:
    case 403:
      return ErrorCode::permission_denied;
    case 404:
      return ErrorCode::not_found;
    case 412:
      return ErrorCode::precondition_failed;
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return ErrorCode::unavailable;
    default:
      return ErrorCode::invalid_argument;
  }
}

tl::unexpected<Error> refused(const http::Answer& answer, const BlobUrl& url) {
  const std::string_view code = answer.headers.get("x-ms-error-code");
  return fail(code_of(answer), fmt::format("{} answers {} {}", url.shown(), answer.status,
                                           code.empty() ? http::reason_of(answer.status) : code));
}

/// The size of the whole in "bytes 0-9/100"; nothing where it is not said.
std::optional<std::uint64_t> size_of_whole(const http::Answer& answer) {
  const std::string_view range = answer.headers.get("Content-Range");
  const std::size_t slash = range.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(range.data() + slash + 1, range.data() + range.size(), size);
  if (parsed.ec != std::errc()) return std::nullopt;
  return size;
}

/// For If-Match, which weak ones never meet; may be empty.
std::string strong_etag(const http::Answer& answer) {
  const std::string_view etag = answer.headers.get("ETag");
  return std::string(etag.starts_with("W/") ? "" : etag);
}

/// Fills `buffer` from `offset` of the file.
Result<void> read_part(int fd, std::uint64_t offset, std::span<std::byte> buffer) {
  const std::size_t got = TRY(read_at(fd, offset, buffer, "the file to upload"));
  if (got < buffer.size()) return fail_os(EIO, "the file became shorter while it was uploaded");
  return {};
}

/// Put Blob and Put Block List both take these names for what readers of the blob get.
std::string blob_header(std::string_view name) {
  for (const std::string_view plain : {"Content-Type", "Content-Encoding", "Content-Language",
                                       "Content-Disposition", "Cache-Control"}) {
    if (http::equal_ignoring_case(name, plain)) return "x-ms-blob-" + std::string(plain);
  }
  return std::string(name);
}

Result<void> add_headers(http::Headers& headers, const BlobClient::UploadHeaders& more) {
  for (const auto& [name, value] : more) {
    if (!http::is_field_name(name) || !http::is_field_value(value)) {
      return fail(ErrorCode::invalid_argument, "an upload header is not one of HTTP: " + name);
    }
    headers.set(blob_header(name), value);
  }
  return {};
}

/// Equally long for all blocks of a blob; safe in a query as it is.
std::string block_id(std::uint64_t index) {
  return fmt::format("{:08}", index);
}

bool is_directory_marker(const pugi::xml_node& blob) {
  return std::string_view(blob.child("Metadata").child_value("hdi_isfolder")) == "true" ||
         std::string_view(blob.child_value("Name")).ends_with('/');
}

/// Appends a page's blobs; returns the marker of the next page, empty after the last.
Result<std::string> take_page(const std::string& text, const BlobUrl& container,
                              std::vector<ListedBlob>& blobs) {
  pugi::xml_document document;
  if (!document.load_buffer(text.data(), text.size())) {
    return fail(ErrorCode::corrupt, container.shown() + " answers with a list that is no XML");
  }
  const pugi::xml_node results = document.child("EnumerationResults");
  for (const pugi::xml_node& blob : results.child("Blobs").children("Blob")) {
    if (blob.child("Name").attribute("Encoded").as_bool()) {
      return fail(ErrorCode::unsupported,
                  container.shown() + " holds a blob whose name has control characters");
    }
    std::string name = blob.child_value("Name");
    const bool is_directory = is_directory_marker(blob);
    while (name.ends_with('/')) name.pop_back();
    blobs.push_back({.name = std::move(name), .is_directory = is_directory});
  }
  return std::string(results.child_value("NextMarker"));
}

}  // namespace

Result<void> BlobClient::download(const BlobUrl& url, Access access, int fd, const Limits& limits) {
  std::vector<std::byte> buffer(options_.part_bytes);
  std::uint64_t done = 0;
  std::optional<std::uint64_t> size;
  std::string etag;
  while (!size || done < *size) {
    http::Exchange exchange;
    exchange.headers.add("Range", fmt::format("bytes={}-{}", done, done + buffer.size() - 1));
    // All parts are of one version.
    if (!etag.empty()) exchange.headers.add("If-Match", etag);
    exchange.target = url.target();
    exchange.sink = buffer;
    auto answered = perform(exchange, url, access, limits);
    if (exchange.answer.status == 416 && done == 0) return {};  // There is no byte.
    TRY(std::move(answered));
    const std::size_t got = exchange.answer.sink_bytes;
    TRY(write_all(fd, std::span<const std::byte>(buffer).first(got), "the resource file"));
    done += got;
    const bool is_whole = exchange.answer.status == 200;
    size = is_whole ? done : size_of_whole(exchange.answer).value_or(done);
    etag = strong_etag(exchange.answer);
    if (got == 0 && done < *size) {
      return fail(ErrorCode::corrupt, url.shown() + " answers with an empty part");
    }
  }
  return {};
}

Result<std::vector<ListedBlob>> BlobClient::list(const BlobUrl& container, std::string_view prefix,
                                                 Access access, const Limits& limits) {
  std::vector<ListedBlob> blobs;
  std::string marker;
  do {
    std::string parameters = "restype=container&comp=list&include=metadata";
    if (!prefix.empty()) parameters += "&prefix=" + percent_encode(prefix, false);
    if (!marker.empty()) parameters += "&marker=" + percent_encode(marker, false);
    http::Exchange exchange;
    exchange.target = container.target(parameters);
    exchange.text_bytes_max = kListBytesMax;
    TRY(perform(exchange, container, access, limits));
    marker = TRY(take_page(exchange.answer.text, container, blobs));
  } while (!marker.empty());
  return blobs;
}

Result<void> BlobClient::upload(int fd, std::uint64_t size_bytes, const BlobUrl& url, Access access,
                                const UploadHeaders& headers, const Limits& limits) {
  if (size_bytes > options_.part_bytes) {
    return put_blocks(fd, size_bytes, url, access, headers, limits);
  }
  std::vector<std::byte> content(static_cast<std::size_t>(size_bytes));
  TRY(read_part(fd, 0, content));
  UploadHeaders all = headers;
  all.emplace_back("x-ms-blob-type", "BlockBlob");
  return put(content, url, "", access, all, limits);
}

Result<void> BlobClient::put_blocks(int fd, std::uint64_t size_bytes, const BlobUrl& url,
                                    Access access, const UploadHeaders& headers,
                                    const Limits& limits) {
  const std::uint64_t least = (size_bytes + kBlocksMax - 1) / kBlocksMax;
  const std::uint64_t step = std::max<std::uint64_t>(options_.part_bytes, least);
  std::string list = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  std::vector<std::byte> content;
  for (std::uint64_t offset = 0; offset < size_bytes; offset += step) {
    content.resize(static_cast<std::size_t>(std::min(step, size_bytes - offset)));
    TRY(read_part(fd, offset, content));
    const std::string id = block_id(offset / step);
    TRY(put(content, url, "comp=block&blockid=" + id, access, {}, limits));
    list += "<Latest>" + id + "</Latest>";
  }
  list += "</BlockList>";
  return put(std::as_bytes(std::span(list)), url, "comp=blocklist", access, headers, limits);
}

Result<void> BlobClient::put(std::span<const std::byte> body, const BlobUrl& url,
                             std::string_view parameters, Access access,
                             const UploadHeaders& headers, const Limits& limits) {
  http::Exchange exchange;
  exchange.method = http::Method::put;
  exchange.target = url.target(parameters);
  exchange.body = body;
  TRY(add_headers(exchange.headers, headers));
  return perform(exchange, url, access, limits);
}

/// Sends until an answer comes that is no passing fault.
Result<void> BlobClient::perform(http::Exchange& exchange, const BlobUrl& url, Access access,
                                 const Limits& limits) {
  exchange.endpoint = url.endpoint;
  exchange.headers.set("x-ms-version", kVersion);
  if (access == Access::identity) TRY(add_token(exchange, url));
  auto pause = kFirstPause;
  for (int tries = 1;; ++tries, pause *= 2) {
    auto result = attempt(exchange, url, limits);
    if (result || result.error().code != ErrorCode::unavailable || tries == kTriesMax) {
      return result;
    }
    const auto until = options_.clock->now() + pause;
    if (!options_.clock->sleep_until(until, limits.stop)) {
      return limits.check(*options_.clock, "a transfer");
    }
  }
}

Result<void> BlobClient::attempt(http::Exchange& exchange, const BlobUrl& url,
                                 const Limits& limits) {
  exchange.answer.clear();
  TRY(client_.perform(exchange, limits));
  if (!exchange.answer.successful()) return refused(exchange.answer, url);
  return {};
}

Result<void> BlobClient::add_token(http::Exchange& exchange, const BlobUrl& url) {
  if (!options_.token || !url.is_safe()) {
    return fail(ErrorCode::permission_denied,
                "the node has no identity that may be shown to " + url.shown());
  }
  auto token = options_.token();
  if (!token) return fail(ErrorCode::permission_denied, token.error().message);
  exchange.headers.set("Authorization", "Bearer " + *token);
  return {};
}

}  // namespace aloft::emulator::batch
