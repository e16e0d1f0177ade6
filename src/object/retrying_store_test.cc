// SPDX-License-Identifier: Apache-2.0
#include "object/retrying_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <random>
#include <utility>

#include "base/fake_clock.h"
#include "base/seeded_random.h"
#include "object/faulty_store.h"
#include "object/memory_account.h"

namespace aloft {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Stands before a store and makes chosen calls fail, before or after they did their work.
class TroubledStore final : public ObjectStore {
 public:
  explicit TroubledStore(std::shared_ptr<ObjectStore> inner) : inner_(std::move(inner)) {}

  int fail_before = 0;  ///< So many calls from now on.
  int fail_after = 0;
  bool changes_etags = false;  ///< When it renames.
  bool lose_rename = false;    ///< The answer to the next one that is done.
  Error error{.code = ErrorCode::unavailable, .message = "connection reset"};
  std::deque<Error> errors{};  ///< Of the calls before those.
  int calls = 0;

  std::string name() const override { return inner_->name(); }
  Capabilities capabilities() const override { return inner_->capabilities(); }
  Result<ObjectInfo> head(std::string_view key, const Limits& limits) override {
    return trouble([&] { return inner_->head(key, limits); });
  }
  Result<ReadResult> read(const ReadRequest& request, std::span<std::byte> buffer,
                          const Limits& limits) override {
    return trouble([&] { return inner_->read(request, buffer, limits); });
  }
  void read_many(std::span<ReadPart> parts, const Limits& limits) override {
    for (ReadPart& part : parts) part.result = read(part.request, part.buffer, limits);
  }
  Result<PutResult> put(const PutRequest& request, const Limits& limits) override {
    return trouble([&] { return inner_->put(request, limits); });
  }
  Result<void> stage_block(const StageRequest& request, const Limits& limits) override {
    return trouble([&] { return inner_->stage_block(request, limits); });
  }
  Result<void> stage_block_from(const StageFromRequest& request, const Limits& limits) override {
    return trouble([&] { return inner_->stage_block_from(request, limits); });
  }
  Result<PutResult> commit_blocks(const CommitRequest& request, const Limits& limits) override {
    return trouble([&] { return inner_->commit_blocks(request, limits); });
  }
  Result<BlockList> block_list(std::string_view key, const Limits& limits) override {
    return trouble([&] { return inner_->block_list(key, limits); });
  }
  Result<PutResult> copy(const CopyRequest& request, const Limits& limits) override {
    return trouble([&] { return inner_->copy(request, limits); });
  }
  Result<SourceRef> source_ref(std::string_view key) override { return inner_->source_ref(key); }
  Result<PutResult> set_metadata(std::string_view key, const Metadata& metadata,
                                 const Conditions& conditions, const Limits& limits) override {
    return trouble([&] { return inner_->set_metadata(key, metadata, conditions, limits); });
  }
  Result<void> remove(std::string_view key, const Conditions& conditions,
                      const Limits& limits) override {
    return trouble([&] { return inner_->remove(key, conditions, limits); });
  }
  Result<bool> hierarchical(const Limits& limits) override {
    return trouble([&] { return inner_->hierarchical(limits); });
  }
  Result<void> rename(const RenameRequest& request, const Limits& limits) override {
    return trouble([&]() -> Result<void> {
      TRY(inner_->rename(request, limits));
      if (changes_etags) {
        const ObjectInfo moved = TRY(inner_->head(request.to, limits));
        TRY(inner_->set_metadata(request.to, moved.metadata, {}, limits));
      }
      if (!std::exchange(lose_rename, false)) return {};
      return fail(error);
    });
  }
  Result<ListPage> list(const ListRequest& request, const Limits& limits) override {
    return trouble([&] { return inner_->list(request, limits); });
  }

