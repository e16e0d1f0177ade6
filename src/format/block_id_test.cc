// SPDX-License-Identifier: Apache-2.0
#include "format/block_id.h"

#include <gtest/gtest.h>

namespace aloft::format {
namespace {

TEST(BlockId, HasOneLengthWhateverWriterAndIndex) {
  const BlockId first = block_id(new_writer_id(system_random()), 0);
  const BlockId last = block_id(new_writer_id(system_random()), 49'999);
  EXPECT_EQ(first.size(), last.size());
  EXPECT_LE(first.size(), 64u) << "Azure takes no longer one";
}

TEST(BlockId, OrdersAsTheIndexDoes) {
  const std::string writer = new_writer_id(system_random());
  EXPECT_LT(block_id(writer, 9), block_id(writer, 10));
  EXPECT_LT(block_id(writer, 0xff), block_id(writer, 0x100));
}

TEST(BlockId, DiffersBetweenWriters) {
  EXPECT_NE(new_writer_id(system_random()), new_writer_id(system_random()));
}

}  // namespace
}  // namespace aloft::format
