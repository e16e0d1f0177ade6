// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "posix/testing/file_system_test.h"

namespace aloft::posix {
namespace {

using testing::Cloud;
using testing::Mounted;

/// Between the answer "absent" to one that creates a file and its deed, another makes the file.
void create_into_the_middle(bool committed) {
  Cloud cloud;
  Mounted mount(cloud);
  std::optional<HandleId> other;
  bool come_between = true;
  // The object of that name was asked for before the keys below it are.
  *cloud.watch.before.lock() = [&](std::string_view request, std::string_view) {
    if (request == "list" && std::exchange(come_between, false)) {
      auto opened = mount.open("f", O_WRONLY | O_CREAT | O_APPEND);
      EXPECT_TRUE(opened && mount.write(*opened, 0, "first "));
      if (opened) other = *opened;
      if (opened && committed) {
        EXPECT_TRUE(mount.close(*opened));
      }
    }
    return std::optional<Error>();
  };
  const auto made = mount->create(kRootInode, "f", 0666, O_WRONLY | O_APPEND, testing::kCaller, {});
  ASSERT_OK(made);
  ASSERT_TRUE(other);
  EXPECT_EQ(made->entry.inode, mount.find("f")->inode) << "one file, one inode";
  if (!committed) {
    ASSERT_OK(mount.close(*other));
  }
  ASSERT_OK(mount.write(made->opened.handle, 0, "second"));
  ASSERT_OK(mount.close(made->opened.handle));
  EXPECT_EQ(cloud.content("f"), "first second");
}

TEST(Races, CreatesAFileOnceIfAnotherCommitsItMeanwhile) {
  create_into_the_middle(true);
}

TEST(Races, CreatesAFileOnceIfAnotherHoldsItUncommittedMeanwhile) {
  create_into_the_middle(false);
}

}  // namespace
}  // namespace aloft::posix
