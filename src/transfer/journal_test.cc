// SPDX-License-Identifier: Apache-2.0
#include "transfer/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/fake_clock.h"
#include "base/temporary_directory.h"
#include "transfer/testing/files.h"

namespace aloft::transfer {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class JournalTest : public ::testing::Test {
 protected:
  std::string directory() const { return scratch_.path() + "/journal"; }
  static Journal::Claim claimed(Journal& journal, const JournalKey& key) {
    auto claim = journal.claim(key);
    CHECK(claim && *claim);
    return std::move(**claim);
  }
  PartialFile make_partial(const std::string& name) const {
    const std::string path = scratch_.path() + "/" + name;
    testing::write_file(path, "part");
    struct stat status {};
    CHECK(::stat(path.c_str(), &status) == 0);
    return {.path = path, .device = status.st_dev, .inode = status.st_ino};
  }

  TemporaryDirectory scratch_;
  FakeClock clock_;
  const JournalKey key_{
      .source = "/s", .destination = "az://a/c/d", .version = "1", .part_size_bytes = 8};
};

TEST_F(JournalTest, RemembersWhatWasDoneUntilItIsForgotten) {
  {
    Journal journal(directory(), clock_);
    Journal::Claim claim = claimed(journal, key_);
    EXPECT_EQ(claim.token(), "");
    ASSERT_TRUE(claim.begin("token"));
    ASSERT_TRUE(claim.part_finished(7));
    ASSERT_TRUE(claim.part_finished(3));
  }
  Journal journal(directory(), clock_);
  {
    Journal::Claim claim = claimed(journal, key_);
    EXPECT_EQ(claim.token(), "token");
    EXPECT_THAT(claim.finished_parts(), ElementsAre(3, 7));
    ASSERT_TRUE(claim.forget());
  }
  Journal::Claim claim = claimed(journal, key_);
  EXPECT_EQ(claim.token(), "");
  EXPECT_THAT(claim.finished_parts(), IsEmpty());
}

TEST_F(JournalTest, RemembersACompleteFileByWhatWasMade) {
  Journal journal(directory(), clock_);
  const PartialFile partial = make_partial(".aloft-1.part");
  {
    Journal::Claim claim = claimed(journal, key_);
    ASSERT_TRUE(claim.begin("token", partial));
    ASSERT_TRUE(claim.part_finished(1));
    ASSERT_TRUE(claim.completed("made"));
  }
  {
    Journal::Claim claim = claimed(journal, key_);
    EXPECT_EQ(claim.made(), "made");
    EXPECT_EQ(claim.token(), "token");
    EXPECT_EQ(claim.partial().path, "") << "it is the file now";
    EXPECT_THAT(claim.finished_parts(), IsEmpty());
    ASSERT_TRUE(claim.begin("another"));
    EXPECT_EQ(claim.made(), "");
  }
  { EXPECT_EQ(claimed(journal, key_).made(), ""); }
  ASSERT_TRUE(claimed(journal, key_).completed("made"));
  JournalKey changed = key_;
  changed.version = "2";
  EXPECT_EQ(claimed(journal, changed).made(), "");
}

TEST_F(JournalTest, GivesAnEntryToOneCopyAtATime) {
  Journal journal(directory(), clock_);
  Journal of_another_process(directory(), clock_);
  {
    const Journal::Claim claim = claimed(journal, key_);
    EXPECT_EQ(journal.claim(key_).value(), std::nullopt);
    EXPECT_EQ(of_another_process.claim(key_).value(), std::nullopt);
    JournalKey other = key_;
    other.destination += "2";
    EXPECT_NE(of_another_process.claim(other).value(), std::nullopt);
  }
  EXPECT_NE(of_another_process.claim(key_).value(), std::nullopt);
}

TEST_F(JournalTest, DropsWhatIsOfAnotherVersionAndItsPartialFile) {
  Journal journal(directory(), clock_);
  const PartialFile partial = make_partial(".aloft-1.part");
  {
    Journal::Claim claim = claimed(journal, key_);
    ASSERT_TRUE(claim.begin("token", partial));
    ASSERT_TRUE(claim.part_finished(1));
  }
  JournalKey changed = key_;
  changed.version = "2";
  const Journal::Claim claim = claimed(journal, changed);
  EXPECT_EQ(claim.token(), "");
  EXPECT_THAT(claim.finished_parts(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(partial.path));
}

TEST_F(JournalTest, DropsPartsOfAnotherSize) {
  Journal journal(directory(), clock_);
  { ASSERT_TRUE(claimed(journal, key_).begin("token")); }
  JournalKey coarser = key_;
  coarser.part_size_bytes = 16;
  EXPECT_EQ(claimed(journal, coarser).token(), "");
}

TEST_F(JournalTest, RemovesWhatNobodyAskedForInAWeek) {
  const PartialFile ours = make_partial(".aloft-1.part");
  PartialFile replaced = make_partial(".aloft-2.part");
  ++replaced.inode;
  {
    Journal journal(directory(), clock_);
    ASSERT_TRUE(claimed(journal, key_).begin("token", ours));
    JournalKey other = key_;
    other.source = "/t";
    ASSERT_TRUE(claimed(journal, other).begin("token", replaced));
  }
  clock_.advance(6 * 24h);
  { EXPECT_EQ(claimed(*std::make_unique<Journal>(directory(), clock_), key_).token(), "token"); }
  clock_.advance(8 * 24h);
  Journal later(directory(), clock_);
  EXPECT_EQ(claimed(later, key_).token(), "");
  EXPECT_FALSE(std::filesystem::exists(ours.path));
  EXPECT_TRUE(std::filesystem::exists(replaced.path)) << "it is somebody else's by now";
}

TEST_F(JournalTest, KeepsWhatACopyThatTakesLongStillUses) {
  Journal journal(directory(), clock_);
  Journal::Claim claim = claimed(journal, key_);
  ASSERT_TRUE(claim.begin("token"));
  clock_.advance(30 * 24h);
  Journal later(directory(), clock_);
  JournalKey other = key_;
  other.source = "/t";
  EXPECT_NE(later.claim(other).value(), std::nullopt);
  ASSERT_TRUE(claim.part_finished(1));
}

}  // namespace
}  // namespace aloft::transfer
