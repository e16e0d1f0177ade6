// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "emulator/blob/internal/journal_rows.h"

// Lists of blocks and extents: numbers of eight bytes, and texts behind their lengths.
namespace aloft::emulator::blob {

namespace {

class Writer {
 public:
  void number(std::uint64_t value) { raw(&value, sizeof(value)); }
  void text(std::string_view value) {
    number(value.size());
    raw(value.data(), value.size());
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void raw(const void* data, std::size_t size) {
    const auto* begin = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), begin, begin + size);
  }
  std::vector<std::byte> bytes_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  bool at_end() const { return bytes_.empty(); }
  bool number(std::uint64_t& value) {
    if (bytes_.size() < sizeof(value)) return false;
    std::memcpy(&value, bytes_.data(), sizeof(value));
    bytes_ = bytes_.subspan(sizeof(value));
    return true;
  }
  bool text(std::string& value) {
    std::uint64_t size = 0;
    if (!number(size) || bytes_.size() < size) return false;
    value.assign(reinterpret_cast<const char*>(bytes_.data()), static_cast<std::size_t>(size));
    bytes_ = bytes_.subspan(static_cast<std::size_t>(size));
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
};

/// Above what any blob holds, so that sums of what is read do not wrap around.
constexpr std::uint64_t kBlobBytesMax = std::uint64_t{1} << 50;

/// A slice of zeros has no content, which is number 0.
void write_slice(Writer& writer, const Slice& slice) {
  writer.number(slice.content ? slice.content->id() : 0);
  writer.number(slice.offset);
  writer.number(slice.length_bytes);
}

Result<Slice> read_slice(Reader& reader, const ContentLookup& find_content) {
  std::uint64_t content = 0;
  Slice slice;
  if (!reader.number(content) || !reader.number(slice.offset) ||
      !reader.number(slice.length_bytes) || slice.offset > kBlobBytesMax ||
      slice.length_bytes > kBlobBytesMax) {
    return damaged("a list of slices");
  }
  if (content == 0) return slice;
  slice.content = find_content(content, slice.offset + slice.length_bytes);
  if (!slice.content) return damaged("content " + std::to_string(content) + " is not there");
  return slice;
}

}  // namespace

std::vector<std::byte> encode_blocks(std::span<const Block> blocks) {
  Writer writer;
  for (const Block& block : blocks) {
    writer.text(block.id);
    writer.number(block.slices.size());
    for (const Slice& slice : block.slices) write_slice(writer, slice);
  }
  return writer.take();
}

Result<std::vector<Block>> decode_blocks(std::span<const std::byte> bytes,
                                         const ContentLookup& find_content) {
  std::vector<Block> blocks;
  Reader reader(bytes);
  while (!reader.at_end()) {
    Block block;
    std::uint64_t slices = 0;
    if (!reader.text(block.id) || !reader.number(slices)) return damaged("a list of blocks");
    for (std::uint64_t i = 0; i < slices; ++i) {
      block.slices.push_back(TRY(read_slice(reader, find_content)));
      block.size_bytes += block.slices.back().length_bytes;
      if (block.size_bytes > kBlobBytesMax) return damaged("a list of slices");
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

std::vector<std::byte> encode_extents(std::span<const SliceMap::Extent> extents) {
  Writer writer;
  for (const SliceMap::Extent& extent : extents) {
    writer.number(extent.offset);
    write_slice(writer, extent.slice);
  }
  return writer.take();
}

Result<std::vector<SliceMap::Extent>> decode_extents(std::span<const std::byte> bytes,
                                                     const ContentLookup& find_content) {
  std::vector<SliceMap::Extent> extents;
  Reader reader(bytes);
  while (!reader.at_end()) {
    const std::uint64_t end = extents.empty() ? 0 : extents.back().end();
    SliceMap::Extent extent;
    if (!reader.number(extent.offset) || extent.offset < end || extent.offset > kBlobBytesMax) {
      return damaged("a list of extents");
    }
    extent.slice = TRY(read_slice(reader, find_content));
    extents.push_back(std::move(extent));
  }
  return extents;
}

}  // namespace aloft::emulator::blob
