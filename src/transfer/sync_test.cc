// SPDX-License-Identifier: Apache-2.0
#include "transfer/sync.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/testing/files.h"
#include "transfer/testing/hooked_store.h"

namespace aloft::transfer {
namespace {

namespace fs = std::filesystem;
using testing::bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Snapshot;
using ::testing::UnorderedElementsAre;

class SyncTest : public ::testing::Test {
 protected:
  SyncTest() {
    EXPECT_TRUE(account_.create_container("box", {}));
    store_ = std::make_shared<testing::HookedStore>(account_.container("box"));
    store_->before_write = [this](std::string_view key) -> Result<void> {
      written_.lock()->emplace_back(key);
      return {};
    };
    options_.copy.threads = 4;
    options_.copy.memory_bytes = 64_MiB;
    for (const char* name : {"/a", "/d/b", "/d/e/c"}) {
      testing::write_file(path("tree") + name, name);
      testing::set_mtime(path("tree") + name, 1'600'000'000, 123'456'789);
    }
    testing::make_link(path("tree/link"), "a");
  }

  std::string path(const std::string& name) const { return scratch_.path() + "/" + name; }
  Place local(const std::string& name) const { return {.path = path(name)}; }
  Place box(const std::string& name) const { return {.store = store_, .path = name}; }
  void put(const std::string& key, std::string_view content, Metadata metadata = {}) {
    const PutRequest request{.key = key, .content = bytes(content), .metadata = metadata};
    ASSERT_TRUE(account_.container("box")->put(request, {}));
  }
  Snapshot in_box(const std::string& place) {
    ObjectTree tree(account_.container("box"));
    return testing::contents(tree, place);
  }

  SyncReport run(const Place& from, const Place& to) {
    written_.lock()->clear();
    Progress progress;
    auto report = sync(from, to, options_, progress, {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? std::move(*report) : SyncReport{};
  }
  SyncReport expect_synced(const Place& from, const Place& to) {
    SyncReport report = run(from, to);
    for (const Failure& failure : report.copied.failures) ADD_FAILURE() << failure.error.message;
    return report;
  }
  std::vector<std::string> failures(const Place& from, const Place& to) {
    std::vector<std::string> messages;
    for (const Failure& failure : run(from, to).copied.failures) {
      messages.push_back(failure.error.message);
    }
    return messages;
  }
  std::vector<std::string> changes(const Place& from, const Place& to) {
    options_.dry_run = true;
    std::vector<std::string> lines;
    for (const SyncChange& change : run(from, to).changes) {
      const char* const kind = change.kind == SyncChange::Kind::copy         ? "copy "
                               : change.kind == SyncChange::Kind::attributes ? "attributes "
                                                                             : "remove ";
      lines.push_back(kind + change.path);
    }
    EXPECT_THAT(*written_.lock(), IsEmpty()) << "a dry run changes nothing";
    options_.dry_run = false;
    return lines;
  }
  std::vector<std::string> written() { return *written_.lock(); }

  TemporaryDirectory scratch_;
  MemoryAccount account_;
  std::shared_ptr<testing::HookedStore> store_;
  Guarded<std::vector<std::string>> written_;
  SyncOptions options_;
};

TEST_F(SyncTest, MovesNothingTheSecondTime) {
  EXPECT_EQ(expect_synced(local("tree"), box("copy")).copied.files, 3u);
  EXPECT_EQ(in_box("copy"), testing::contents(path("tree")));
  const SyncReport again = expect_synced(local("tree"), box("copy"));
  EXPECT_EQ(again.unchanged, 4u);
  EXPECT_THAT(written(), IsEmpty());
  expect_synced(box("copy"), local("back"));
  EXPECT_EQ(testing::contents(path("back")), testing::contents(path("tree")));
  const auto before = testing::attributes(path("back"));
  const SyncReport back = expect_synced(box("copy"), local("back"));
  EXPECT_EQ(back.copied.files + back.attributes, 0u);
  EXPECT_EQ(testing::attributes(path("back")), before);
  expect_synced(box("copy"), box("second"));
  EXPECT_EQ(expect_synced(box("copy"), box("second")).unchanged, 4u);
  EXPECT_THAT(written(), IsEmpty());
}

TEST_F(SyncTest, CopiesWhatIsNewOrDiffers) {
  expect_synced(local("tree"), box("copy"));
  testing::write_file(path("tree/new"), "new");
  testing::write_file(path("tree/a"), "longer than before");
  testing::write_file(path("tree/d/b"), "/D/B");
  const SyncReport report = expect_synced(local("tree"), box("copy"));
  EXPECT_EQ(report.copied.files, 3u);
  EXPECT_EQ(in_box("copy"), testing::contents(path("tree")));
}

TEST_F(SyncTest, WritesAttributesWithoutTheContent) {
  expect_synced(local("tree"), box("copy"));
  ::chmod(path("tree/a").c_str(), 0600);
  ::chmod(path("tree/d").c_str(), 0700);
  EXPECT_THAT(changes(local("tree"), box("copy")), ElementsAre("attributes a", "attributes d"));
  const SyncReport report = expect_synced(local("tree"), box("copy"));
  EXPECT_EQ(report.copied.files, 0u);
  EXPECT_EQ(report.attributes, 1u);
  EXPECT_THAT(changes(local("tree"), box("copy")), IsEmpty());
  expect_synced(box("copy"), local("back"));
  EXPECT_EQ(testing::attributes(path("back")).at("a"), testing::attributes(path("tree")).at("a"));
  ::chmod(path("back/a").c_str(), 0644);
  EXPECT_EQ(expect_synced(box("copy"), local("back")).attributes, 1u);
  EXPECT_EQ(testing::attributes(path("back")).at("a"), testing::attributes(path("tree")).at("a"));
}

TEST_F(SyncTest, ComparesContentsWhenAsked) {
  expect_synced(local("tree"), box("copy"));
  testing::write_file(path("tree/a"), "/A");  // Of the same size, and of the same time:
  testing::set_mtime(path("tree/a"), 1'600'000'000, 123'456'789);
  testing::set_mtime(path("tree/d/b"), 1'700'000'000, 0);  // Another time, the same content.
  EXPECT_THAT(changes(local("tree"), box("copy")), ElementsAre("copy d/b"));
  options_.compare_contents = true;
  EXPECT_THAT(changes(local("tree"), box("copy")), ElementsAre("copy a", "attributes d/b"));
  const SyncReport report = expect_synced(local("tree"), box("copy"));
  EXPECT_EQ(report.copied.files, 1u);
  EXPECT_EQ(report.attributes, 1u);
  EXPECT_EQ(in_box("copy"), testing::contents(path("tree")));
}

TEST_F(SyncTest, GoesByTheServicesTimeWhereNoneIsStored) {
  put("foreign/a", "/a");
  put("foreign/d/b", "/d/b");
  put("foreign/d/e/c", "/d/e/c");
  const SyncReport up = expect_synced(local("tree"), box("foreign"));
  EXPECT_EQ(up.copied.files, 0u) << "uploaded later than the files were written";
  EXPECT_EQ(up.attributes, 3u) << "from now on the time is known";
  put("other/a", "/a");
  expect_synced(box("other"), local("back"));
  EXPECT_EQ(expect_synced(box("other"), local("back")).unchanged, 1u);
  testing::set_mtime(path("back/a"), 1'000'000'000, 0);
  EXPECT_EQ(expect_synced(box("other"), local("back")).copied.files, 1u);
}

TEST_F(SyncTest, AllowsForTheTickOfFileTimes) {
  put("other/a", "/a");
  const auto stored = account_.container("box")->head("other/a", {})->last_modified;
  expect_synced(box("other"), local("back"));
  const std::time_t second = std::chrono::system_clock::to_time_t(stored);
  testing::set_mtime(path("back/a"), second - 1, 996'000'000);
  EXPECT_EQ(expect_synced(box("other"), local("back")).unchanged, 1u);
}

TEST_F(SyncTest, RemovesWhatTheSourceDoesNotHaveOnlyWhenAsked) {
  expect_synced(local("tree"), box("copy"));
  fs::remove_all(path("tree/d"));
  expect_synced(local("tree"), box("copy"));
  EXPECT_EQ(in_box("copy").size(), 6u);
  options_.remove_surplus = true;
  EXPECT_THAT(changes(local("tree"), box("copy")),
              ElementsAre("remove d/e/c", "remove d/e", "remove d/b", "remove d"));
  EXPECT_EQ(expect_synced(local("tree"), box("copy")).removed, 4u);
  EXPECT_EQ(in_box("copy"), testing::contents(path("tree")));
}

TEST_F(SyncTest, RemovesOnDiskAndKeepsTheTimesOfDirectories) {
  testing::set_mtime(path("tree/d"), 1'500'000'000, 0);
  expect_synced(local("tree"), box("copy"));
  expect_synced(box("copy"), local("back"));
  testing::write_file(path("back/d/surplus"), "x");
  testing::write_file(path("back/more/deep/x"), "x");
  options_.remove_surplus = true;
  EXPECT_EQ(expect_synced(box("copy"), local("back")).removed, 4u);
  EXPECT_EQ(testing::contents(path("back")), testing::contents(path("tree")));
  EXPECT_EQ(testing::attributes(path("back")).at("d"), testing::attributes(path("tree")).at("d"));
}

TEST_F(SyncTest, RemovesWhatAKilledCopyLeftWithItsDirectory) {
  expect_synced(local("tree"), box("copy"));
  expect_synced(box("copy"), local("back"));
  const std::string left = path("back/gone/deep/" + temporary_name());
  testing::write_file(left, "part");
  options_.remove_surplus = true;
  const UniqueFd writer(::open(left.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(writer.get(), LOCK_EX), 0);
  Progress progress;
  const auto held = sync(box("copy"), local("back"), options_, progress, {});
  ASSERT_TRUE(held);
  ASSERT_FALSE(held->copied.failures.empty());
  EXPECT_THAT(held->copied.failures.front().error.message, HasSubstr("a copy may be writing"));
  ASSERT_EQ(::flock(writer.get(), LOCK_UN), 0);
  expect_synced(box("copy"), local("back"));
  EXPECT_FALSE(fs::exists(path("back/gone")));
  EXPECT_EQ(testing::contents(path("back")), testing::contents(path("tree")));
}

TEST_F(SyncTest, RemovesMarkersOfOtherToolsByTheirOwnName) {
  expect_synced(local("tree"), box("copy"));
  put("copy/left/", "");
  put("copy/full/x", "x");
  put("copy/full/", "");
  options_.remove_surplus = true;
  EXPECT_EQ(expect_synced(local("tree"), box("copy")).removed, 3u);
  EXPECT_THAT(written(), UnorderedElementsAre("copy/left/", "copy/full/x", "copy/full/"));
  EXPECT_EQ(in_box("copy"), testing::contents(path("tree")));
}

TEST_F(SyncTest, RemovesBothMarkersOfADirectoryThatHasTwo) {
  expect_synced(local("tree"), box("copy"));
  put("copy/two", "", {{"hdi_isfolder", "true"}});
  put("copy/two/", "");
  options_.remove_surplus = true;
  EXPECT_THAT(changes(local("tree"), box("copy")), ElementsAre("remove two"));
  expect_synced(local("tree"), box("copy"));
  EXPECT_EQ(in_box("copy"), testing::contents(path("tree")));
}

TEST_F(SyncTest, RemovesNothingWhenSomethingFailed) {
  expect_synced(local("tree"), box("copy"));
  fs::remove(path("tree/a"));
  ASSERT_EQ(::mkfifo(path("tree/pipe").c_str(), 0600), 0);
  options_.remove_surplus = true;
  EXPECT_THAT(failures(local("tree"), box("copy")),
              ElementsAre(HasSubstr("named pipe"), HasSubstr("nothing was deleted")));
  EXPECT_TRUE(in_box("copy").contains("a"));
  options_.copy.selection =
      Selection::of({{.effect = Selection::Effect::exclude, .pattern = "pipe"}}).value();
  expect_synced(local("tree"), box("copy"));
  EXPECT_FALSE(in_box("copy").contains("a"));
}

TEST_F(SyncTest, RemovesNothingThatTheSelectionLeavesOut) {
  testing::write_file(path("tree/d/keep.log"), "there too");
  expect_synced(local("tree"), box("copy"));
  expect_synced(box("copy"), local("back"));
  fs::remove_all(path("tree/d"));
  options_.remove_surplus = true;
  options_.copy.selection =
      Selection::of({{.effect = Selection::Effect::exclude, .pattern = "*.log"}}).value();
  expect_synced(local("tree"), box("copy"));
  EXPECT_TRUE(in_box("copy").contains("d/keep.log"));
  EXPECT_FALSE(in_box("copy").contains("d/b"));
  expect_synced(box("copy"), local("back"));
  EXPECT_TRUE(fs::exists(path("back/d/keep.log")));
  EXPECT_FALSE(fs::exists(path("back/d/b")));
}

TEST_F(SyncTest, KeepsDirectoriesThatHoldWhatTheSelectionLeavesOut) {
  testing::write_file(path("tree/d/e/keep.log"), "there too");
  testing::write_file(path("tree/f/g/x"), "nothing else");
  ::chmod(path("tree/d").c_str(), 0700);
  expect_synced(local("tree"), box("copy"));
  fs::remove_all(path("tree/d"));
  fs::remove_all(path("tree/f"));
  options_.remove_surplus = true;
  options_.copy.selection =
      Selection::of({{.effect = Selection::Effect::exclude, .pattern = "*.log"}}).value();
  EXPECT_THAT(changes(local("tree"), box("copy")),
              ElementsAre("attributes .", "remove f/g/x", "remove f/g", "remove f", "remove d/e/c",
                          "remove d/b"));
  expect_synced(local("tree"), box("copy"));
  const Snapshot left = in_box("copy");
  EXPECT_TRUE(left.contains("d/e/keep.log"));
  EXPECT_FALSE(left.contains("f"));
  const auto directory = account_.container("box")->head("copy/d", {});
  ASSERT_TRUE(directory) << "its mode would be lost";
  EXPECT_TRUE(account_.container("box")->head("copy/d/e", {}));
}

TEST_F(SyncTest, ReplacesAnotherKindOnlyWhenItMayRemove) {
  expect_synced(local("tree"), box("copy"));
  fs::remove_all(path("tree/d"));
  testing::write_file(path("tree/d"), "now a file");
  fs::remove(path("tree/a"));
  testing::write_file(path("tree/a/x/y"), "now in a directory");
  EXPECT_THAT(failures(local("tree"), box("copy")),
              ElementsAre(HasSubstr("copy/a, a file"), HasSubstr("copy/d, a directory")));
  options_.remove_surplus = true;
  expect_synced(local("tree"), box("copy"));
  EXPECT_EQ(in_box("copy"), testing::contents(path("tree")));
  expect_synced(box("copy"), local("back"));
  fs::remove(path("back/d"));
  testing::write_file(path("back/d/deep/z"), "in the way");
  expect_synced(box("copy"), local("back"));
  EXPECT_EQ(testing::contents(path("back")), testing::contents(path("tree")));
}

TEST_F(SyncTest, NamesADirectoryInTheWayThatHoldsWhatTheSelectionLeavesOut) {
  testing::write_file(path("tree/p"), "a file");
  put("copy/p/x.tmp", "left out");
  testing::write_file(path("back/p/x.tmp"), "left out");
  options_.remove_surplus = true;
  options_.copy.selection =
      Selection::of({{.effect = Selection::Effect::exclude, .pattern = "*.tmp"}}).value();
  for (const bool dry_run : {true, false}) {
    options_.dry_run = dry_run;
    EXPECT_THAT(failures(local("tree"), box("copy")),
                ElementsAre(HasSubstr("copy/p by what is none: it holds what"),
                            HasSubstr("nothing was deleted")));
  }
  EXPECT_TRUE(in_box("copy").contains("p/x.tmp"));
  expect_synced(local("tree"), box("other"));
  EXPECT_THAT(failures(box("other"), local("back")),
              ElementsAre(HasSubstr("back/p by what is none: it holds what"),
                          HasSubstr("nothing was deleted")));
  EXPECT_TRUE(fs::exists(path("back/p/x.tmp")));
}

TEST_F(SyncTest, LeavesWhatSomebodyChangedSinceTheComparison) {
  expect_synced(local("tree"), box("copy"));
  fs::remove(path("tree/a"));
  options_.remove_surplus = true;
  store_->before_write = [&](std::string_view key) -> Result<void> {
    if (key == "copy/a") put("copy/a", "somebody needs it");
    return {};
  };
  EXPECT_EQ(failures(local("tree"), box("copy")).size(), 1u);
  EXPECT_EQ(in_box("copy").at("a"), "file somebody needs it");
}

TEST_F(SyncTest, KeepsNamesOfOneFileTogetherThoughOnlyOneIsMissing) {
  fs::create_hard_link(path("tree/a"), path("tree/d/again"));
  expect_synced(local("tree"), box("copy"));
  expect_synced(box("copy"), local("back"));
  EXPECT_TRUE(fs::equivalent(path("back/a"), path("back/d/again")));

  fs::create_hard_link(path("tree/a"), path("tree/third"));
  EXPECT_THAT(changes(local("tree"), box("copy")),
              UnorderedElementsAre("attributes .", "copy a", "copy d/again", "copy third"));
  const SyncReport up = expect_synced(local("tree"), box("copy"));
  EXPECT_EQ(up.copied.files, 3u);
  EXPECT_EQ(up.copied.hard_linked, 2u);
  EXPECT_EQ(expect_synced(local("tree"), box("copy")).unchanged, 6u);
  EXPECT_THAT(written(), IsEmpty());

  fs::remove(path("back/a"));
  expect_synced(box("copy"), local("back"));
  EXPECT_EQ(testing::contents(path("back")), testing::contents(path("tree")));
  EXPECT_TRUE(fs::equivalent(path("back/a"), path("back/d/again")));
  EXPECT_TRUE(fs::equivalent(path("back/a"), path("back/third")));
  EXPECT_EQ(expect_synced(box("copy"), local("back")).copied.files, 0u);
}

TEST_F(SyncTest, RestoresDirectoriesBehindTheLastCopyIntoThem) {
  fs::create_hard_link(path("tree/d/b"), path("tree/d/e/again"));
  testing::write_file(path("tree/was-a-file/x"), "x");
  for (const char* directory : {"d/e", "d", "was-a-file"}) {
    testing::set_mtime(path("tree/") + directory, 1'500'000'000, 0);
  }
  expect_synced(local("tree"), box("copy"));
  testing::write_file(path("back/was-a-file"), "in the way");
  testing::write_file(path("back/d/e/surplus"), "x");
  options_.remove_surplus = true;
  expect_synced(box("copy"), local("back"));
  const Snapshot meant = testing::attributes(path("tree"));
  const Snapshot made = testing::attributes(path("back"));
  for (const char* directory : {"d", "d/e", "was-a-file"}) {
    EXPECT_EQ(made.at(directory), meant.at(directory));
  }
}

TEST_F(SyncTest, CopiesTheNamesOfAFileThatTheSelectionTakes) {
  fs::create_hard_link(path("tree/a"), path("tree/a.csv"));
  fs::create_hard_link(path("tree/a"), path("tree/d/b.csv"));
  options_.copy.selection =
      Selection::of({{.effect = Selection::Effect::include, .pattern = "*.csv"}}).value();
  const SyncReport up = expect_synced(local("tree"), box("copy"));
  EXPECT_EQ(up.copied.files, 2u);
  EXPECT_EQ(up.copied.hard_linked, 1u);
  options_.copy.selection = {};
  expect_synced(box("copy"), local("back"));
  EXPECT_FALSE(fs::exists(path("back/a")));
  EXPECT_TRUE(fs::equivalent(path("back/a.csv"), path("back/d/b.csv")));
}

TEST_F(SyncTest, SaysThatTheJournalCouldNotBeKept) {
  testing::write_file(path("tree/large"), std::string(3 * 64_KiB, 'x'));
  testing::set_mtime(path("tree/large"), 1'600'000'000, 0);
  // A journal trusts times only once a later change is sure to have another one.
  std::this_thread::sleep_for(std::chrono::milliseconds(80));
  testing::write_file(path("no-directory"), "");
  Journal journal(path("no-directory"));
  options_.copy.part_size_bytes = 64_KiB;
  options_.copy.journal = &journal;
  EXPECT_TRUE(expect_synced(local("tree"), box("copy")).copied.journal_failure);
}

TEST_F(SyncTest, RefusesWhatItCannotMakeEqual) {
  Progress progress;
  const auto code = [&](const Place& from, const Place& to) {
    const auto report = sync(from, to, options_, progress, {});
    return report ? std::string("none") : report.error().message;
  };
  expect_synced(local("tree"), box("copy"));
  EXPECT_THAT(code(local("tree"), local("back")), HasSubstr("rsync"));
  EXPECT_THAT(code(local("tree/a"), box("copy")), HasSubstr("tree/a/ is not a directory"));
  EXPECT_THAT(code(local("tree"), box("copy/a")), HasSubstr("not a directory"));
  EXPECT_THAT(code(local("none"), box("copy")), HasSubstr("does not exist"));
  EXPECT_THAT(code(box("copy"), box("copy")), HasSubstr("the same"));
  EXPECT_THAT(code(box("copy"), box("copy/d")), HasSubstr("into itself"));
  options_.remove_surplus = true;
  EXPECT_THAT(code(box("copy/d"), box("copy")), HasSubstr("would be deleted"));
}

}  // namespace
}  // namespace aloft::transfer