 private:
  template <class Call>
  auto trouble(Call call) -> decltype(call()) {
    ++calls;
    if (!errors.empty()) {
      Error next = std::move(errors.front());
      errors.pop_front();
      return fail(std::move(next));
    }
    if (fail_before > 0) {
      --fail_before;
      return fail(error);
    }
    auto result = call();
    if (fail_after == 0) return result;
    --fail_after;
    return fail(error);
  }
  std::shared_ptr<ObjectStore> inner_;
};

/// The store of a container whose keys are paths.
std::shared_ptr<ObjectStore> make_tree_store(Clock& clock) {
  MemoryAccount account("memory", clock, true);
  EXPECT_TRUE(account.create_container("store", {}));
  return account.container("store");
}

class RetryingStoreTest : public testing::Test {
 protected:
  Result<PutResult> put(std::string_view key, std::string_view content,
                        const Conditions& conditions = {}) {
    return store_.put(
        {.key = key, .content = bytes(content), .metadata = none_, .conditions = conditions}, {});
  }

  const Metadata none_;
  FakeClock clock_;
  SeededRandom random_{4711};
  std::shared_ptr<ObjectStore> memory_ = make_memory_store(clock_);
  std::shared_ptr<TroubledStore> inner_ = std::make_shared<TroubledStore>(memory_);
  RetryingStore store_{inner_, {.attempts_max = 3}, clock_, random_};
};

TEST_F(RetryingStoreTest, RepeatsWhatMayPass) {
  for (const ErrorCode code : {ErrorCode::unavailable, ErrorCode::throttled}) {
    inner_->error.code = code;
    inner_->fail_before = 2;
    EXPECT_TRUE(put("a", "x"));
  }
}

TEST_F(RetryingStoreTest, DoesNotRepeatAPermanentError) {
  for (const ErrorCode code : {ErrorCode::permission_denied, ErrorCode::corrupt,
                               ErrorCode::invalid_argument, ErrorCode::cancelled}) {
    inner_->error.code = code;
    inner_->calls = 0;
    inner_->fail_before = 1;
    EXPECT_EQ(store_.head("a", {}).error().code, code);
    EXPECT_EQ(inner_->calls, 1);
  }
}

TEST_F(RetryingStoreTest, GivesUpAfterItsAttempts) {
  inner_->fail_before = 99;
  const auto head = store_.head("a", {});
  EXPECT_EQ(head.error().code, ErrorCode::unavailable);
  EXPECT_THAT(head.error().message, HasSubstr("3 attempts"));
  EXPECT_EQ(inner_->calls, 3);
}

TEST_F(RetryingStoreTest, GivesUpSoonerOnAServiceThatNeverAnswered) {
  RetryingStore store(inner_, {.attempts_max = 9, .attempts_unheard_max = 2}, clock_, random_);
  const auto attempts = [&] {
    inner_->calls = 0;
    inner_->fail_before = 99;
    EXPECT_FALSE(store.head("a", {}));
    inner_->fail_before = 0;
    return inner_->calls;
  };
  EXPECT_EQ(attempts(), 2);
  EXPECT_EQ(store.head("a", {}).error().code, ErrorCode::not_found);
  EXPECT_EQ(attempts(), 9);
  RetryingStore other(inner_, {.attempts_max = 9, .attempts_unheard_max = 2}, clock_, random_);
  inner_->error.request_id = "id";
  inner_->calls = 0;
  inner_->fail_before = 99;
  EXPECT_FALSE(other.head("a", {}));
  EXPECT_EQ(inner_->calls, 9) << "it is there, but in trouble";
}

TEST_F(RetryingStoreTest, PausesLongerEachTimeButNotBeyondTheLongest) {
  RetryingStore patient(inner_, {.attempts_max = 10, .pause_first = 100ms, .pause_max = 400ms},
                        clock_, random_);
  inner_->fail_before = 99;
  EXPECT_FALSE(patient.head("a", {}));
  EXPECT_GT(clock_.slept(), 0ms);
  EXPECT_LE(clock_.slept(), 100ms + 200ms + 7 * 400ms);
}

TEST_F(RetryingStoreTest, StopsBeforeAPauseThatWouldPassTheDeadline) {
  inner_->error.retry_after = 100ms;
  inner_->fail_before = 99;
  const auto head = store_.head("a", {.deadline = clock_.now() + 50ms});
  EXPECT_EQ(head.error().code, ErrorCode::deadline_exceeded);
  EXPECT_THAT(head.error().message, HasSubstr("connection reset"));
  EXPECT_EQ(clock_.slept(), 0ms) << "it should fail early, not sleep first";
}

TEST_F(RetryingStoreTest, WaitsAsLongAsTheServiceAsks) {
  inner_->error.code = ErrorCode::throttled;
  inner_->error.retry_after = 30s;
  inner_->fail_before = 1;
  EXPECT_TRUE(put("a", "x"));
  EXPECT_GE(clock_.slept(), 30s);
}

TEST_F(RetryingStoreTest, WaitsAsLongAsTheServiceAsksForAnyPart) {
  put("a", "content");
  inner_->errors = {{.code = ErrorCode::unavailable, .message = "reset"},
                    {.code = ErrorCode::throttled, .message = "busy", .retry_after = 30s}};
  std::array<std::byte, 7> first, second;
  std::array<ReadPart, 2> parts{
      ReadPart{.request = {.key = "a", .range = {0, 7}}, .buffer = first},
      ReadPart{.request = {.key = "a", .range = {0, 7}}, .buffer = second}};
  store_.read_many(parts, {});
  EXPECT_TRUE(parts[0].result && parts[1].result);
  EXPECT_GE(clock_.slept(), 30s);
}

TEST_F(RetryingStoreTest, EndsWhenAskedToStop) {
  inner_->fail_before = 99;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(store_.head("a", {.stop = stop.get_token()}).error().code, ErrorCode::cancelled);
}

TEST_F(RetryingStoreTest, SpendsNoMoreRepeatsThanItsBudget) {
  RetryingStore thrifty(inner_, {.attempts_max = 100, .spare_repeats = 5}, clock_, random_);
  inner_->fail_before = 1'000'000;
  EXPECT_FALSE(thrifty.head("a", {}));
  EXPECT_EQ(inner_->calls, 6);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(thrifty.head("a", {}));
  EXPECT_LE(inner_->calls, 6 + 100 + 11);
}

TEST_F(RetryingStoreTest, KnowsItsOwnCreationAgain) {
  inner_->fail_after = 1;
  const auto made = put("a", "mine", {.if_none_match = "*"});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->etag, memory_->head("a", {})->etag);
}

