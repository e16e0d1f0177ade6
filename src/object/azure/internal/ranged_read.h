// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "http/exchange.h"
#include "object/azure/internal/blob_service.h"
#include "object/object_store.h"

namespace aloft::internal {

/// "bytes=0-9"; of at least one byte.
std::string range_header(ByteRange range);

/// One ranged GET: the request, what goes on where its connection broke, and the check that the
/// answers are what was asked for.
///
/// A body that breaks is asked for again from the byte that it came to, of the same version. So
/// each byte is asked for once, and going on is no repetition to a RetryBudget. It does not go on
/// where a request brought next to nothing, or after many times: then it is the caller's to wait
/// and try again. It is too where the caller named no version and the object was replaced between
/// two requests (unavailable): another attempt reads the new one.
class RangedRead {
 public:
  /// `path` is encoded, as BlobService::begin() takes it; `request` and `buffer` stay until end().
  void begin(const BlobService& service, std::string path, const ReadRequest& request,
             std::span<std::byte> buffer);
  bool begun() const { return request_ != nullptr; }

  http::Exchange& exchange() { return exchange_; }

  /// After exchange() was performed: true if it is now one more request, to be performed.
  bool go_on(const BlobService& service);

  /// The range begins at or behind the object's end, so there is nothing to read.
  bool brought_nothing() const;
  /// It was an answer of no bytes that said so; only the object's end explains that.
  bool must_be_at_end() const { return begun() && exchange_.answer.status == 206; }

  Result<ReadResult> end(const Doing& doing);

 private:
  void ask(const BlobService& service);
  ByteRange rest() const;
  Error refusal(const Doing& doing) const;

  const ReadRequest* request_ = nullptr;
  std::string path_;
  std::span<std::byte> buffer_;
  http::Exchange exchange_;
  std::size_t filled_bytes_ = 0;  // By requests that broke.
  Etag etag_;                     // Of what they brought.
  int broken_ = 0;
  bool ended_ = false;
};

}  // namespace aloft::internal
