// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "posix/testing/file_system_test.h"

namespace aloft::posix {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::errno_of_result;
using ::testing::IsEmpty;
using testing::Mounted;

constexpr auto kNoFault = std::optional<Error>();

/// Something happens in the middle of an operation, at a chosen request of it. Both run on the
/// thread of the test, so that each case is one interleaving, always the same.
class RacesTest : public testing::FileSystemTest {
 protected:
  /// Does `deed` before the first request of this name (Watch::Hook) is sent, which fails with
  /// the error that `deed` gives, if any.
  void before_first(std::string_view request, std::function<std::optional<Error>()> deed) {
    *cloud_.watch.before.lock() = once(request, std::move(deed));
  }
  /// The store does the first request of this name, and nobody here hears of it.
  void lose_answer_of_first(std::string_view request) {
    *cloud_.watch.after.lock() = once(request, no_network);
  }
  static testing::Watch::Hook once(std::string_view request,
                                   std::function<std::optional<Error>()> deed) {
    return [=, waits = std::make_shared<bool>(true)](std::string_view present, std::string_view) {
      return present == request && std::exchange(*waits, false) ? deed() : kNoFault;
    };
  }
  static std::optional<Error> no_network() { return Error{ErrorCode::unavailable, "no network"}; }
  Result<FileSystem::Created> create(const char* name, int flags) {
    return mount_->create(kRootInode, name, 0666, flags, testing::kCaller, {});
  }
  void create_into_the_middle(bool committed);
};

// Whoever makes a name asks for its object, then for the keys below it ("list"), then makes it.

/// Between the answer "absent" to one that creates a file and its deed, another makes the file.
void RacesTest::create_into_the_middle(bool committed) {
  std::optional<HandleId> other;
  before_first("list", [&] {
    const auto opened = mount_.open("f", O_WRONLY | O_CREAT | O_APPEND);
    EXPECT_TRUE(opened && mount_.write(*opened, 0, "first "));
    if (opened) other = *opened;
    if (opened && committed) {
      EXPECT_TRUE(mount_.close(*opened));
    }
    return kNoFault;
  });
  const auto made = create("f", O_WRONLY | O_APPEND);
  ASSERT_OK(made);
  ASSERT_TRUE(other);
  EXPECT_EQ(made->entry.inode, mount_.find("f")->inode) << "one file, one inode";
  if (!committed) {
    ASSERT_OK(mount_.close(*other));
  }
  ASSERT_OK(mount_.write(made->opened.handle, 0, "second"));
  ASSERT_OK(mount_.close(made->opened.handle));
  EXPECT_EQ(cloud_.content("f"), "first second");
}

TEST_F(RacesTest, CreatesAFileOnceIfAnotherCommitsItMeanwhile) {
  create_into_the_middle(true);
}

TEST_F(RacesTest, CreatesAFileOnceIfAnotherHoldsItUncommittedMeanwhile) {
  create_into_the_middle(false);
}

TEST_F(RacesTest, MakesNothingInTheStoreWhereAFileIsHeldUncommittedSince) {
  const auto makers = {
      std::function([&](const char* name) { return errno_of_result(mount_.mkdir(name)); }),
      std::function([&](const char* name) { return errno_of_result(mount_.symlink("to", name)); }),
      std::function([&](const char* name) { return errno_of_result(create(name, O_EXCL)); })};
  const char* name = "a";
  for (const auto& make : makers) {
    std::optional<HandleId> file;
    before_first("list", [&] {
      const auto opened = mount_.open(name, O_WRONLY | O_CREAT);
      EXPECT_TRUE(opened);
      if (opened) file = *opened;
      return kNoFault;
    });
    EXPECT_EQ(make(name), EEXIST);
    ASSERT_TRUE(file);
    ASSERT_OK(mount_.write(*file, 0, "content"));
    ASSERT_OK(mount_.close(*file));
    EXPECT_EQ(cloud_.content(name), "content");
    name = *name == 'a' ? "b" : "c";
  }
}

TEST_F(RacesTest, CreatesNoFileWhereADirectoryIsOnItsWayToTheStore) {
  before_first("put", [&] {
    EXPECT_ERRNO(EISDIR, create("d", O_WRONLY));
    EXPECT_ERRNO(EEXIST, mount_.mkdir("d"));
    EXPECT_TRUE(mount_.write("d/f", "x"));
    EXPECT_TRUE(mount_.unlink("d/f"));
    return kNoFault;
  });
  ASSERT_OK(mount_.mkdir("d"));
  EXPECT_THAT(*mount_.list(""), ElementsAre("d"));
  EXPECT_THAT(*mount_.list("d"), IsEmpty());
  EXPECT_EQ(stored("d", "permissions"), "16877") << "its maker's object, no other";
  ASSERT_OK(mount_.rmdir("d"));
}

TEST_F(RacesTest, ShowsASymlinkThatIsOnItsWayToTheStore) {
  before_first("put", [&] {
    EXPECT_ERRNO(ELOOP, create("l", O_WRONLY));
    EXPECT_EQ(mount_.readlink("l"), "target");
    EXPECT_EQ(mount_.stat("l")->st_size, 6);
    return kNoFault;
  });
  ASSERT_OK(mount_.symlink("target", "l"));
  EXPECT_EQ(mount_.readlink("l"), "target");
  EXPECT_EQ(cloud_.watch.count("read"), 0u) << "its maker knows the target";
  EXPECT_EQ(Mounted(cloud_, options()).readlink("l"), "target");
}

TEST_F(RacesTest, OpensAnExclusiveFileThatIsOnItsWayToTheStore) {
  std::optional<HandleId> other;
  before_first("put", [&] {
    EXPECT_ERRNO(EEXIST, create("f", O_WRONLY | O_EXCL));
    const auto opened = create("f", O_WRONLY | O_APPEND);
    EXPECT_TRUE(opened);
    if (opened) other = opened->opened.handle;
    return kNoFault;
  });
  const auto made = create("f", O_WRONLY | O_APPEND | O_EXCL);
  ASSERT_OK(made);
  ASSERT_TRUE(other);
  ASSERT_OK(mount_.write(*other, 0, "one "));
  ASSERT_OK(mount_.close(*other));
  ASSERT_OK(mount_.write(made->opened.handle, 0, "file"));
  ASSERT_OK(mount_.close(made->opened.handle));
  EXPECT_EQ(cloud_.content("f"), "one file");
}

TEST_F(RacesTest, LosesANameToAnotherMachineThatIsFaster) {
  const auto somebody_makes = [&](const char* name) {
    return [this, name] {
      EXPECT_TRUE(cloud_.put(name, "theirs"));
      return kNoFault;
    };
  };
  before_first("put", somebody_makes("f"));
  EXPECT_ERRNO(EEXIST, create("f", O_WRONLY | O_EXCL));
  EXPECT_EQ(mount_.read("f"), "theirs");
  before_first("put", somebody_makes("d"));
  EXPECT_ERRNO(EEXIST, mount_.mkdir("d"));
  EXPECT_EQ(mount_.read("d"), "theirs");
  EXPECT_THAT(*mount_.list(""), ElementsAre("d", "f"));
}

TEST_F(RacesTest, FreesTheNameOfWhatDidNotComeIntoTheStore) {
  before_first("put", no_network);
  EXPECT_ERRNO(EIO, create("f", O_WRONLY | O_EXCL));
  before_first("put", no_network);
  EXPECT_ERRNO(EIO, mount_.mkdir("d"));
  EXPECT_THAT(*mount_.list(""), IsEmpty());
  EXPECT_ERRNO(ENOENT, mount_.find("f"));
  ASSERT_OK(mount_.mkdir("f"));
  ASSERT_OK(mount_.write("d", "x"));
}

TEST_F(RacesTest, LeavesAnExclusiveFileThatDidNotComeIntoTheStoreToWhoOpenedIt) {
  std::optional<HandleId> other;
  before_first("put", [&] {
    const auto opened = mount_.open("f", O_WRONLY);
    EXPECT_TRUE(opened);
    if (opened) other = *opened;
    return no_network();
  });
  EXPECT_ERRNO(EIO, create("f", O_WRONLY | O_EXCL));
  ASSERT_TRUE(other);
  ASSERT_OK(mount_.write(*other, 0, "kept"));
  ASSERT_OK(mount_.close(*other));
  EXPECT_EQ(cloud_.content("f"), "kept");
}

TEST_F(RacesTest, RecognisesACommitOfItsOwnWhoseAnswerWasLost) {
  ASSERT_OK(mount_.write("f", "old"));
  const auto handle = mount_.open("f", O_WRONLY);
  ASSERT_OK(mount_.write(*handle, 0, "one"));
  lose_answer_of_first("put");
  EXPECT_ERRNO(EIO, mount_->sync(*handle, {}));
  ASSERT_EQ(cloud_.content("f"), "one") << "the store has it";
  ASSERT_OK(mount_->sync(*handle, {}));
  ASSERT_OK(mount_.write(*handle, 3, " two"));
  lose_answer_of_first("put");
  EXPECT_ERRNO(EIO, mount_->sync(*handle, {}));
  ASSERT_OK(mount_.write(*handle, 7, " three"));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), "one two three");
}

