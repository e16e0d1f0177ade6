// SPDX-License-Identifier: Apache-2.0
// Objects made of blocks.
#include "store_fixture.h"

namespace aloft::conformance {
namespace {

class BlockTest : public StoreTest {};

constexpr auto kStaged = BlockRef::From::staged;
constexpr auto kCommitted = BlockRef::From::committed;

TEST_P(BlockTest, ShowsBlocksOnlyWhenTheyAreCommitted) {
  ASSERT_TRUE(stage("a", "1", "one"));
  ASSERT_TRUE(stage("a", "2", "two"));
  EXPECT_EQ(read("a"), "error: not_found");
  EXPECT_TRUE(store_->list({}, limits())->objects.empty());
  const auto list = store_->block_list("a", limits()).value();
  EXPECT_TRUE(list.committed.empty());
  EXPECT_EQ(list.uncommitted.size(), 2u);
  const Metadata metadata{{"k", "v"}};
  const auto made = commit("a", {{"2", kStaged}, {"1", kStaged}}, {}, metadata);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(read("a"), "twoone");
  const auto info = store_->head("a", limits()).value();
  EXPECT_EQ(info.etag, made->etag);
  EXPECT_EQ(without_commit(info.metadata), metadata);
}

TEST_P(BlockTest, ListsBlocksWithTheirSizesInOrder) {
  for (const char* id : {"b1", "b2", "b3"}) ASSERT_TRUE(stage("a", id, std::string(id) + "!"));
  ASSERT_TRUE(commit("a", {{"b3", kStaged}, {"b1", kStaged}}));
  ASSERT_TRUE(stage("a", "b4", "staged"));
  const auto list = store_->block_list("a", limits()).value();
  ASSERT_EQ(list.committed.size(), 2u);
  EXPECT_EQ(list.committed[0].id, "b3");
  EXPECT_EQ(list.committed[1].id, "b1");
  EXPECT_EQ(list.committed[0].size_bytes, 3u);
  ASSERT_EQ(list.uncommitted.size(), 1u);
  EXPECT_EQ(list.uncommitted[0].id, "b4");
}

TEST_P(BlockTest, KeepsAnyBytesAsIds) {
  const std::string id("\x00\xff/+ \n~z", 8);
  ASSERT_TRUE(stage("a", id, "content"));
  ASSERT_TRUE(commit("a", {{id, kStaged}}));
  EXPECT_EQ(store_->block_list("a", limits())->committed.at(0).id, id);
}

TEST_P(BlockTest, BuildsOnBlocksThatAreThere) {
  ASSERT_TRUE(stage("a", "1", "one"));
  ASSERT_TRUE(stage("a", "2", "two"));
  ASSERT_TRUE(commit("a", {{"1", kStaged}, {"2", kStaged}}));
  ASSERT_TRUE(stage("a", "3", "three"));
  ASSERT_TRUE(commit("a", {{"1", kCommitted}, {"3", kStaged}, {"1", kCommitted}}));
  EXPECT_EQ(read("a"), "onethreeone");
}

TEST_P(BlockTest, ChoosesBetweenTwoBlocksOfOneId) {
  ASSERT_TRUE(stage("a", "1", "old"));
  ASSERT_TRUE(commit("a", {{"1", kStaged}}));
  ASSERT_TRUE(stage("a", "1", "new"));
  ASSERT_TRUE(commit("a", {{"1", kCommitted}}));
  EXPECT_EQ(read("a"), "old");
  ASSERT_TRUE(stage("a", "1", "new"));
  ASSERT_TRUE(commit("a", {{"1", kStaged}}));
  EXPECT_EQ(read("a"), "new");
}

TEST_P(BlockTest, StagesABlockAgain) {
  ASSERT_TRUE(stage("a", "1", "first try"));
  ASSERT_TRUE(stage("a", "1", "second try"));
  ASSERT_TRUE(commit("a", {{"1", kStaged}}));
  EXPECT_EQ(read("a"), "second try");
}

TEST_P(BlockTest, ForgetsBlocksThatACommitDoesNotName) {
  ASSERT_TRUE(stage("a", "1", "one"));
  ASSERT_TRUE(stage("a", "2", "two"));
  ASSERT_TRUE(commit("a", {{"1", kStaged}}));
  EXPECT_TRUE(store_->block_list("a", limits())->uncommitted.empty());
  EXPECT_EQ(outcome(commit("a", {{"2", kStaged}})), "precondition_failed");
  EXPECT_EQ(outcome(commit("a", {{"9", kCommitted}})), "precondition_failed");
  EXPECT_EQ(read("a"), "one");
}

TEST_P(BlockTest, CommitsNothingToAnEmptyObject) {
  ASSERT_TRUE(put("a", "content"));
  ASSERT_TRUE(commit("a", {}));
  EXPECT_EQ(read("a"), "");
}

TEST_P(BlockTest, CommitsUnderConditions) {
  ASSERT_TRUE(stage("a", "1", "one"));
  const auto first = commit("a", {{"1", kStaged}}, {.if_none_match = "*"});
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(stage("a", "2", "two"));
  EXPECT_EQ(outcome(commit("a", {{"2", kStaged}}, {.if_none_match = "*"})), "already_exists");
  EXPECT_EQ(outcome(commit("a", {{"2", kStaged}}, {.if_match = "\"0x1\""})), "precondition_failed");
  EXPECT_EQ(outcome(commit("a", {{"2", kStaged}}, {.if_match = first->etag})), "success");
  EXPECT_EQ(read("a"), "two");
}

TEST_P(BlockTest, WantsIdsOfOneLength) {
  EXPECT_EQ(outcome(stage("a", "", "x")), "invalid_argument");
  EXPECT_EQ(outcome(stage("a", std::string(65, 'i'), "x")), "invalid_argument");
  EXPECT_EQ(outcome(stage("a", std::string(64, 'i'), "x")), "success");
  if (!backend_.checks_block_id_lengths) GTEST_SKIP() << "it does not compare ids";
  EXPECT_EQ(outcome(stage("a", "short", "x")), "invalid_argument");
}

TEST_P(BlockTest, ListsNoBlocksOfAnObjectThatWasPut) {
  ASSERT_TRUE(put("a", "content"));
  const auto list = store_->block_list("a", limits());
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_TRUE(list->committed.empty());
}

TEST_P(BlockTest, StagesRangesOfAnotherObject) {
  if (!backend_.stages_from_object) GTEST_SKIP() << "it lacks Put Block From URL";
  const auto made = put("source with space", "0123456789").value();
  const auto source = store_->source_ref("source with space").value();
  const auto stage_from = [&](std::string_view id, ByteRange range, std::string_view if_match) {
    return outcome(store_->stage_block_from(
        {.key = "a", .block_id = id, .source = source, .range = range, .source_if_match = if_match},
        limits()));
  };
  EXPECT_EQ(stage_from("1", {2, 3}, made.etag), "success");
  EXPECT_EQ(stage_from("2", {8, 2}, ""), "success");
  EXPECT_EQ(stage_from("3", {0, 1}, "\"0x1\""), "precondition_failed");
  ASSERT_TRUE(commit("a", {{"1", kStaged}, {"2", kStaged}}));
  EXPECT_EQ(read("a"), "23489");
  ASSERT_TRUE(store_->remove("source with space", {}, limits()));
  EXPECT_EQ(stage_from("4", {0, 1}, ""), "not_found");
}

TEST_P(BlockTest, KeepsBlocksThroughACopy) {
  ASSERT_TRUE(stage("a", "1", "one"));
  ASSERT_TRUE(stage("a", "2", "two"));
  ASSERT_TRUE(commit("a", {{"1", kStaged}, {"2", kStaged}}));
  ASSERT_TRUE(store_->copy({.source = store_->source_ref("a").value(), .key = "b"}, limits()));
  EXPECT_EQ(read("b"), "onetwo");
}

INSTANTIATE_TEST_SUITE_P(Conformance, BlockTest, testing::ValuesIn(backend_names()),
                         [](const auto& backend) { return backend.param; });

}  // namespace
}  // namespace aloft::conformance
