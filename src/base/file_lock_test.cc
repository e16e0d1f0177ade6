// SPDX-License-Identifier: Apache-2.0
#include "base/file_lock.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/temporary_directory.h"

namespace aloft {
namespace {

TEST(FileLock, IsHeldByOneUntilItIsClosed) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/lock";
  auto held = lock_file(path);
  ASSERT_TRUE(held);
  const auto refused = try_lock_file(path);
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->has_value());
  held->reset();
  EXPECT_TRUE(try_lock_file(path)->has_value());
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST(FileLock, NamesWhatCannotBeMade) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/missing/lock";
  const auto failed = try_lock_file(path);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find(path), std::string::npos);
}

}  // namespace
}  // namespace aloft
