// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include "base/directories.h"
#include "base/random.h"
#include "base/temporary_directory.h"

namespace aloft {
namespace {

TEST(File, ReplaceKeepsTheNewContentAndMode) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/record";
  ASSERT_TRUE(replace_file(path, "one", 0600).has_value());
  ASSERT_TRUE(replace_file(path, "two", 0640).has_value());
  EXPECT_EQ(read_file(path).value(), "two");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
}

TEST(File, AFailedReplaceLeavesNothingBehind) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/taken";
  ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  EXPECT_FALSE(replace_file(path, "x", 0600).has_value());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(File, ErrorsNameThePath) {
  EXPECT_EQ(read_file("/nonexistent/x").error().message,
            "cannot open /nonexistent/x: No such file or directory");
  const TemporaryDirectory directory;
  ASSERT_TRUE(replace_file(directory.path() + "/big", std::string(100, 'x'), 0600).has_value());
  EXPECT_EQ(read_file(directory.path() + "/big", 10).error().code, ErrorCode::invalid_argument);
}

TEST(Directories, FollowTheEnvironment) {
  const auto environment = [](const char* name) -> const char* {
    return std::string_view(name) == "XDG_RUNTIME_DIR" ? "/run/user/7" : nullptr;
  };
  EXPECT_EQ(runtime_directory(environment), "/run/user/7/aloft");
  EXPECT_EQ(local_directory([](const char*) -> const char* { return nullptr; }),
            "/var/tmp/aloft-" + std::to_string(::getuid()));
}

TEST(Random, BelowStaysBelow) {
  for (int i = 0; i < 100; ++i) EXPECT_LT(system_random().below(3), 3u);
  EXPECT_EQ(system_random().hex(8).size(), 16u);
}

TEST(File, ReadAtFillsUpToTheEnd) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/data";
  ASSERT_TRUE(replace_file(path, "0123456789", 0600));
  const UniqueFd file = open_file(path, O_RDONLY).value();
  std::array<char, 4> buffer{};
  const auto bytes = std::as_writable_bytes(std::span(buffer));
  EXPECT_EQ(read_at(file.get(), 3, bytes, path).value(), 4u);
  EXPECT_EQ(std::string_view(buffer.data(), 4), "3456");
  EXPECT_EQ(read_at(file.get(), 8, bytes, path).value(), 2u);
  EXPECT_EQ(read_at(file.get(), 10, bytes, path).value(), 0u);
  EXPECT_NE(read_at(-1, 0, bytes, path).error().message.find(path), std::string::npos);
}

TEST(File, SyncsDirectoriesOnly) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(sync_directory(directory.path()));
  EXPECT_EQ(sync_directory(directory.path() + "/missing").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace aloft
