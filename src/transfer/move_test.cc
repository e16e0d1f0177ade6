// SPDX-License-Identifier: Apache-2.0
#include "transfer/move.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/testing/files.h"
#include "transfer/testing/hooked_store.h"

namespace aloft::transfer {
namespace {

using testing::bytes;
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class MoveTest : public ::testing::Test {
 protected:
  explicit MoveTest(bool hierarchical = false) : account_("memory", system_clock(), hierarchical) {
    EXPECT_TRUE(account_.create_container("box", {}));
    store_ = std::make_shared<testing::HookedStore>(account_.container("box"));
  }

  Place box(const std::string& path) const { return {.store = store_, .path = path}; }
  void put(const std::string& key, std::string_view content, Metadata metadata = {}) {
    const PutRequest request{.key = key, .content = bytes(content), .metadata = metadata};
    ASSERT_TRUE(account_.container("box")->put(request, {}));
  }
  Result<CopyReport> run(const Place& from, const Place& to, const Limits& limits = {}) {
    Progress progress;
    return move({&from, 1}, to, options_, progress, limits);
  }
  std::vector<std::string> failures(const Place& from, const Place& to) {
    const auto report = run(from, to);
    if (!report) return {report.error().message};
    std::vector<std::string> messages;
    for (const Failure& failure : report->failures) messages.push_back(failure.error.message);
    return messages;
  }
  std::vector<std::string> keys() {
    std::vector<std::string> list;
    const auto page = account_.container("box")->list({}, {});
    for (const ObjectInfo& object : page.value().objects) list.push_back(object.key);
    return list;
  }
  std::string content(const std::string& key) {
    std::string text(100, '\0');
    const auto done = account_.container("box")->read(
        {.key = key, .range = {.offset = 0, .length_bytes = text.size()}},
        std::as_writable_bytes(std::span(text)), {});
    text.resize(done.value().size_bytes);
    return text;
  }

  MemoryAccount account_;
  std::shared_ptr<testing::HookedStore> store_;
  CopyOptions options_{.threads = 4};
};

TEST_F(MoveTest, MovesATreeWithItsAttributes) {
  put("d", "", {{"hdi_isfolder", "true"}, {"permissions", "16832"}});
  put("d/a", "1", {{"permissions", "33152"}});
  put("d/e/b", "2");
  put("d-x", "beside");
  EXPECT_THAT(failures(box("d"), box("n")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("d-x", "n", "n/a", "n/e/b"));
  EXPECT_EQ(account_.container("box")->head("n/a", {})->metadata.at("permissions"), "33152");
}

TEST_F(MoveTest, KeepsKeysThatNoNameOfAFileMakes) {
  put("d/a", "file");
  put("d/a/x", "shadowed");
  put("d/b//c", "empty");
  put("d//e", "empty at the front");
  EXPECT_THAT(failures(box("d"), box("n")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("n//e", "n/a", "n/a/x", "n/b//c"));
}

TEST_F(MoveTest, KeepsKeysOfAShadowedDirectory) {
  put("a", "file");
  put("a/x", "1");
  EXPECT_THAT(failures(box("%d=a"), box("n")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("a", "n/x"));
}

TEST_F(MoveTest, LeavesNoMarkerOfADirectoryWhoseContentBecomesThatOfAContainer) {
  ASSERT_TRUE(account_.create_container("other", {}));
  put("d", "", {{"hdi_isfolder", "true"}});
  put("d/f", "1");
  options_.placement.no_target_directory = true;
  EXPECT_THAT(failures(box("d"), {.store = account_.container("other"), .path = ""}), IsEmpty());
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_TRUE(account_.container("other")->head("f", {}));
}

TEST_F(MoveTest, RemovesNoContentOfADirectoryThatHasNoPlaceAtTheDestination) {
  put("d", "", {{"hdi_isfolder", "true"}});
  put("d/", "second");
  put("d/f", "1");
  EXPECT_THAT(failures(box("d"), box("n")), ElementsAre(HasSubstr("box/d/ is a blob of 6 bytes")));
  EXPECT_THAT(keys(), ElementsAre("d", "d/", "n", "n/f"));
  ASSERT_TRUE(account_.create_container("other", {}));
  put("root/", "content");
  put("root/f", "1");
  options_.placement.no_target_directory = true;
  EXPECT_THAT(failures(box("root"), {.store = account_.container("other"), .path = ""}),
              ElementsAre(HasSubstr("box/root/ is a blob of 7 bytes")));
  EXPECT_THAT(keys(), ElementsAre("d", "d/", "n", "n/f", "root/"));
  EXPECT_TRUE(account_.container("other")->head("f", {}));
}

TEST_F(MoveTest, KeepsTheContentOfWhatItsMetadataCallADirectory) {
  put("d/f", "content", {{"hdi_isfolder", "true"}});
  EXPECT_THAT(failures(box("d"), box("n")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("n/f"));
  EXPECT_EQ(content("n/f"), "content");
}

TEST_F(MoveTest, LeavesNoSecondMarkerOfADirectory) {
  for (const char* key : {"d", "d/e"}) put(key, "", {{"hdi_isfolder", "true"}});
  for (const char* key : {"d/", "d/e/", "only/", "d/e/f"}) put(key, "");
  EXPECT_THAT(failures(box("d"), box("new")), IsEmpty());
  EXPECT_THAT(failures(box("only"), box("other")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("new", "new/e", "new/e/f", "other"));
}

TEST_F(MoveTest, PlacesAndReplacesAsMvDoes) {
  put("a", "new");
  put("d/a", "old");
  EXPECT_THAT(failures(box("a"), box("d")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("d/a"));
  EXPECT_EQ(content("d/a"), "new");
  EXPECT_THAT(failures(box("d"), box("d/e")), ElementsAre(HasSubstr("into itself")));
  EXPECT_THAT(failures(box("d/a"), box("d/a")), ElementsAre(HasSubstr("the same")));
  EXPECT_THAT(keys(), ElementsAre("d/a"));
}

TEST_F(MoveTest, NeverBringsDirectoriesOfOneNameTogether) {
  put("run1/out/log", "1");
  put("run2/out/log", "2");
  put("all", "", {{"hdi_isfolder", "true"}});
  const std::vector<Place> runs{box("run1/out"), box("run2/out")};
  Progress progress;
  const auto report = move(runs, box("all"), options_, progress, {});
  ASSERT_TRUE(report);
  ASSERT_EQ(report->failures.size(), 1u);
  EXPECT_THAT(report->failures.front().error.message,
              AllOf(HasSubstr("will not replace"), HasSubstr("run2/out")));
  EXPECT_EQ(content("all/out/log"), "1");
  EXPECT_EQ(content("run2/out/log"), "2");
}

TEST_F(MoveTest, LeavesWhatWouldReplaceAFileJustMoved) {
  put("a/d/f", "a");
  put("b/d/f", "b");
  put("b/d/g", "b");
  put("c/d/f", "old");
  const std::vector<Place> sources{box("a/."), box("b/d")};
  Progress progress;
  const auto report = move(sources, box("c"), options_, progress, {});
  ASSERT_TRUE(report);
  ASSERT_EQ(report->failures.size(), 1u);
  EXPECT_THAT(report->failures.front().error.message, HasSubstr("will not replace"));
  EXPECT_THAT(keys(), ElementsAre("b/d/f", "c/d/f", "c/d/g"));
  EXPECT_EQ(content("c/d/f"), "a");
}

TEST_F(MoveTest, TakesTheContentThatASourceGotMeanwhile) {
  put("a", "old");
  int writes = 0;
  // The first write is the copy, the second the removal of what was copied.
  store_->before_write = [&](std::string_view) -> Result<void> {
    if (++writes == 2) put("a", "new");
    return {};
  };
  EXPECT_THAT(failures(box("a"), box("b")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("b"));
  EXPECT_EQ(content("b"), "new");
}

TEST_F(MoveTest, LeavesASourceThatKeepsChanging) {
  put("d/a", "0");
  put("d/b", "b");
  put("d", "", {{"hdi_isfolder", "true"}});
  int writes = 0;
  store_->before_write = [&](std::string_view key) -> Result<void> {
    if (key == "d/a") put("d/a", std::to_string(++writes));
    return {};
  };
  EXPECT_THAT(failures(box("d"), box("n")), ElementsAre(HasSubstr("changed each of the 3 times")));
  EXPECT_EQ(content("d/a"), std::to_string(writes));
  EXPECT_THAT(keys(), ElementsAre("d", "d/a", "n", "n/a", "n/b")) << "what stays keeps its place";
}

TEST_F(MoveTest, KeepsNamesOfOneFileTogether) {
  const TemporaryDirectory scratch;
  testing::write_file(scratch.path() + "/tree/a", "shared");
  fs::create_hard_link(scratch.path() + "/tree/a", scratch.path() + "/tree/b");
  options_.placement.recursive = true;
  const auto put_and_get = [&](const Place& from, const Place& to) {
    Progress progress;
    const auto report = copy({&from, 1}, to, options_, progress, {});
    ASSERT_TRUE(report);
    EXPECT_THAT(report->failures, IsEmpty());
  };
  put_and_get({.path = scratch.path() + "/tree"}, box("old"));
  EXPECT_THAT(failures(box("old"), box("new")), IsEmpty());
  EXPECT_THAT(keys(), Not(Contains(StartsWith("old"))));
  put_and_get(box("new"), {.path = scratch.path() + "/back"});
  EXPECT_EQ(testing::content_of(scratch.path() + "/back/b"), "shared");
  EXPECT_TRUE(fs::equivalent(scratch.path() + "/back/a", scratch.path() + "/back/b"));
  // One name alone leaves the other where it is, with its content.
  EXPECT_THAT(failures(box("new/a"), box("alone")), IsEmpty());
  EXPECT_EQ(content("alone"), "shared");
  EXPECT_EQ(content("new/b"), "shared");
}

TEST_F(MoveTest, LosesNothingWhereverItIsInterrupted) {
  for (int allowed = 0; allowed < 8; ++allowed) {
    const std::string from = "from" + std::to_string(allowed);
    const std::string to = "to" + std::to_string(allowed);
    put(from, "", {{"hdi_isfolder", "true"}});
    for (const char* name : {"/a", "/b", "/c"}) put(from + name, name);
    std::atomic<int> writes = 0;
    store_->before_write = [&](std::string_view) -> Result<void> {
      if (writes++ < allowed) return {};
      return fail(ErrorCode::cancelled, "killed here");
    };
    run(box(from), box(to));
    for (const char* name : {"/a", "/b", "/c"}) {
      const auto all = keys();
      EXPECT_TRUE(std::ranges::count(all, from + name) + std::ranges::count(all, to + name) > 0)
          << name << " after " << allowed << " writes";
    }
    store_->before_write = [](std::string_view) -> Result<void> { return {}; };
    options_.placement.no_target_directory = true;
    EXPECT_THAT(failures(box(from), box(to)), IsEmpty());
    EXPECT_THAT(keys(), ElementsAre(to, to + "/a", to + "/b", to + "/c"));
    EXPECT_TRUE(account_.container("box")->remove(to, {}, {}));
    for (const char* name : {"/a", "/b", "/c"}) {
      EXPECT_TRUE(account_.container("box")->remove(to + name, {}, {}));
    }
  }
}

TEST_F(MoveTest, RefusesWhatIsOnThisMachine) {
  put("a", "x");
  const auto moved = run({.path = "/etc/hostname"}, box("b"));
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(moved.error().message, HasSubstr("cp"));
}

/// Where keys are paths.
class MoveInTreeTest : public MoveTest {
 protected:
  MoveInTreeTest() : MoveTest(true) {}
};

TEST_F(MoveInTreeTest, RenamesATreeAtOnce) {
  put("d", "", {{"hdi_isfolder", "true"}, {"permissions", "16832"}});
  put("d/a", "1", {{"permissions", "33152"}});
  put("d/e/b", "2");
  put("d-x", "beside");
  const Etag etag = account_.container("box")->head("d/a", {})->etag;
  const auto report = run(box("d"), box("n"));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(report->failures, IsEmpty());
  EXPECT_EQ(report->renamed, 1u);
  EXPECT_THAT(keys(), ElementsAre("d-x", "n", "n/a", "n/e", "n/e/b"));
  EXPECT_EQ(account_.container("box")->head("n/a", {})->etag, etag) << "it was copied";
}

TEST_F(MoveInTreeTest, MakesTheDirectoriesAboveTheNewName) {
  put("a", "1");
  EXPECT_THAT(failures(box("a"), box("x/y/z")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("x", "x/y", "x/y/z"));
}

TEST_F(MoveInTreeTest, MakesNoDirectoryForASourceThatWentMeanwhile) {
  put("a", "1");
  store_->before_write = [&](std::string_view key) -> Result<void> {
    if (key == "x/y/z") static_cast<void>(account_.container("box")->remove("a", {}, {}));
    return {};
  };
  EXPECT_THAT(failures(box("a"), box("x/y/z")), ElementsAre(HasSubstr("box/a")));
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(MoveInTreeTest, PlacesAndReplacesAsMvDoes) {
  put("a", "new");
  put("d/a", "old");
  put("e/f", "1");
  EXPECT_THAT(failures(box("a"), box("d")), IsEmpty());
  EXPECT_THAT(failures(box("e"), box("d")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("d", "d/a", "d/e", "d/e/f"));
  EXPECT_EQ(content("d/a"), "new");
  EXPECT_THAT(failures(box("d"), box("d/e/x")), ElementsAre(HasSubstr("into itself")));
}

TEST_F(MoveInTreeTest, BringsTwoTreesTogether) {
  put("d/a", "1");
  put("d/s/b", "2");
  put("n/s/c", "3");
  options_.placement.no_target_directory = true;
  EXPECT_THAT(failures(box("d"), box("n")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("n", "n/a", "n/s", "n/s/b", "n/s/c"));
}

TEST_F(MoveInTreeTest, CopiesWhereSomebodyElseCameFirst) {
  put("d/a", "mine");
  bool came = false;
  store_->before_write = [&](std::string_view key) -> Result<void> {
    if (key == "n" && !std::exchange(came, true)) put("n/b", "theirs");
    return {};
  };
  EXPECT_THAT(failures(box("d"), box("n")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("n", "n/a", "n/b"));
}

TEST_F(MoveInTreeTest, MakesDirectoriesOfTheMarkersOfAFlatAccount) {
  MemoryAccount flat("flat");
  ASSERT_TRUE(flat.create_container("old", {}));
  const auto old = flat.container("old");
  const Metadata none;
  ASSERT_TRUE(old->put({.key = "d/", .content = {}, .metadata = none}, {}));
  ASSERT_TRUE(old->put({.key = "d/e/", .content = {}, .metadata = none}, {}));
  const Place from{.store = old, .path = "d"};
  EXPECT_THAT(failures(from, box("n")), IsEmpty());
  EXPECT_THAT(keys(), ElementsAre("n", "n/e"));
  EXPECT_TRUE(is_directory(account_.container("box")->head("n/e", {})->metadata));
}

TEST_F(MoveInTreeTest, SaysWhoOwnsACopyHoweverFullItsMetadata) {
  ASSERT_TRUE(account_.create_container("other", {}));
  const auto other = std::make_shared<testing::HookedStore>(account_.container("other"));
  const std::string notes(8 * 1024 - 5 - std::string("permissions33152").size(), 'x');
  put("a", "1", {{"permissions", "33152"}, {"notes", notes}});
  std::string permissions;
  other->before_copy = [&](const CopyRequest& request) -> Result<void> {
    if (request.metadata != nullptr) permissions = request.metadata->at("permissions");
    return {};
  };
  EXPECT_THAT(failures(box("a"), {.store = other, .path = "a"}), IsEmpty());
  EXPECT_EQ(permissions, "33152") << "the service copies none that it keeps itself";
}

TEST_F(MoveInTreeTest, MovesBetweenContainersAsElsewhere) {
  ASSERT_TRUE(account_.create_container("other", {}));
  put("d/e/f", "1");
  const Place other{.store = account_.container("other"), .path = "d"};
  const auto report = run(box("d"), other);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(report->failures, IsEmpty());
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_TRUE(is_directory(account_.container("other")->head("d/e", {})->metadata));
  EXPECT_TRUE(account_.container("other")->head("d/e/f", {}));
}

}  // namespace
}  // namespace aloft::transfer
