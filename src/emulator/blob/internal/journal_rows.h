// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "emulator/blob/blob.h"

// How values are spelled in the columns of the journal's database.
namespace aloft::emulator::blob {

/// The setting that is the document of Get Blob Service Properties.
inline constexpr std::string_view kServicePropertiesSetting = "service_properties";

std::string encode_metadata(const Metadata& metadata);
Result<Metadata> decode_metadata(std::string_view text);

/// Properties, tier and copy state: JSON, so that later versions can add members.
std::string encode_attributes(const Blob& blob);
Result<void> decode_attributes(std::string_view text, Blob& blob);

/// Ids and slices; contents by their numbers.
std::vector<std::byte> encode_blocks(std::span<const Block> blocks);
using ContentLookup = std::function<std::shared_ptr<const Content>(std::uint64_t id)>;
/// Fails with corrupt where the bytes make no sense or name a content that is not there.
Result<std::vector<Block>> decode_blocks(std::span<const std::byte> bytes,
                                         const ContentLookup& find_content);

}  // namespace aloft::emulator::blob
