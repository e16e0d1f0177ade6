// SPDX-License-Identifier: Apache-2.0
// Rows of the emulator's data directory, as a damaged disk may give them back.
#include <memory>

#include "emulator/blob/internal/journal_rows.h"
#include "target.h"

using namespace aloft;
using namespace aloft::emulator::blob;

namespace {

constexpr std::uint64_t kContentBytes = 1000;

class FakeContent final : public Content {
 public:
  explicit FakeContent(std::uint64_t id) : Content(id, kContentBytes) {}
  Result<void> read(std::uint64_t, std::span<std::byte>) const override { return {}; }
};

std::shared_ptr<const Content> find_content(std::uint64_t id, std::uint64_t size_bytes) {
  if (id > 9 || size_bytes > kContentBytes) return nullptr;
  return std::make_shared<const FakeContent>(id);
}

/// Who reads a slice trusts it.
void check_slice(const Slice& slice) {
  if (!slice.content) return;
  CHECK(slice.offset <= kContentBytes && slice.length_bytes <= kContentBytes - slice.offset);
}

void check_documents(std::string_view text) {
  if (const auto metadata = decode_metadata(text)) {
    CHECK(decode_metadata(encode_metadata(*metadata)) == *metadata);
  }
  Blob blob;
  if (decode_attributes(text, blob)) {
    const std::string document = encode_attributes(blob);
    Blob again;
    CHECK(decode_attributes(document, again).has_value());
    CHECK(encode_attributes(again) == document);
  }
  Container container;
  if (decode_container_attributes(text, container)) {
    const std::string document = encode_container_attributes(container);
    Container again;
    CHECK(decode_container_attributes(document, again).has_value());
    CHECK(encode_container_attributes(again) == document);
  }
}

void check_slices(std::span<const std::byte> bytes) {
  if (const auto blocks = decode_blocks(bytes, find_content)) {
    for (const Block& block : *blocks) {
      CHECK(total_length(block.slices) == block.size_bytes);
      for (const Slice& slice : block.slices) check_slice(slice);
    }
    const auto again = encode_blocks(*blocks);
    CHECK(std::ranges::equal(again, bytes));
  }
  if (const auto extents = decode_extents(bytes, find_content)) {
    std::uint64_t end = 0;
    for (const auto& extent : *extents) {
      CHECK(extent.offset >= end && extent.end() >= extent.offset);
      end = extent.end();
      check_slice(extent.slice);
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_documents(fuzz::text_of(data, size));
  check_slices(std::as_bytes(std::span(data, size)));
  return 0;
}
