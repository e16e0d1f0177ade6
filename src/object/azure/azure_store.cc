// SPDX-License-Identifier: Apache-2.0
#include "object/azure/azure_store.h"

#include <fmt/core.h>

#include <algorithm>

#include "azure/encoding.h"
#include "azure/names/blob_names.h"
#include "base/byte_size.h"
#include "object/azure/internal/blob_answer.h"
#include "object/azure/internal/blob_service.h"
#include "object/azure/internal/blob_xml.h"
#include "object/azure/internal/ranged_read.h"

namespace aloft {

using internal::add_conditions;
using internal::add_metadata;
using internal::add_properties;
using internal::Doing;

namespace {

constexpr std::uint32_t kPageEntriesMax = 5000;
/// 5,000 entries with all the metadata that the service keeps.
constexpr std::size_t kListingBytesMax = 96u << 20;
/// 50,000 blocks and as many staged.
constexpr std::size_t kBlockListBytesMax = 64u << 20;
constexpr std::size_t kBlockIdLengthMax = 64;
/// A source is read soon after it is minted, but a large copy takes its time.
constexpr auto kSourceLifetime = std::chrono::hours(24);
/// Almost always it is there already.
constexpr auto kTokenTimeMax = std::chrono::seconds(30);

Result<PutResult> put_result(const http::Exchange& exchange, const Doing& doing) {
  auto made = internal::parse_put_result(exchange.answer);
  if (!made) return fail(senseless(exchange.answer, doing, "it lacks ETag or Last-Modified"));
  return std::move(*made);
}

Result<std::string> block_query(std::string_view uri, std::string_view block_id) {
  if (block_id.empty() || block_id.size() > kBlockIdLengthMax) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("a block of {} needs an id of 1 to 64 bytes", uri));
  }
  return "comp=block&blockid=" + azure::encode_query_value(azure::encode_base64(block_id));
}

bool unconditional(const Conditions& conditions) {
  return conditions.if_match.empty() && conditions.if_none_match.empty();
}

}  // namespace

AzureStore::AzureStore(std::shared_ptr<const internal::BlobService> service, std::string container)
    : service_(std::move(service)),
      container_(std::move(container)),
      name_(fmt::format("az://{}/{}", service_->account_name(), container_)) {}

