// SPDX-License-Identifier: Apache-2.0
#include "object/faulty_store.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "base/seeded_random.h"
#include "object/memory_account.h"

namespace aloft {
namespace {

class FaultyStoreTest : public testing::Test {
 protected:
  FaultyStore store(FaultOptions options) { return {memory_, options, random_, clock_}; }
  Result<PutResult> put(FaultyStore& faulty) {
    return faulty.put({.key = "a", .content = {}, .metadata = none_}, {});
  }

  const Metadata none_;
  FakeClock clock_;
  SeededRandom random_{42};
  std::shared_ptr<ObjectStore> memory_ = make_memory_store(clock_);
};

TEST_F(FaultyStoreTest, FailsBeforeTheWorkIsDone) {
  FaultyStore faulty = store({.fails_before = 1});
  EXPECT_EQ(put(faulty).error().code, ErrorCode::unavailable);
  EXPECT_FALSE(memory_->head("a", {}));
}

TEST_F(FaultyStoreTest, ForgetsAnswers) {
  FaultyStore faulty = store({.fails_after = 1});
  EXPECT_EQ(put(faulty).error().code, ErrorCode::unavailable);
  EXPECT_TRUE(memory_->head("a", {}));
}

TEST_F(FaultyStoreTest, DelaysByItsClock) {
  FaultyStore faulty = store({.delays = 1});
  ASSERT_TRUE(put(faulty));
  EXPECT_GT(clock_.slept(), std::chrono::milliseconds(0));
}

TEST_F(FaultyStoreTest, BreaksReadsOff) {
  const std::string content(1000, 'x');
  ASSERT_TRUE(memory_->put(
      {.key = "a", .content = std::as_bytes(std::span(content)), .metadata = none_}, {}));
  FaultyStore faulty = store({.breaks_reads = 1});
  std::string buffer(1000, '.');
  EXPECT_FALSE(
      faulty.read({.key = "a", .range = {0, 1000}}, std::as_writable_bytes(std::span(buffer)), {}));
  EXPECT_NE(buffer, content);
}

TEST_F(FaultyStoreTest, DoesNothingUnlessAskedTo) {
  FaultyStore faulty = store({});
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(put(faulty));
}

}  // namespace
}  // namespace aloft
