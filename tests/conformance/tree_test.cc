// SPDX-License-Identifier: Apache-2.0
// Accounts whose keys are paths: directories and renaming.
#include <cerrno>

#include "store_fixture.h"

namespace aloft::conformance {
namespace {

using testing::ElementsAre;

class TreeTest : public StoreTest {
 protected:
  Result<PutResult> make_directory(std::string_view key, Metadata metadata = {},
                                   const Conditions& conditions = {}) {
    metadata.emplace(kDirectoryKey, "true");
    return put(key, "", metadata, conditions);
  }
  std::string rename(std::string_view from, std::string_view to, const Conditions& conditions = {},
                     std::string_view source_if_match = {}) {
    return outcome(store_->rename(
        {.from = from, .to = to, .conditions = conditions, .source_if_match = source_if_match},
        limits()));
  }
  bool is_directory(std::string_view key) {
    const auto info = store_->head(key, limits());
    return info && aloft::is_directory(info->metadata);
  }
  std::vector<std::string> keys() {
    std::vector<std::string> keys;
    const auto page = store_->list({}, limits());
    EXPECT_TRUE(page) << page.error().message;
    for (const ObjectInfo& object : page->objects) keys.push_back(object.key);
    return keys;
  }
};

TEST_P(TreeTest, SaysSo) {
  const auto hierarchical = store_->hierarchical(limits());
  ASSERT_TRUE(hierarchical) << hierarchical.error().message;
  EXPECT_TRUE(*hierarchical);
}

TEST_P(TreeTest, MakesTheDirectoriesAboveAnObject) {
  ASSERT_TRUE(put("a/b/c", "x"));
  EXPECT_THAT(keys(), ElementsAre("a", "a/b", "a/b/c"));
  EXPECT_TRUE(is_directory("a"));
  EXPECT_TRUE(is_directory("a/b"));
  EXPECT_FALSE(is_directory("a/b/c"));
}

TEST_P(TreeTest, ListsDirectoriesAmongTheObjectsOfTheirDirectory) {
  ASSERT_TRUE(put("a/b/c", "x"));
  ASSERT_TRUE(make_directory("a/empty", {{"colour", "blue"}}));
  const auto page = store_->list({.prefix = "a/", .delimiter = "/"}, limits());
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->objects.size(), 2u);
  EXPECT_EQ(page->objects[0].key, "a/b");
  EXPECT_TRUE(aloft::is_directory(page->objects[0].metadata));
  EXPECT_EQ(page->objects[1].key, "a/empty");
  EXPECT_EQ(page->objects[1].metadata.at("colour"), "blue");
}

TEST_P(TreeTest, MakesADirectoryOnceOrSetsItsMetadata) {
  ASSERT_TRUE(make_directory("a/d", {{"colour", "blue"}}, {.if_none_match = "*"}));
  EXPECT_EQ(outcome(make_directory("a/d", {}, {.if_none_match = "*"})), "already_exists");
  ASSERT_TRUE(put("a/d/file", "x"));
  ASSERT_TRUE(make_directory("a/d", {{"colour", "red"}}));
  EXPECT_EQ(store_->head("a/d", limits())->metadata.at("colour"), "red");
  EXPECT_EQ(read("a/d/file"), "x");
  Metadata metadata{{std::string(kDirectoryKey), "true"}, {"colour", "green"}};
  ASSERT_TRUE(store_->set_metadata("a/d", metadata, {}, limits()));
  EXPECT_EQ(store_->head("a/d", limits())->metadata.at("colour"), "green");
  EXPECT_TRUE(is_directory("a/d"));
}

/// Whether the service keeps them apart from the metadata shows nobody.
TEST_P(TreeTest, KeepsOwnerAndPermissionsUnderTheirUsualNames) {
  const Metadata file{{"permissions", "33184"}, {"posix_owner", "1000"}, {"posix_group", "100"}};
  const Metadata other{{"permissions", "33261"}, {"posix_owner", "0"}, {"posix_group", "7"}};
  const Metadata with_set_id{{"permissions", "35309"}, {"posix_owner", "1"}};
  const auto shown = [&](std::string_view key) {
    return without_commit(store_->head(key, limits())->metadata);
  };
  const auto made = put("d/a", "x", file, {.if_none_match = "*"});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(shown("d/a"), file);
  EXPECT_EQ(store_->head("d/a", limits())->etag, made->etag) << "it is what the write made";
  const auto changed = store_->set_metadata("d/a", other, {.if_match = made->etag}, limits());
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(shown("d/a"), other);
  EXPECT_EQ(outcome(store_->set_metadata("d/a", file, {.if_match = made->etag}, limits())),
            "precondition_failed");
  ASSERT_TRUE(stage("d/b", "1", "block"));
  ASSERT_TRUE(commit("d/b", {{.id = "1"}}, {.if_none_match = "*"}, file));
  EXPECT_EQ(shown("d/b"), file);
  ASSERT_TRUE(put("d/b", "y", with_set_id));
  EXPECT_EQ(shown("d/b").at("permissions"), "35309");
  const SourceRef source = store_->source_ref("d/a").value();
  ASSERT_TRUE(store_->copy({.source = source, .key = "d/c", .metadata = &other}, limits()));
  EXPECT_EQ(shown("d/c"), other);
  ASSERT_TRUE(make_directory("d/e", {{"permissions", "16832"}, {"posix_owner", "1000"}}));
  const auto page = store_->list({.prefix = "d/", .delimiter = "/"}, limits());
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->objects.size(), 4u);
  EXPECT_EQ(without_commit(page->objects[0].metadata), other);
  EXPECT_EQ(page->objects[3].metadata.at("permissions"), "16832");
  EXPECT_EQ(page->objects[3].metadata.at("posix_owner"), "1000");
}

