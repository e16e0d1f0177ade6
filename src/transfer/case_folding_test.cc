// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/case_folding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/internal/made_names.h"
#include "transfer/internal/sync_plan.h"
#include "transfer/testing/files.h"

namespace aloft::transfer {
namespace {

TEST(CaseFoldingTest, IsThatOfUnicodeForLettersAndOfNothingElse) {
  EXPECT_EQ(folded("Results/Run-7_Ä.CSV"), "results/run-7_ä.csv");
  EXPECT_EQ(folded("ΔΟΚΙΜΗ"), "δοκιμη");
  EXPECT_EQ(folded("a\xff\xc3(B"), "a\xff\xc3(b") << "no UTF-8";
  EXPECT_EQ(folded(""), "");
  EXPECT_NE(folded("ß"), folded("ss"));
}

TEST(CaseFoldingTest, AsksTheDiskAndLeavesNothing) {
  const TemporaryDirectory scratch;
  testing::set_mtime(scratch.path(), 1'600'000'000, 5);
  const auto before = testing::attributes(scratch.path());
  const LocalDirectory root = LocalDirectory::open(scratch.path()).value();
  EXPECT_FALSE(folds_case(root, ""));
  EXPECT_FALSE(folds_case(root, "absent"));
  EXPECT_EQ(testing::contents(scratch.path()), testing::Snapshot{});
  EXPECT_EQ(testing::attributes(scratch.path()), before);
}

/// One tree of a container on its way to a disk that folds case.
class OnAFoldingDisk : public ::testing::Test {
 protected:
  OnAFoldingDisk() {
    EXPECT_TRUE(account_.create_container("box", {}));
    Located source{.object = std::make_shared<ObjectTree>(account_.container("box"))};
    source.entry.attributes.kind = FileKind::directory;
    Located target{.local = std::make_shared<LocalTree>(LocalDirectory::open("/tmp").value()),
                   .path = "made"};
    copies_.push_back({.source = std::move(source), .target = std::move(target)});
    made_.emplace(copies_, true);
  }
  Result<void> make(const std::string& path, FileKind kind = FileKind::regular) {
    Entry entry{.path = path};
    entry.attributes.kind = kind;
    auto checked = made_->check(copies_.front(), "made/" + path, entry);
    if (checked) made_->add(copies_.front(), "made/" + path, kind);
    return checked;
  }
  MemoryAccount account_{"account"};
  std::vector<PlacedCopy> copies_;
  std::optional<MadeNames> made_;
};

TEST_F(OnAFoldingDisk, NoFileTakesThePlaceOfAnother) {
  EXPECT_TRUE(make("d", FileKind::directory));
  EXPECT_TRUE(make("d/File"));
  EXPECT_TRUE(make("d/other"));
  const auto refused = make("d/file");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::already_exists);
  EXPECT_EQ(
      refused.error().message,
      "will not replace /tmp/made/d/File, just made, by az://account/box/d/file, which is the "
      "same name on this disk, where case does not count; copy it to another place");
}

TEST_F(OnAFoldingDisk, NoDirectoryIsFilledFromTwo) {
  EXPECT_TRUE(make("Data", FileKind::directory));
  EXPECT_FALSE(make("data", FileKind::directory));
  EXPECT_FALSE(make("DATA"));
}

/// A sync of a container to a directory of this machine, as if its disk folded case.
class SyncToAFoldingDisk : public ::testing::Test {
 protected:
  SyncToAFoldingDisk() { EXPECT_TRUE(account_.create_container("box", {})); }
  void is_there(const std::string& path, std::string_view content) {
    testing::write_file(scratch_.path() + "/" + path, content);
    testing::set_mtime(scratch_.path() + "/" + path, kTime.count(), 0);
  }
  void compare() {
    target_.local = std::make_shared<LocalTree>(LocalDirectory::open(scratch_.path()).value());
    target_.entry.attributes.kind = FileKind::directory;
    plan_.emplace(source_, target_, options_, true);
    const auto failed = [](const std::string&, const Error& error) {
      ADD_FAILURE() << error.message;
    };
    ASSERT_TRUE(plan_->read_target(failed, {}));
  }
  Step step(const std::string& path, std::uint64_t size_bytes) {
    Entry entry{.path = path, .size_bytes = size_bytes};
    entry.attributes.mtime = kTime;
    return plan_->step_for(entry, {});
  }
  Step step_of_directory(const std::string& path) {
    Entry entry{.path = path};
    entry.attributes.kind = FileKind::directory;
    return plan_->step_for(entry, {});
  }
  std::vector<std::string> surplus() {
    std::vector<std::string> paths;
    for (const Entry& entry : plan_->surplus()) paths.push_back(entry.path);
    return paths;
  }

  static constexpr std::chrono::seconds kTime{1'600'000'000};
  const TemporaryDirectory scratch_;
  MemoryAccount account_{"account"};
  SyncOptions options_{.remove_surplus = true};
  Located source_{.object = std::make_shared<ObjectTree>(account_.container("box"))};
  Located target_;
  std::optional<SyncPlan> plan_;
};

TEST_F(SyncToAFoldingDisk, WhatIsSpelledOtherwiseIsNoSurplus) {
  is_there("readme", "same");
  is_there("data/one", "other");
  is_there("data/two", "");
  compare();
  EXPECT_EQ(step_of_directory("Data"), Step::nothing);
  EXPECT_EQ(step("Data/ONE", 1), Step::copy);
  EXPECT_EQ(step("README", 4), Step::nothing);
  EXPECT_EQ(plan_->present_entry("README").path, "readme");
  EXPECT_THAT(surplus(), ::testing::ElementsAre("data/two"));
  EXPECT_THAT(plan_->unlisted(), ::testing::IsEmpty());
}

TEST_F(SyncToAFoldingDisk, ASecondNameOfTheSourceIsLeftToTheCopyToRefuse) {
  is_there("readme", "same");
  compare();
  EXPECT_EQ(step("README", 4), Step::nothing);
  EXPECT_EQ(step("readme", 4), Step::copy);
}

TEST_F(SyncToAFoldingDisk, ContentsThatWereNotComparedAreNotTakenForEqual) {
  is_there("readme", "same");
  compare();
  plan_->set_differing({});
  EXPECT_EQ(step("README", 4), Step::copy);
}

TEST_F(SyncToAFoldingDisk, WhatTheDiskFindsAndTheListingDoesNotIsNamed) {
  compare();
  is_there("new", "");  // Here since; on a folding disk, a spelling that only the disk knows.
  EXPECT_EQ(step("new", 0), Step::copy);
  EXPECT_EQ(step("absent", 0), Step::copy);
  EXPECT_THAT(plan_->unlisted(), ::testing::ElementsAre("new"));
}

}  // namespace
}  // namespace aloft::transfer
