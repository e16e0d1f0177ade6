// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "emulator/blob/call.h"
#include "emulator/blob/operations/properties.h"

namespace aloft::emulator::blob {

/// A body as it was kept, with the checksums that were asked for.
struct Received {
  std::shared_ptr<const Content> content;
  std::string md5{};  ///< Decoded; empty unless it was computed.
  std::optional<std::string> crc64{};
};

/// Keeps the body of the call; its Content-MD5 and x-ms-content-crc64, where given, must fit it.
enum class Checksum { as_sent, md5_always };
Outcome<Received> receive_body(Call& call, std::uint64_t length_bytes_max, Checksum checksum);

/// The body as text, for the few operations that parse it.
Outcome<std::string> receive_text(Call& call, std::uint64_t length_bytes_max);

/// The answer's checksum of a body: the kind that the client sent.
void add_checksum_fields(http::Headers& headers, const Received& received);

/// One block of a blob, of all of a content.
Block block_of(std::string id, std::shared_ptr<const Content> content);

}  // namespace aloft::emulator::blob