Capabilities AzureStore::capabilities() const {
  return {.stage_from_object = true,
          .put_size_bytes_max = 5000_MiB,
          .block_size_bytes_max = 4000_MiB,
          .blocks_max = 50'000};
}

std::string AzureStore::uri(std::string_view key) const {
  return fmt::format("{}/{}", name_, key);
}

std::string AzureStore::path(std::string_view key) const {
  std::string text = "/" + azure::encode_path(container_);
  if (!key.empty()) text.append("/").append(azure::encode_path(key));
  return text;
}

Result<ObjectInfo> AzureStore::head(std::string_view key, const Limits& limits) {
  TRY(azure::check_key(key));
  const std::string name = uri(key);
  const Doing doing{"looking at", name};
  http::Exchange exchange;
  service_->begin(exchange, http::Method::head, path(key));
  TRY(service_->expect(exchange, 200, doing, limits));
  auto info = internal::parse_object_info(key, exchange.answer);
  if (!info) return fail(senseless(exchange.answer, doing, "properties are missing or malformed"));
  return std::move(*info);
}

/// A read of no bytes still says whether the object is there, and is the version that was asked
/// for. `must_end` where only the object's end explains that there are none.
Result<ReadResult> AzureStore::read_nothing(const ReadRequest& request, bool must_end,
                                            const Limits& limits) {
  ObjectInfo info = TRY(head(request.key, limits));
  if (!request.if_match.empty() && request.if_match != "*" && request.if_match != info.etag) {
    return fail(ErrorCode::precondition_failed,
                fmt::format("{} changed since it was looked at", uri(request.key)));
  }
  if (must_end && request.range.offset < info.size_bytes) {
    return fail(ErrorCode::corrupt,
                fmt::format("reading {} failed: the answer is empty", uri(request.key)));
  }
  ReadResult result;
  if (request.want_info) result.info = std::move(info);
  return result;
}

Result<ReadResult> AzureStore::read(const ReadRequest& request, std::span<std::byte> buffer,
                                    const Limits& limits) {
  ReadPart part{.request = request, .buffer = buffer};
  read_many(std::span(&part, 1), limits);
  return std::move(part.result);
}

void AzureStore::read_many(std::span<ReadPart> parts, const Limits& limits) {
  std::vector<internal::RangedRead> reads(parts.size());
  std::vector<http::Exchange*> exchanges;
  exchanges.reserve(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const ReadRequest& request = parts[i].request;
    parts[i].result = ReadResult{};
    if (const Result<void> checked = azure::check_key(request.key); !checked) {
      parts[i].result = fail(checked.error());
    } else if (request.range.length_bytes > 0) {
      reads[i].begin(*service_, path(request.key), request, parts[i].buffer);
      exchanges.push_back(&reads[i].exchange());
    }
  }
  while (!exchanges.empty()) {
    service_->perform(exchanges, limits);
    exchanges.clear();
    for (internal::RangedRead& read : reads) {
      if (read.go_on(*service_)) exchanges.push_back(&read.exchange());
    }
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const ReadRequest& request = parts[i].request;
    if (reads[i].begun() && !reads[i].brought_nothing()) {
      const std::string name = uri(request.key);
      parts[i].result = reads[i].end({"reading", name});
    } else if (parts[i].result) {
      parts[i].result = read_nothing(request, reads[i].must_be_at_end(), limits);
    }
  }
}

Result<PutResult> AzureStore::put(const PutRequest& request, const Limits& limits) {
  TRY(azure::check_key(request.key));
  TRY(check_metadata(request.metadata));
  const bool directory = is_directory(request.metadata) && TRY(hierarchical(limits));
  return with_access(request.key, request.metadata, limits, [&](const Metadata& metadata) {
    const PutRequest put{.key = request.key,
                         .content = request.content,
                         .metadata = metadata,
                         .properties = request.properties,
                         .conditions = request.conditions,
                         .crc64 = request.crc64};
    return directory ? put_directory(put, limits) : put_object(put, limits);
  });
}

Result<PutResult> AzureStore::put_object(const PutRequest& request, const Limits& limits) {
  const std::string name = uri(request.key);
  const Doing doing{"writing", name};
  http::Exchange exchange;
  service_->begin(exchange, http::Method::put, path(request.key));
  exchange.headers.add("x-ms-blob-type", "BlockBlob");
  add_properties(exchange.headers, request.properties);
  add_metadata(exchange.headers, request.metadata);
  add_conditions(exchange.headers, request.conditions);
  exchange.body = request.content;
  exchange.repeatable = unconditional(request.conditions);
  TRY(service_->upload(exchange, request.crc64, doing, limits));
  return put_result(exchange, doing);
}

Result<void> AzureStore::stage_block(const StageRequest& request, const Limits& limits) {
  TRY(azure::check_key(request.key));
  const std::string name = uri(request.key);
  const std::string query = TRY(block_query(name, request.block_id));
  if (request.content.empty()) {
    return fail(ErrorCode::invalid_argument, fmt::format("a block of {} must not be empty", name));
  }
  http::Exchange exchange;
  service_->begin(exchange, http::Method::put, path(request.key), query);
  exchange.body = request.content;
  return service_->upload(exchange, request.crc64, {"staging a block of", name}, limits);
}

Result<void> AzureStore::stage_block_from(const StageFromRequest& request, const Limits& limits) {
  TRY(azure::check_key(request.key));
  const std::string name = uri(request.key);
  const std::string query = TRY(block_query(name, request.block_id));
  if (request.range.length_bytes == 0) {
    return fail(ErrorCode::invalid_argument, fmt::format("a block of {} must not be empty", name));
  }
  http::Exchange exchange;
  service_->begin(exchange, http::Method::put, path(request.key), query);
  TRY(internal::add_source(exchange, request.source));
  exchange.headers.add("x-ms-source-range", internal::range_header(request.range));
  if (!request.source_if_match.empty()) {
    exchange.headers.add("x-ms-source-if-match", request.source_if_match);
  }
  return service_->expect(exchange, 201, {"staging a block of", name}, limits);
}

Result<PutResult> AzureStore::commit_blocks(const CommitRequest& request, const Limits& limits) {
  TRY(azure::check_key(request.key));
  TRY(check_metadata(request.metadata));
  return with_access(request.key, request.metadata, limits, [&](const Metadata& metadata) {
    return commit_with({.key = request.key,
                        .blocks = request.blocks,
                        .metadata = metadata,
                        .properties = request.properties,
                        .conditions = request.conditions},
                       limits);
  });
}

Result<PutResult> AzureStore::commit_with(const CommitRequest& request, const Limits& limits) {
  const std::string name = uri(request.key);
  const Doing doing{"committing", name};
  const std::string xml = internal::write_block_list(request.blocks);
  http::Exchange exchange;
  service_->begin(exchange, http::Method::put, path(request.key), "comp=blocklist");
  exchange.headers.add("Content-Type", "application/xml");
  add_properties(exchange.headers, request.properties);
  add_metadata(exchange.headers, request.metadata);
  add_conditions(exchange.headers, request.conditions);
  exchange.body = std::as_bytes(std::span(xml));
  // Blocks that the first attempt committed are not staged any more for a second one.
  exchange.repeatable = false;
  TRY(service_->expect(exchange, 201, doing, limits));
  return put_result(exchange, doing);
}

Result<BlockList> AzureStore::block_list(std::string_view key, const Limits& limits) {
  TRY(azure::check_key(key));
  const std::string name = uri(key);
  const Doing doing{"listing the blocks of", name};
  http::Exchange exchange;
  service_->begin(exchange, http::Method::get, path(key), "comp=blocklist&blocklisttype=all");
  exchange.text_bytes_max = kBlockListBytesMax;
  TRY(service_->expect(exchange, 200, doing, limits));
  auto list = internal::parse_block_list(exchange.answer.text);
  if (!list) return fail(senseless(exchange.answer, doing, "it is no block list"));
  return std::move(*list);
}

Result<PutResult> AzureStore::set_metadata(std::string_view key, const Metadata& metadata,
                                           const Conditions& conditions, const Limits& limits) {
  TRY(azure::check_key(key));
  TRY(check_metadata(metadata));
  return with_access(key, metadata, limits, [&](const Metadata& others) {
    return write_metadata(key, others, conditions, limits);
  });
}

Result<PutResult> AzureStore::write_metadata(std::string_view key, const Metadata& metadata,
                                             const Conditions& conditions, const Limits& limits) {
  const std::string name = uri(key);
  const Doing doing{"setting metadata of", name};
  http::Exchange exchange;
  service_->begin(exchange, http::Method::put, path(key), "comp=metadata");
  if (is_directory(metadata) && TRY(hierarchical(limits))) {
    // The service refuses to make a directory of what is one.
    Metadata others = metadata;
    others.erase(others.find(kDirectoryKey));
    add_metadata(exchange.headers, others);
  } else {
    add_metadata(exchange.headers, metadata);
  }
  add_conditions(exchange.headers, conditions);
  exchange.repeatable = unconditional(conditions);
  TRY(service_->expect(exchange, 200, doing, limits));
  return put_result(exchange, doing);
}

Result<void> AzureStore::remove(std::string_view key, const Conditions& conditions,
                                const Limits& limits) {
  TRY(azure::check_key(key));
  const std::string name = uri(key);
  http::Exchange exchange;
  service_->begin(exchange, http::Method::delete_, path(key));
  // Without this the service refuses to remove a blob that somebody took snapshots of.
  exchange.headers.add("x-ms-delete-snapshots", "include");
  add_conditions(exchange.headers, conditions);
  exchange.repeatable = false;  // The second one would find nothing.
  return service_->expect(exchange, 202, {"removing", name}, limits);
}

Result<ListPage> AzureStore::list(const ListRequest& request, const Limits& limits) {
  if (request.entries_max == 0) {
    return fail(ErrorCode::invalid_argument, "a page of a listing needs room for an entry");
  }
  std::string query = "restype=container&comp=list";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    query.append("&").append(name).append("=").append(azure::encode_query_value(value));
  };
  add("prefix", request.prefix);
  add("delimiter", request.delimiter);
  add("marker", request.marker);
  add("maxresults", std::to_string(std::min(request.entries_max, kPageEntriesMax)));
  if (request.metadata) {
    add("include", TRY(hierarchical(limits)) ? "metadata,permissions" : "metadata");
  }
  const Doing doing{"listing", name_};
  http::Exchange exchange;
  service_->begin(exchange, http::Method::get, path(""), query);
  exchange.text_bytes_max = kListingBytesMax;
  TRY(service_->expect(exchange, 200, doing, limits));
  auto page = internal::parse_blob_listing(exchange.answer.text);
  if (!page) return fail(senseless(exchange.answer, doing, "it is no listing"));
  if (request.metadata && !page->bare_directories.empty()) TRY(look_at_directories(*page, limits));
  return std::move(page->list);
}

Result<SourceRef> AzureStore::source_ref(std::string_view key) {
  TRY(azure::check_key(key));
  const std::string sas =
      service_->authorizer().make_sas({.container = container_,
                                       .key = std::string(key),
                                       .expires = service_->clock().wall_now() + kSourceLifetime});
  std::string url = to_string(service_->endpoint()) + path(key);
  if (!sas.empty()) url += "?" + sas;
  std::string authorization =
      TRY(service_->authorizer().source_authorization(Limits::within(kTokenTimeMax)));
  return SourceRef{.url = std::move(url), .authorization = std::move(authorization)};
}

}  // namespace aloft
