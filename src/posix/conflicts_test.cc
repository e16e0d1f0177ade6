// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "posix/testing/file_system_test.h"

namespace aloft::posix {
namespace {

using namespace std::chrono_literals;
using testing::Mounted;
using ConflictsTest = testing::FileSystemTest;

TEST_F(ConflictsTest, CommitsOverAChmodOfSomebodyElse) {
  ASSERT_TRUE(cloud_.put("f", "old"));
  Mounted other(cloud_, options());
  const auto handle = mount_.open("f", O_WRONLY);
  ASSERT_OK(mount_.write(*handle, 0, "new"));
  ASSERT_OK(other.change("f", {.mode = 0600}));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), "new");
  EXPECT_EQ(stored("f", "permissions"), "33152") << "theirs is kept";
}

TEST_F(ConflictsTest, FailsForGoodWhenSomebodyElseWroteTheContent) {
  ASSERT_OK(mount_.write("f", "old"));
  Mounted other(cloud_, options());
  const auto handle = mount_.open("f", O_WRONLY);
  ASSERT_OK(mount_.write(*handle, 0, "mine"));
  ASSERT_OK(other.write("f", "theirs"));
  EXPECT_ERRNO(ESTALE, mount_->sync(*handle, {}));
  EXPECT_ERRNO(ESTALE, mount_.write(*handle, 0, "again"));
  EXPECT_ERRNO(ESTALE, mount_->sync(*handle, {}));
  EXPECT_ERRNO(ESTALE, mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), "theirs");
  EXPECT_EQ(mount_.read("f"), "theirs") << "a new handle sees what is there";
}

TEST_F(ConflictsTest, FailsTheSecondOfTwoWhoMakeOneFile) {
  Mounted other(cloud_, options());
  const auto first = mount_.open("f", O_WRONLY | O_CREAT);
  const auto second = other.open("f", O_WRONLY | O_CREAT);
  ASSERT_OK(mount_.write(*first, 0, "first"));
  ASSERT_OK(other.write(*second, 0, "second"));
  ASSERT_OK(mount_.close(*first));
  EXPECT_ERRNO(ESTALE, other.close(*second));
  EXPECT_EQ(cloud_.content("f"), "first");
  EXPECT_EQ(other.read("f"), "first");
}

TEST_F(ConflictsTest, NeverMixesTwoVersionsForOneReader) {
  ASSERT_OK(mount_.write("f", std::string(3 << 20, 'a')));
  Mounted other(cloud_, options());
  const auto handle = other.open("f", O_RDONLY);
  EXPECT_EQ(other.read(*handle, 0, 3), "aaa");
  ASSERT_OK(mount_.write("f", std::string(3 << 20, 'b')));
  EXPECT_ERRNO(ESTALE, other.read(*handle, 2 << 20, 3));
  ASSERT_OK(other.close(*handle));
  clock_.advance(5s);
  EXPECT_EQ(other.read("f")->substr(0, 3), "bbb");
}

TEST_F(ConflictsTest, TakesTheNewVersionWhereNothingWasReadYet) {
  ASSERT_OK(mount_.write("f", "aaa"));
  Mounted other(cloud_, options());
  const auto handle = other.open("f", O_RDONLY);
  ASSERT_OK(mount_.write("f", "bbb"));
  EXPECT_EQ(other.read(*handle, 0, 3), "bbb");
  ASSERT_OK(mount_.change("f", {.mode = 0600}));
  EXPECT_EQ(other.read(*handle, 0, 3), "bbb") << "a chmod makes nothing stale";
  ASSERT_OK(other.close(*handle));
}

TEST_F(ConflictsTest, KeepsDirtyDataThroughAPassingFault) {
  const auto handle = mount_.open("f", O_WRONLY | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 0, "precious"));
  *cloud_.watch.before.lock() = [](std::string_view, std::string_view) {
    return Error{.code = ErrorCode::unavailable, .message = "no network"};
  };
  EXPECT_ERRNO(EIO, mount_->sync(*handle, {}));
  *cloud_.watch.before.lock() = nullptr;
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), "precious");
}

}  // namespace
}  // namespace aloft::posix