TEST_P(TreeTest, KeepsObjectsAndDirectoriesApart) {
  ASSERT_TRUE(put("file", "x"));
  ASSERT_TRUE(put("d/file", "x"));
  EXPECT_EQ(outcome(put("file/below", "x")), "already_exists");
  EXPECT_EQ(outcome(put("d", "x")), "already_exists");
  EXPECT_EQ(read("file"), "x");
  EXPECT_TRUE(is_directory("d"));
}

TEST_P(TreeTest, RemovesOnlyEmptyDirectories) {
  ASSERT_TRUE(put("d/file", "x"));
  const auto refused = store_->remove("d", {}, limits());
  ASSERT_EQ(outcome(refused), "already_exists");
  EXPECT_EQ(errno_of(refused.error()), ENOTEMPTY);
  ASSERT_TRUE(store_->remove("d/file", {}, limits()));
  EXPECT_TRUE(is_directory("d")) << "it stays when its last name goes";
  ASSERT_TRUE(stage("d/staged", "1", "block"));
  ASSERT_TRUE(store_->remove("d", {}, limits()));
  EXPECT_EQ(outcome(store_->head("d", limits())), "not_found");
}

TEST_P(TreeTest, RenamesAnObject) {
  ASSERT_TRUE(make_directory("other"));
  const auto made = put("d/file", "content", {{"colour", "blue"}}).value();
  EXPECT_EQ(rename("d/file", "other/name with space+%41"), "success");
  const auto moved = store_->head("other/name with space+%41", limits());
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(moved->etag, made.etag);
  EXPECT_EQ(moved->metadata.at("colour"), "blue");
  EXPECT_EQ(read("other/name with space+%41"), "content");
  EXPECT_EQ(outcome(store_->head("d/file", limits())), "not_found");
  EXPECT_EQ(outcome(store_->head("d", limits())), "success");
}

TEST_P(TreeTest, RenamesADirectoryWithAllThatIsInIt) {
  ASSERT_TRUE(make_directory("d", {{"colour", "blue"}}));
  ASSERT_TRUE(put("d/a/file", "1"));
  ASSERT_TRUE(put("d/file", "2"));
  ASSERT_TRUE(put("d-file", "3"));
  EXPECT_EQ(rename("d", "e"), "success");
  EXPECT_THAT(keys(), ElementsAre("d-file", "e", "e/a", "e/a/file", "e/file"));
  EXPECT_EQ(store_->head("e", limits())->metadata.at("colour"), "blue");
  EXPECT_EQ(read("e/a/file"), "1");
  EXPECT_EQ(read("e/file"), "2");
}

TEST_P(TreeTest, ReplacesObjectsAsConditionsAllow) {
  const auto source = put("a", "a").value();
  const auto target = put("b", "b").value();
  EXPECT_EQ(rename("a", "b", {.if_none_match = "*"}), "already_exists");
  EXPECT_EQ(rename("a", "b", {.if_match = source.etag}), "precondition_failed");
  EXPECT_EQ(rename("a", "b", {}, target.etag), "precondition_failed");
  EXPECT_EQ(read("a") + read("b"), "ab");
  EXPECT_EQ(rename("a", "b", {.if_match = target.etag}, source.etag), "success");
  EXPECT_THAT(keys(), ElementsAre("b"));
  EXPECT_EQ(read("b"), "a");
}

TEST_P(TreeTest, ReplacesNoDirectoryAndByNone) {
  ASSERT_TRUE(put("file", "x"));
  ASSERT_TRUE(put("d/file", "x"));
  ASSERT_TRUE(put("e/file", "x"));
  EXPECT_EQ(rename("file", "d"), "already_exists");
  EXPECT_EQ(rename("d", "file"), "already_exists");
  EXPECT_EQ(rename("d", "e"), "already_exists");
  EXPECT_EQ(rename("d", "d/below"), "invalid_argument");
  EXPECT_THAT(keys(), ElementsAre("d", "d/file", "e", "e/file", "file"));
}

TEST_P(TreeTest, RenamesOnlyWhatIsThereToWhereADirectoryIs) {
  EXPECT_EQ(rename("nothing", "b"), "not_found");
  ASSERT_TRUE(put("a", "a"));
  EXPECT_EQ(rename("a", "no/where"), "not_found");
  ASSERT_TRUE(put("file", "x"));
  EXPECT_EQ(rename("a", "file/below"), "already_exists");
  EXPECT_EQ(read("a"), "a");
}

INSTANTIATE_TEST_SUITE_P(Conformance, TreeTest, testing::ValuesIn(tree_backend_names()),
                         [](const auto& backend) { return backend.param; });

}  // namespace
}  // namespace aloft::conformance