TEST_F(RetryingStoreTest, KnowsItsOwnReplacementAgain) {
  const auto first = put("a", "first").value();
  inner_->fail_after = 1;
  const auto second = put("a", "second", {.if_match = first.etag});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->etag, memory_->head("a", {})->etag);
}

TEST_F(RetryingStoreTest, StillReportsAConflictWithSomebodyElse) {
  const auto first = put("a", "first").value();
  ASSERT_TRUE(put("a", "theirs"));
  inner_->fail_before = 1;
  EXPECT_EQ(put("a", "mine", {.if_match = first.etag}).error().code,
            ErrorCode::precondition_failed);
  inner_->fail_before = 1;
  EXPECT_EQ(put("a", "mine", {.if_none_match = "*"}).error().code, ErrorCode::already_exists);
}

TEST_F(RetryingStoreTest, KnowsItsOwnCommitAgain) {
  for (const bool conditional : {true, false}) {
    const std::string key = conditional ? "a" : "b";
    ASSERT_TRUE(store_.stage_block({.key = key, .block_id = "1", .content = bytes("x")}, {}));
    const BlockRef list[] = {{.id = "1"}};
    inner_->fail_after = 1;
    const auto committed =
        store_.commit_blocks({.key = key,
                              .blocks = list,
                              .metadata = none_,
                              .conditions = {.if_none_match = conditional ? "*" : ""}},
                             {});
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ(committed->etag, memory_->head(key, {})->etag);
  }
}