TEST_F(RacesTest, RecognisesATruncateOfItsOwnWhoseAnswerWasLost) {
  ASSERT_OK(mount_.write("f", "content"));
  lose_answer_of_first("put");
  EXPECT_ERRNO(EIO, mount_.truncate("f", 3));
  ASSERT_OK(mount_.truncate("f", 3));
  ASSERT_OK(mount_.truncate("f", 5));
  EXPECT_EQ(cloud_.content("f"), std::string("con\0\0", 5));
}

TEST_F(RacesTest, WritesAgainWhatItsLastCloseMayHaveSaved) {
  ASSERT_OK(mount_.write("f", "old"));
  const auto handle = mount_.open("f", O_WRONLY);
  ASSERT_OK(mount_.write(*handle, 0, "new"));
  *cloud_.watch.after.lock() = [](std::string_view, std::string_view) { return no_network(); };
  EXPECT_ERRNO(EIO, mount_.close(*handle));
  *cloud_.watch.after.lock() = nullptr;
  EXPECT_EQ(mount_.read("f"), "new") << "nobody heard of it, and yet it is there";
  ASSERT_OK(mount_.append("f", "er"));
  EXPECT_EQ(cloud_.content("f"), "newer");
}

TEST_F(RacesTest, NeverGoesBackToAnOlderVersionThatAListingKept) {
  ASSERT_TRUE(cloud_.put("f", "old"));
  ASSERT_TRUE(mount_.list(""));
  const auto handle = mount_.open("f", O_RDONLY);
  ASSERT_TRUE(cloud_.put("f", "newer"));
  clock_.advance(1s);
  EXPECT_EQ(mount_.read(*handle, 0, 10), "newer");
  clock_.advance(1s);
  ASSERT_TRUE(mount_.list("")) << "from the cache, of two seconds ago";
  EXPECT_EQ(mount_.stat("f")->st_size, 5);
  ASSERT_OK(mount_.close(*handle));
}

TEST_F(RacesTest, OpensNoFileThatWasLostWithItsLastHandle) {
  const auto handle = mount_.open("f", O_WRONLY | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 0, "lost"));
  const InodeId looked_up = mount_.find("f")->inode;
  *cloud_.watch.before.lock() = [](std::string_view, std::string_view) { return no_network(); };
  EXPECT_ERRNO(EIO, mount_.close(*handle));
  *cloud_.watch.before.lock() = nullptr;
  EXPECT_ERRNO(ESTALE, mount_->open(looked_up, O_WRONLY, {})) << "the kernel looks again";
  ASSERT_OK(mount_.write("f", "another"));
  EXPECT_EQ(cloud_.content("f"), "another");
}

}  // namespace
}  // namespace aloft::posix
