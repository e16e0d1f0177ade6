// SPDX-License-Identifier: Apache-2.0
// Each write once is carried out without an answer: RetryingStore tells its own work from others'.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "object/faulty_store.h"
#include "object/retrying_store.h"
#include "store_fixture.h"

namespace aloft::conformance {
namespace {

/// Strikes where it is told to, and nowhere else.
class Chance final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override {
    std::ranges::fill(bytes, std::exchange(strikes_next, false) ? std::byte{0} : std::byte{1});
  }
  bool strikes_next = false;
};

/// The backend's store, which loses one answer when it is told to; behind a store that repeats. Of
/// backends that lose answers themselves and have such a store, "faults" loses one on the wire for
/// each key here.
class LostAnswerTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (store_ == nullptr || backend_.loses_answers) return;
    auto faulty = std::make_shared<FaultyStore>(store_, FaultOptions{.fails_after = 1e-6}, chance_,
                                                system_clock());
    store_ = std::make_shared<RetryingStore>(
        std::move(faulty), RetryOptions{.pause_first = std::chrono::milliseconds(0)},
        system_clock(), system_random());
  }
  void lose_next_answer() { chance_.strikes_next = !backend_.loses_answers; }
  /// That what was told to be lost was, and that the answer is about what is there now.
  void check(const Result<PutResult>& written, std::string_view key) {
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_FALSE(chance_.strikes_next);
    EXPECT_EQ(written->etag, store_->head(key, limits()).value().etag);
  }

  Chance chance_;
  const Conditions nothing_there_{.if_none_match = "*"};
};

TEST_P(LostAnswerTest, OfAPut) {
  lose_next_answer();
  check(put("lost-put", "ours", {}, nothing_there_), "lost-put");
  EXPECT_EQ(read("lost-put"), "ours");
  lose_next_answer();
  EXPECT_EQ(outcome(put("lost-put", "again", {}, nothing_there_)), "already_exists");
}

TEST_P(LostAnswerTest, OfACommit) {
  ASSERT_TRUE(stage("lost-commit", "1", "one"));
  lose_next_answer();
  check(commit("lost-commit", {{.id = "1"}}, nothing_there_), "lost-commit");
  EXPECT_EQ(read("lost-commit"), "one");
}

TEST_P(LostAnswerTest, OfMetadata) {
  const auto made = put("lost-metadata", "x");
  ASSERT_TRUE(made);
  lose_next_answer();
  check(store_->set_metadata("lost-metadata", {{"a", "b"}}, {.if_match = made->etag}, limits()),
        "lost-metadata");
  EXPECT_EQ(store_->head("lost-metadata", limits())->metadata.at("a"), "b");
  lose_next_answer();
  EXPECT_EQ(outcome(store_->set_metadata("lost-metadata", {}, {.if_match = made->etag}, limits())),
            "precondition_failed");
}

TEST_P(LostAnswerTest, OfACopy) {
  ASSERT_TRUE(put("source", "copied"));
  const auto source = store_->source_ref("source").value();
  const Metadata metadata{{"a", "b"}};
  lose_next_answer();
  check(store_->copy({.source = source,
                      .key = "lost-copy",
                      .metadata = &metadata,
                      .conditions = nothing_there_},
                     limits()),
        "lost-copy");
  EXPECT_EQ(read("lost-copy"), "copied");
}

TEST_P(LostAnswerTest, OfARemoval) {
  const auto made = put("lost-removal", "x");
  ASSERT_TRUE(made);
  lose_next_answer();
  EXPECT_EQ(outcome(store_->remove("lost-removal", {.if_match = made->etag}, limits())), "success");
  EXPECT_FALSE(chance_.strikes_next);
  EXPECT_EQ(outcome(store_->head("lost-removal", limits())), "not_found");
}

class LostTreeAnswerTest : public LostAnswerTest {};

TEST_P(LostTreeAnswerTest, OfARename) {
  const auto made = put("lost-name", "x");
  ASSERT_TRUE(made);
  lose_next_answer();
  EXPECT_EQ(outcome(store_->rename({.from = "lost-name", .to = "found"}, limits())), "success");
  EXPECT_EQ(read("found"), "x");
  EXPECT_EQ(read("lost-name"), "error: not_found");
}

INSTANTIATE_TEST_SUITE_P(Conformance, LostTreeAnswerTest, testing::ValuesIn(tree_backend_names()),
                         [](const auto& backend) { return backend.param; });
INSTANTIATE_TEST_SUITE_P(Conformance, LostAnswerTest, testing::ValuesIn(backend_names()),
                         [](const auto& backend) { return backend.param; });

}  // namespace
}  // namespace aloft::conformance