TEST_F(RetryingStoreTest, KnowsItsOwnMetadataAgain) {
  const auto made = put("a", "x").value();
  inner_->fail_after = 1;
  const Metadata metadata{{"k", "v"}};
  ASSERT_TRUE(store_.set_metadata("a", metadata, {.if_match = made.etag}, {}));
  EXPECT_EQ(memory_->head("a", {})->metadata.at("k"), "v");
}

TEST_F(RetryingStoreTest, KnowsItsOwnCopyAgainByItsMetadataOnly) {
  ASSERT_TRUE(put("a", "x"));
  const auto source = store_.source_ref("a").value();
  inner_->fail_after = 1;
  EXPECT_TRUE(store_.copy(
      {.source = source, .key = "b", .metadata = &none_, .conditions = {.if_none_match = "*"}},
      {}));
  inner_->fail_after = 1;
  const auto copied =
      store_.copy({.source = source, .key = "c", .conditions = {.if_none_match = "*"}}, {});
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, ErrorCode::unavailable);
  EXPECT_THAT(copied.error().message, HasSubstr("our own"));
}

TEST_F(RetryingStoreTest, CopiesWithMetadataThatLeaveNoRoomForItsOwn) {
  ASSERT_TRUE(put("a", "x"));
  const auto source = store_.source_ref("a").value();
  const Metadata full{{"notes", std::string(8 * 1024 - 5, 'x')}};
  const CopyRequest request{
      .source = source, .key = "b", .metadata = &full, .conditions = {.if_none_match = "*"}};
  const auto copied = store_.copy(request, {});
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(memory_->head("b", {})->metadata, full);
  ASSERT_TRUE(memory_->remove("b", {}, {}));
  inner_->fail_after = 1;
  EXPECT_EQ(store_.copy(request, {}).error().code, ErrorCode::unavailable);
}

TEST_F(RetryingStoreTest, TakesNothingLeftForASuccessfulRemoval) {
  ASSERT_TRUE(put("a", "x"));
  inner_->fail_after = 1;
  EXPECT_TRUE(store_.remove("a", {}, {}));
  EXPECT_EQ(store_.remove("a", {}, {}).error().code, ErrorCode::not_found);
}

TEST_F(RetryingStoreTest, FindsItsOwnRename) {
  const auto inner = std::make_shared<TroubledStore>(make_tree_store(clock_));
  RetryingStore store(inner, {.attempts_max = 3}, clock_, random_);
  ASSERT_TRUE(store.put({.key = "a", .content = bytes("x"), .metadata = none_}, {}));
  const Etag etag = store.head("a", {})->etag;
  for (const std::string_view known : {std::string_view(), std::string_view(etag)}) {
    const std::string_view from = known.empty() ? "a" : "b", to = known.empty() ? "b" : "c";
    inner->lose_rename = true;
    EXPECT_TRUE(store.rename(
        {.from = from, .to = to, .conditions = {.if_none_match = "*"}, .source_if_match = known},
        {}));
    EXPECT_EQ(store.head(to, {})->etag, etag);
  }
}

TEST_F(RetryingStoreTest, FindsItsOwnRenameOfADirectoryThatGotAnotherEtag) {
  const auto inner = std::make_shared<TroubledStore>(make_tree_store(clock_));
  RetryingStore store(inner, {.attempts_max = 3}, clock_, random_);
  const Metadata directory{{std::string(kDirectoryKey), "true"}, {"colour", "blue"}};
  ASSERT_TRUE(store.put({.key = "d", .content = {}, .metadata = directory}, {}));
  ASSERT_TRUE(store.put({.key = "file", .content = {}, .metadata = none_}, {}));
  inner->changes_etags = true;
  inner->lose_rename = true;
  EXPECT_TRUE(store.rename({.from = "d", .to = "e", .conditions = {.if_none_match = "*"}}, {}));
  inner->lose_rename = true;
  EXPECT_FALSE(store.rename({.from = "file", .to = "f", .conditions = {.if_none_match = "*"}}, {}))
      << "nothing shows that it is the same file";
}

