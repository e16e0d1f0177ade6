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
/// The setting that is the kind of the account.
inline constexpr std::string_view kNamespaceSetting = "namespace";

/// For what cannot be read back.
tl::unexpected<Error> damaged(std::string_view what);

std::string encode_metadata(const Metadata& metadata);
Result<Metadata> decode_metadata(std::string_view text);

/// All of a blob but its name, dates, metadata and content: JSON, so that later versions can add
/// members.
std::string encode_attributes(const Blob& blob);
Result<void> decode_attributes(std::string_view text, Blob& blob);

/// The same of a container.
std::string encode_container_attributes(const Container& container);
Result<void> decode_container_attributes(std::string_view text, Container& container);

/// The content that has this number and at least these bytes; null where there is none.
using ContentLookup =
    std::function<std::shared_ptr<const Content>(std::uint64_t id, std::uint64_t size_bytes)>;

/// Ids and slices; contents by their numbers.
std::vector<std::byte> encode_blocks(std::span<const Block> blocks);
/// Fails with corrupt where the bytes make no sense or name a content that is not there.
Result<std::vector<Block>> decode_blocks(std::span<const std::byte> bytes,
                                         const ContentLookup& find_content);

/// Offsets and slices.
std::vector<std::byte> encode_extents(std::span<const SliceMap::Extent> extents);
Result<std::vector<SliceMap::Extent>> decode_extents(std::span<const std::byte> bytes,
                                                     const ContentLookup& find_content);

}  // namespace aloft::emulator::blob
