// SPDX-License-Identifier: Apache-2.0
#include "object/throttled_store.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "object/memory_account.h"

namespace aloft {
namespace {

using namespace std::chrono_literals;

class ThrottledStoreTest : public ::testing::Test {
 protected:
  ThrottledStoreTest() {
    EXPECT_TRUE(account_.create_container("box", {}));
    store_ = std::make_unique<ThrottledStore>(account_.container("box"),
                                              std::make_shared<TokenBucket>(1000, clock_));
  }
  Result<PutResult> put(std::size_t size_bytes) {
    const std::vector<std::byte> content(size_bytes);
    return store_->put({.key = "a", .content = content, .metadata = none_}, {});
  }
  Result<ReadResult> read(std::size_t size_bytes, const Limits& limits = {}) {
    std::vector<std::byte> buffer(size_bytes);
    return store_->read({.key = "a", .range = {.offset = 0, .length_bytes = size_bytes}}, buffer,
                        limits);
  }

  const Metadata none_;
  FakeClock clock_;
  MemoryAccount account_;
  std::unique_ptr<ThrottledStore> store_;
};

TEST_F(ThrottledStoreTest, CountsBothDirectionsTogether) {
  EXPECT_TRUE(put(5000));
  const std::vector<std::byte> block(3000);
  EXPECT_TRUE(store_->stage_block({.key = "b", .block_id = "1", .content = block}, {}));
  EXPECT_EQ(clock_.slept(), 5s);
  EXPECT_TRUE(read(1000));
  EXPECT_EQ(clock_.slept(), 8s);
  std::vector<std::byte> buffer(2000);
  const ReadRequest half{.key = "a", .range = {.offset = 0, .length_bytes = 1000}};
  std::vector<ReadPart> parts{{.request = half, .buffer = std::span(buffer).first(1000)},
                              {.request = half, .buffer = std::span(buffer).last(1000)}};
  store_->read_many(parts, {});
  EXPECT_EQ(clock_.slept(), 9s);
  EXPECT_TRUE(parts[0].result && parts[1].result);
  EXPECT_TRUE(put(1));
  EXPECT_EQ(clock_.slept(), 11s);
}

TEST_F(ThrottledStoreTest, CountsNoContentThatStaysWithTheService) {
  EXPECT_TRUE(put(5000));
  EXPECT_TRUE(store_->head("a", {}));
  EXPECT_TRUE(store_->list({}, {}));
  const SourceRef source = store_->source_ref("a").value();
  EXPECT_TRUE(store_->copy({.source = source, .key = "b"}, {}));
  EXPECT_EQ(clock_.slept(), 0s);
}

TEST_F(ThrottledStoreTest, FailsEachPartWhereTheWaitIsInterrupted) {
  EXPECT_TRUE(put(5000));
  std::stop_source stop;
  stop.request_stop();
  std::vector<std::byte> buffer(10);
  const ReadRequest request{.key = "a", .range = {.offset = 0, .length_bytes = 10}};
  std::vector<ReadPart> parts{{.request = request, .buffer = buffer}};
  store_->read_many(parts, {.stop = stop.get_token()});
  ASSERT_FALSE(parts[0].result);
  EXPECT_EQ(parts[0].result.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace aloft
