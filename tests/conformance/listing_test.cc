// SPDX-License-Identifier: Apache-2.0
// Listings: prefixes, folding, pages, metadata.
#include "store_fixture.h"

namespace aloft::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ListingTest : public StoreTest {
 protected:
  struct Names {
    std::vector<std::string> keys;
    std::vector<std::string> prefixes;
    int pages = 0;
  };
  /// All pages of a listing.
  Names list(std::string_view prefix, std::string_view delimiter,
             std::uint32_t entries_max = 5000) {
    Names names;
    std::string marker;
    do {
      const auto page = store_->list(
          {.prefix = prefix, .delimiter = delimiter, .marker = marker, .entries_max = entries_max},
          limits());
      EXPECT_TRUE(page) << page.error().message;
      if (!page) break;
      ++names.pages;
      EXPECT_LE(page->objects.size() + page->prefixes.size(), entries_max);
      for (const auto& object : page->objects) names.keys.push_back(object.key);
      for (const auto& folded : page->prefixes) names.prefixes.push_back(folded);
      marker = page->next_marker;
    } while (!marker.empty());
    return names;
  }
};

TEST_P(ListingTest, GivesKeysInByteOrder) {
  for (const char* key : {"b", "a/2", "B", "a-1", "a/1", "a", "ä"}) ASSERT_TRUE(put(key, "x"));
  EXPECT_THAT(list("", "").keys, ElementsAre("B", "a", "a-1", "a/1", "a/2", "b", "ä"));
  EXPECT_THAT(list("a/", "").keys, ElementsAre("a/1", "a/2"));
  EXPECT_THAT(list("nothing", "").keys, IsEmpty());
}

TEST_P(ListingTest, FoldsBehindTheDelimiter) {
  for (const char* key : {"a", "a/1", "a/b/2", "a/b/3", "c//d", "e/"}) ASSERT_TRUE(put(key, "x"));
  const auto top = list("", "/");
  EXPECT_THAT(top.keys, ElementsAre("a"));
  EXPECT_THAT(top.prefixes, ElementsAre("a/", "c/", "e/"));
  const auto inside = list("a/", "/");
  EXPECT_THAT(inside.keys, ElementsAre("a/1"));
  EXPECT_THAT(inside.prefixes, ElementsAre("a/b/"));
  EXPECT_THAT(list("c/", "/").prefixes, ElementsAre("c//"));
  EXPECT_THAT(list("e/", "/").keys, ElementsAre("e/"));
}

TEST_P(ListingTest, ComesInPages) {
  std::vector<std::string> keys;
  for (int i = 0; i < 25; ++i) {
    keys.push_back("key " + std::to_string(100 + i) + " %+&");
    ASSERT_TRUE(put(keys.back(), "x"));
  }
  const auto names = list("", "", 10);
  EXPECT_EQ(names.keys, keys);
  EXPECT_GE(names.pages, 3);
}

TEST_P(ListingTest, ComesInPagesThoughFolded) {
  for (int i = 0; i < 7; ++i) {
    for (const char* file : {"/x", "/y"}) {
      ASSERT_TRUE(put("dir" + std::to_string(i) + file, ""));
    }
    ASSERT_TRUE(put("file" + std::to_string(i), ""));
  }
  const auto names = list("", "/", 3);
  EXPECT_EQ(names.keys.size(), 7u);
  EXPECT_THAT(names.prefixes,
              ElementsAre("dir0/", "dir1/", "dir2/", "dir3/", "dir4/", "dir5/", "dir6/"));
}

TEST_P(ListingTest, BringsMetadataWhereAskedTo) {
  const Metadata metadata{{"permissions", "33188"}, {"xml", "<a> & \"b\""}};
  ASSERT_TRUE(put("a", "12345", metadata));
  const auto with = store_->list({}, limits())->objects.at(0);
  EXPECT_EQ(without_commit(with.metadata), metadata);
  EXPECT_EQ(with.size_bytes, 5u);
  EXPECT_EQ(with.kind, ObjectKind::block);
  EXPECT_THAT(store_->list({.metadata = false}, limits())->objects.at(0).metadata, IsEmpty());
}

TEST_P(ListingTest, RefusesPagesWithoutRoom) {
  EXPECT_EQ(outcome(store_->list({.entries_max = 0}, limits())), "invalid_argument");
}

INSTANTIATE_TEST_SUITE_P(Conformance, ListingTest, testing::ValuesIn(backend_names()),
                         [](const auto& backend) { return backend.param; });

}  // namespace
}  // namespace aloft::conformance