TEST_F(RetryingStoreTest, TakesTheObjectOfSomebodyElseForNoRenameOfItsOwn) {
  const auto tree = make_tree_store(clock_);
  const auto inner = std::make_shared<TroubledStore>(tree);
  RetryingStore store(inner, {.attempts_max = 3}, clock_, random_);
  ASSERT_TRUE(tree->put({.key = "a", .content = bytes("x"), .metadata = none_}, {}));
  ASSERT_TRUE(tree->put({.key = "b", .content = bytes("x"), .metadata = none_}, {}));
  const Etag etag = tree->head("a", {})->etag;
  const RenameRequest request{
      .from = "a", .to = "b", .conditions = {.if_none_match = "*"}, .source_if_match = etag};
  inner->fail_before = 1;
  EXPECT_EQ(store.rename(request, {}).error().code, ErrorCode::already_exists);
  const Etag target = tree->head("b", {})->etag;
  inner->fail_before = 1;
  EXPECT_EQ(store.rename({.from = "a", .to = "b", .source_if_match = target}, {}).error().code,
            ErrorCode::precondition_failed)
      << "what is at the source was not renamed";
  ASSERT_TRUE(tree->remove("a", {}, {}));
  inner->fail_before = 1;
  EXPECT_EQ(store.rename(request, {}).error().code, ErrorCode::not_found);
}

TEST_F(RetryingStoreTest, RepeatsOnlyThePartsOfAReadThatFailed) {
  ASSERT_TRUE(put("a", "0123456789"));
  std::string buffer(10, '.');
  const auto space = std::as_writable_bytes(std::span(buffer));
  ReadPart parts[] = {{.request = {.key = "a", .range = {0, 5}}, .buffer = space.first(5)},
                      {.request = {.key = "a", .range = {5, 5}}, .buffer = space.subspan(5)},
                      {.request = {.key = "none", .range = {0, 1}}, .buffer = space}};
  inner_->calls = 0;
  inner_->fail_before = 1;
  store_.read_many(parts, {});
  EXPECT_EQ(buffer, "0123456789");
  EXPECT_EQ(parts[2].result.error().code, ErrorCode::not_found);
  EXPECT_EQ(inner_->calls, 4);
}

/// Under any trouble, a counter that is raised by conditional writes loses and doubles nothing.
TEST_F(RetryingStoreTest, NeverLosesOrDoublesAWriteUnderTrouble) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom chance(seed);
  const auto faulty = std::make_shared<FaultyStore>(
      memory_,
      FaultOptions{.fails_before = 0.1, .fails_after = 0.2, .throttles = 0.1, .breaks_reads = 0.1},
      chance, clock_);
  RetryingStore store(faulty, {.attempts_max = 50, .spare_repeats = 1e9}, clock_, chance);
  std::string expected;
  Etag etag;
  for (int i = 0; i < 300; ++i) {
    expected += static_cast<char>('a' + i % 26);
    const Conditions conditions =
        etag.empty() ? Conditions{.if_none_match = "*"} : Conditions{.if_match = etag};
    const auto made = store.put(
        {.key = "a", .content = bytes(expected), .metadata = none_, .conditions = conditions}, {});
    ASSERT_TRUE(made) << i << ": " << made.error().message;
    etag = made->etag;
    std::string buffer(expected.size(), '.');
    ASSERT_TRUE(store.read({.key = "a", .range = {0, buffer.size()}, .if_match = etag},
                           std::as_writable_bytes(std::span(buffer)), {}));
    ASSERT_EQ(buffer, expected);
  }
}

}  // namespace
}  // namespace aloft
