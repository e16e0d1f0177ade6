// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/slice_map.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace aloft::emulator::blob {
namespace {

/// Every byte is the same letter, so that a reader sees which content it is.
class Letters final : public Content {
 public:
  Letters(char letter, std::uint64_t size_bytes) : Content(1, size_bytes), letter_(letter) {}
  Result<void> read(std::uint64_t, std::span<std::byte> buffer) const override {
    std::fill(buffer.begin(), buffer.end(), static_cast<std::byte>(letter_));
    return {};
  }

 private:
  char letter_;
};

std::vector<Slice> letters(char letter, std::uint64_t length_bytes) {
  return {{.content = std::make_shared<Letters>(letter, length_bytes),
           .offset = 0,
           .length_bytes = length_bytes}};
}

std::string text(const SliceMap& map, std::uint64_t offset, std::uint64_t length_bytes) {
  std::string bytes(length_bytes, '?');
  SliceReader reader(map.slices(offset, length_bytes));
  EXPECT_EQ(reader.read(std::as_writable_bytes(std::span(bytes))).value(), length_bytes);
  std::replace(bytes.begin(), bytes.end(), '\0', '.');
  return bytes;
}

TEST(SliceMap, HoldsWhatWasWrittenLastAndZerosInGaps) {
  SliceMap map;
  EXPECT_EQ(text(map, 0, 3), "...");
  map = map.with(2, 4, letters('a', 4));
  map = map.with(8, 2, letters('b', 2));
  EXPECT_EQ(text(map, 0, 12), "..aaaa..bb..");
  const SliceMap before = map;
  map = map.with(3, 2, letters('c', 2));
  EXPECT_EQ(text(map, 0, 12), "..acca..bb..");
  EXPECT_EQ(map.count(), 4u);
  map = map.with(4, 5, {});
  EXPECT_EQ(text(map, 0, 12), "..ac.....b..");
  EXPECT_EQ(text(map, 3, 7), "c.....b");
  EXPECT_EQ(text(before, 0, 12), "..aaaa..bb..") << "a changed map leaves the other as it was";
}

TEST(SliceMap, VisitsWhatTouchesARange) {
  const SliceMap map = SliceMap().with(2, 4, letters('a', 4)).with(8, 2, letters('b', 2));
  std::string seen;
  map.visit(3, 6, [&](const SliceMap::Extent& extent) {
    seen += std::to_string(extent.offset) + "+" + std::to_string(extent.slice.length_bytes) + "@" +
            std::to_string(extent.slice.offset) + " ";
  });
  EXPECT_EQ(seen, "3+3@1 8+1@0 ");
}

TEST(SliceMap, AgreesWithAPlainStringUnderRandomEdits) {
  const char* given = std::getenv("ALOFT_SEED");
  const auto seed = given != nullptr ? std::strtoul(given, nullptr, 10) : std::random_device()();
  SCOPED_TRACE("ALOFT_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
  constexpr std::size_t kSize = 300;
  SliceMap map;
  std::string plain(kSize, '.');
  for (int i = 0; i < 3000; ++i) {
    const std::size_t offset = random() % kSize;
    const std::size_t length = 1 + random() % (kSize - offset);
    const bool clears = random() % 4 == 0;
    const char letter = clears ? '.' : static_cast<char>('a' + random() % 26);
    map = map.with(offset, length, clears ? std::vector<Slice>{} : letters(letter, length));
    plain.replace(offset, length, length, letter);
    ASSERT_EQ(text(map, 0, kSize), plain) << i;
  }
}

TEST(SliceMap, StaysShallowWhereEditsComeInOrder) {
  SliceMap map;
  for (std::uint64_t i = 0; i < 200'000; ++i) map = map.with(i * 512, 512, letters('a', 512));
  EXPECT_EQ(map.count(), 200'000u);
  EXPECT_EQ(map.slices(1000, 1000).size(), 3u);
}

}  // namespace
}  // namespace aloft::emulator::blob
