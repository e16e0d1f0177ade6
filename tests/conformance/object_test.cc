// SPDX-License-Identifier: Apache-2.0
// Whole objects: writing, reading, properties, conditions, removal, copies.
#include <atomic>
#include <thread>

#include "store_fixture.h"

namespace aloft::conformance {
namespace {

using testing::HasSubstr;

class ObjectTest : public StoreTest {};

TEST_P(ObjectTest, KeepsContentOfAnySize) {
  for (const std::size_t size : {0u, 1u, 1000u, 65'537u, 900'001u}) {
    std::string content(size, 'x');
    for (std::size_t i = 0; i < size; i += 7) content[i] = static_cast<char>(i % 251);
    ASSERT_TRUE(put("a", content));
    EXPECT_EQ(store_->head("a", limits())->size_bytes, size);
    EXPECT_TRUE(read("a") == content) << size;
  }
}

TEST_P(ObjectTest, KeepsKeysWithOddCharacters) {
  const std::vector<std::string> keys = {"plain",     "with space",
                                         "a//b",      "dir/",
                                         "100%",      "%41",
                                         "a+b",       "a?b=c&d",
                                         "a#b",       "ä/ö/日本/🧬",
                                         "'quoted\"", "<tag>&amp;",
                                         "a;b,c=d",   "~!@$^*()[]{}|`",
                                         " leading",  "trailing ",
                                         ".hidden",   "a:b",
                                         "CASE",      "case"};
  for (const std::string& key : keys) {
    ASSERT_TRUE(put(key, "content of " + key)) << key;
  }
  for (const std::string& key : keys) EXPECT_EQ(read(key), "content of " + key);
  std::vector<std::string> listed;
  const auto page = store_->list({}, limits());
  ASSERT_TRUE(page) << page.error().message;
  for (const ObjectInfo& object : page->objects) listed.push_back(object.key);
  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(keys));
}

TEST_P(ObjectTest, RefusesKeysThatTheServiceWouldBend) {
  for (const char* key : {"", ".", "a/..", "a.", "a\\b", "a\nb", "\xff"}) {
    EXPECT_EQ(outcome(put(key, "x")), "invalid_argument") << key;
    EXPECT_EQ(outcome(store_->head(key, limits())), "invalid_argument") << key;
  }
}

TEST_P(ObjectTest, ReadsRangesUpToTheEnd) {
  ASSERT_TRUE(put("a", "0123456789"));
  EXPECT_EQ(read("a", {0, 4}), "0123");
  EXPECT_EQ(read("a", {3, 4}), "3456");
  EXPECT_EQ(read("a", {8, 100}), "89");
  EXPECT_EQ(read("a", {10, 5}), "");
  EXPECT_EQ(read("a", {1'000'000, 5}), "");
  EXPECT_EQ(read("a", {0, 0}), "");
  ASSERT_TRUE(put("empty", ""));
  EXPECT_EQ(read("empty", {0, 5}), "");
}

TEST_P(ObjectTest, ReadsTheVersionThatWasAskedForOnly) {
  const auto first = put("a", "first").value();
  EXPECT_EQ(read("a", {0, 100}, first.etag), "first");
  ASSERT_TRUE(put("a", "second"));
  EXPECT_EQ(read("a", {0, 100}, first.etag), "error: precondition_failed");
  EXPECT_EQ(read("a", {50, 100}, first.etag), "error: precondition_failed");
}

TEST_P(ObjectTest, SaysWhatItKnowsTogetherWithARead) {
  const Metadata metadata{{"colour", "blue"}};
  const auto made = put("a", "0123456789", metadata).value();
  std::byte buffer[4];
  for (const ByteRange range : {ByteRange{2, 4}, ByteRange{10, 4}, ByteRange{0, 0}}) {
    const auto result =
        store_->read({.key = "a", .range = range, .want_info = true}, buffer, limits());
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_TRUE(result->info);
    EXPECT_EQ(result->info->size_bytes, 10u);
    EXPECT_EQ(result->info->etag, made.etag);
    EXPECT_EQ(without_commit(result->info->metadata), metadata);
  }
}

TEST_P(ObjectTest, ReadsManyPartsEachWithItsOwnResult) {
  ASSERT_TRUE(put("a", "0123456789"));
  std::string buffer(40, '.');
  const auto space = std::as_writable_bytes(std::span(buffer));
  std::vector<ReadPart> parts;
  for (std::size_t i = 0; i < 10; ++i) {
    parts.push_back({.request = {.key = "a", .range = {i, 2}}, .buffer = space.subspan(2 * i, 2)});
  }
  parts.push_back({.request = {.key = "none", .range = {0, 2}}, .buffer = space.subspan(30, 2)});
  parts.push_back({.request = {.key = "a", .range = {99, 2}}, .buffer = space.subspan(30, 2)});
  store_->read_many(parts, limits());
  for (std::size_t i = 0; i < 9; ++i) {
    ASSERT_TRUE(parts[i].result) << parts[i].result.error().message;
    EXPECT_EQ(parts[i].result->size_bytes, 2u);
  }
  EXPECT_EQ(parts[9].result->size_bytes, 1u);
  EXPECT_EQ(buffer.substr(0, 19), "0112233445566778899");
  EXPECT_EQ(outcome(parts[10].result), "not_found");
  EXPECT_EQ(parts[11].result->size_bytes, 0u);
}

TEST_P(ObjectTest, KeepsMetadataAndReplacesThemAsAWhole) {
  // Names that a service sorts otherwise than bytes are: all are signed.
  const Metadata metadata{{"posix_owner", "1000"},
                          {"two_blanks", "a  b"},
                          {"permissions", "33188"},
                          {"a_b", "1"},
                          {"a1", "2"},
                          {"ab", "3 = three; x"},
                          {"A", "z"}};
  ASSERT_TRUE(put("a", "x", metadata));
  EXPECT_EQ(without_commit(store_->head("a", limits())->metadata), metadata);
  const Metadata fewer{{"only", "this"}};
  const auto set = store_->set_metadata("a", fewer, {}, limits());
  ASSERT_TRUE(set) << set.error().message;
  const auto info = store_->head("a", limits()).value();
  EXPECT_EQ(without_commit(info.metadata), fewer);
  EXPECT_EQ(info.etag, set->etag);
  EXPECT_EQ(read("a"), "x");
  ASSERT_TRUE(put("a", "y"));
  EXPECT_EQ(without_commit(store_->head("a", limits())->metadata), Metadata{});
}

TEST_P(ObjectTest, RefusesMetadataThatWouldNotSurvive) {
  for (const auto& [name, value] :
       {std::pair("a-b", "x"), std::pair("1a", "x"), std::pair("a", "ä"), std::pair("a", " x")}) {
    EXPECT_EQ(outcome(put("a", "x", {{name, value}})), "invalid_argument") << name;
  }
  EXPECT_EQ(outcome(put("a", "x", {{"a", std::string(9000, 'x')}})), "invalid_argument");
}

TEST_P(ObjectTest, KeepsHttpProperties) {
  const Metadata none;
  const ContentProperties properties{.content_type = "text/x-fasta",
                                     .content_encoding = "gzip",
                                     .content_language = "de",
                                     .content_disposition = "attachment",
                                     .cache_control = "no-cache"};
  ASSERT_TRUE(store_->put(
      {.key = "a", .content = bytes("x"), .metadata = none, .properties = properties}, limits()));
  const auto kept = store_->head("a", limits())->properties;
  EXPECT_EQ(kept.content_type, "text/x-fasta");
  EXPECT_EQ(kept.content_encoding, "gzip");
  EXPECT_EQ(kept.content_language, "de");
  EXPECT_EQ(kept.content_disposition, "attachment");
  EXPECT_EQ(kept.cache_control, "no-cache");
  ASSERT_TRUE(store_->set_metadata("a", {{"k", "v"}}, {}, limits()));
  EXPECT_EQ(store_->head("a", limits())->properties.content_type, "text/x-fasta");
}

TEST_P(ObjectTest, TellsWhatIsMissing) {
  EXPECT_EQ(outcome(store_->head("none", limits())), "not_found");
  EXPECT_EQ(read("none"), "error: not_found");
  if (!backend_.loses_answers) {
    EXPECT_EQ(outcome(store_->remove("none", {}, limits())), "not_found");
  }
  EXPECT_EQ(outcome(store_->set_metadata("none", {}, {}, limits())), "not_found");
  EXPECT_EQ(outcome(store_->block_list("none", limits())), "not_found");
  const auto head = store_->head("none", limits());
  EXPECT_THAT(head.error().message, HasSubstr(store_->name() + "/none"));
}

TEST_P(ObjectTest, CreatesOnlyWhatIsNotThere) {
  const Conditions absent{.if_none_match = "*"};
  ASSERT_TRUE(put("a", "first", {}, absent));
  EXPECT_EQ(outcome(put("a", "second", {}, absent)), "already_exists");
  EXPECT_EQ(read("a"), "first");
}

TEST_P(ObjectTest, ReplacesOnlyTheVersionThatWasSeen) {
  const auto first = put("a", "first").value();
  const auto second = put("a", "second", {}, {.if_match = first.etag});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_NE(second->etag, first.etag);
  EXPECT_EQ(outcome(put("a", "third", {}, {.if_match = first.etag})), "precondition_failed");
  EXPECT_EQ(outcome(put("none", "x", {}, {.if_match = first.etag})), "precondition_failed");
  EXPECT_EQ(outcome(store_->set_metadata("a", {}, {.if_match = first.etag}, limits())),
            "precondition_failed");
  EXPECT_EQ(outcome(store_->remove("a", {.if_match = first.etag}, limits())),
            "precondition_failed");
  EXPECT_EQ(read("a"), "second");
  EXPECT_EQ(outcome(store_->remove("a", {.if_match = second->etag}, limits())), "success");
  EXPECT_EQ(read("a"), "error: not_found");
}

TEST_P(ObjectTest, SpellsEtagAndDateTheSameEverywhere) {
  const auto made = put("a", "x").value();
  const auto head = store_->head("a", limits()).value();
  const auto listed = store_->list({}, limits())->objects.at(0);
  EXPECT_EQ(head.etag, made.etag);
  EXPECT_EQ(listed.etag, made.etag);
  EXPECT_EQ(head.last_modified, made.last_modified);
  EXPECT_EQ(listed.last_modified, made.last_modified);
}

TEST_P(ObjectTest, LetsOneOfManyWritersWin) {
  const auto first = put("a", "start").value();
  std::atomic<int> winners = 0;
  std::vector<std::jthread> writers;
  for (int i = 0; i < 6; ++i) {
    writers.emplace_back([&, i] {
      if (put("a", std::to_string(i), {}, {.if_match = first.etag})) ++winners;
    });
  }
  writers.clear();
  EXPECT_EQ(winners, 1);
}

TEST_P(ObjectTest, CopiesWithinTheService) {
  const Metadata metadata{{"k", "v"}};
  const auto made = put("dir/with space+%", "content", metadata).value();
  const auto source = store_->source_ref("dir/with space+%").value();
  const auto copied = store_->copy({.source = source, .key = "b"}, limits());
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(read("b"), "content");
  const auto info = store_->head("b", limits()).value();
  EXPECT_EQ(without_commit(info.metadata), metadata);
  EXPECT_EQ(info.etag, copied->etag);
  const Metadata other{{"other", "1"}};
  const Metadata none;
  ASSERT_TRUE(store_->copy({.source = source, .key = "c", .metadata = &other}, limits()));
  EXPECT_EQ(without_commit(store_->head("c", limits())->metadata), other);
  ASSERT_TRUE(store_->copy({.source = source, .key = "d", .metadata = &none}, limits()));
  EXPECT_EQ(without_commit(store_->head("d", limits())->metadata), none);
}

TEST_P(ObjectTest, CopiesUnderConditions) {
  const auto made = put("a", "content").value();
  const auto source = store_->source_ref("a").value();
  const Metadata none;
  const auto copy = [&](Conditions conditions, std::string_view source_if_match) {
    return outcome(store_->copy({.source = source,
                                 .key = "b",
                                 .metadata = &none,
                                 .conditions = std::move(conditions),
                                 .source_if_match = source_if_match},
                                limits()));
  };
  EXPECT_EQ(copy({.if_none_match = "*"}, made.etag), "success");
  EXPECT_EQ(copy({.if_none_match = "*"}, ""), "already_exists");
  EXPECT_EQ(copy({.if_match = made.etag}, ""), "precondition_failed");
  EXPECT_EQ(copy({}, "\"0x123\""), "precondition_failed");
  ASSERT_TRUE(store_->remove("a", {}, limits()));
  EXPECT_EQ(copy({}, ""), "not_found");
}

TEST_P(ObjectTest, NamesAMissingContainer) {
  const auto nowhere = backend_.account->container("conformance-nowhere");
  const Metadata none;
  EXPECT_EQ(outcome(nowhere->head("a", limits())), "not_found");
  EXPECT_EQ(outcome(nowhere->list({}, limits())), "not_found");
  const auto written =
      nowhere->put({.key = "a", .content = bytes("x"), .metadata = none}, limits());
  ASSERT_EQ(outcome(written), "not_found");
  EXPECT_THAT(written.error().message, HasSubstr("container"));
}

TEST_P(ObjectTest, MakesAndListsContainers) {
  if (!backend_.loses_answers) {
    EXPECT_EQ(outcome(backend_.account->create_container(container_, limits())), "already_exists");
    EXPECT_EQ(outcome(backend_.account->remove_container("conformance-nowhere", limits())),
              "not_found");
  }
  EXPECT_TRUE(backend_.account->container_exists(container_, limits()).value());
  EXPECT_FALSE(backend_.account->container_exists("conformance-nowhere", limits()).value());
  const auto names = backend_.account->list_containers(limits()).value();
  EXPECT_THAT(names, testing::Contains(container_));
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_EQ(outcome(backend_.account->create_container("Bad_Name", limits())), "invalid_argument");
}

INSTANTIATE_TEST_SUITE_P(Conformance, ObjectTest, testing::ValuesIn(backend_names()),
                         [](const auto& backend) { return backend.param; });

}  // namespace
}  // namespace aloft::conformance
