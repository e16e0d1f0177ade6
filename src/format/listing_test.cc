// SPDX-License-Identifier: Apache-2.0
#include "format/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aloft::format {
namespace {

using testing::ElementsAre;

ObjectInfo object(std::string key, Metadata metadata = {}) {
  return {.key = std::move(key), .metadata = std::move(metadata)};
}
const Metadata kFolder{{"hdi_isfolder", "true"}};

std::vector<std::string> names(const std::map<std::string, ListedEntry, std::less<>>& entries) {
  std::vector<std::string> found;
  for (const auto& [name, entry] : entries) found.push_back(name + (entry.directory ? "/" : ""));
  return found;
}

TEST(DirectoryListing, JoinsMarkersAndPrefixesAcrossPages) {
  DirectoryListing listing("p/");
  listing.add({.objects = {object("p/"), object("p/d", kFolder), object("p/empty", kFolder)},
               .prefixes = {},
               .next_marker = "more"});
  listing.add({.objects = {object("p/f")}, .prefixes = {"p/d/", "p/implied/"}, .next_marker = ""});
  const auto entries = std::move(listing).take();
  EXPECT_THAT(names(entries), ElementsAre("d/", "empty/", "f", "implied/"));
  EXPECT_TRUE(entries.at("d").object);
  EXPECT_FALSE(entries.at("implied").object);
  EXPECT_EQ(entries.at("d").key, "p/d");
}

TEST(DirectoryListing, ShowsAFileAndTheDirectoryThatItShadows) {
  DirectoryListing listing("");
  listing.add({.objects = {object("a")}, .prefixes = {"a/"}, .next_marker = ""});
  const auto entries = std::move(listing).take();
  EXPECT_THAT(names(entries), ElementsAre("%d=a/", "a"));
  EXPECT_EQ(entries.at("%d=a").key, "a");
}

TEST(DirectoryListing, NamesTheEmptyComponent) {
  DirectoryListing listing("a/");
  listing.add({.objects = {}, .prefixes = {"a//"}, .next_marker = ""});
  const auto entries = std::move(listing).take();
  EXPECT_THAT(names(entries), ElementsAre("%=/"));
  EXPECT_EQ(entries.at("%=").key, "a/");
}

TEST(DirectoryListing, LeavesOutTheHiddenArea) {
  DirectoryListing listing("");
  listing.add({.objects = {object(".aloft", kFolder), object("b")},
               .prefixes = {".aloft/"},
               .next_marker = ""});
  EXPECT_THAT(names(std::move(listing).take()), ElementsAre("b"));
}

}  // namespace
}  // namespace aloft::format
