// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/case_folding.h"

#include <gtest/gtest.h>

#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/internal/made_names.h"
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
  const LocalDirectory root = LocalDirectory::open(scratch.path()).value();
  EXPECT_FALSE(folds_case(root, ""));
  EXPECT_FALSE(folds_case(root, "absent"));
  EXPECT_EQ(testing::contents(scratch.path()), testing::Snapshot{});
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

}  // namespace
}  // namespace aloft::transfer
