// SPDX-License-Identifier: Apache-2.0
#include "base/usable_memory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/temporary_directory.h"

namespace aloft {
namespace {

class UsableMemoryTest : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_.path() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::uint64_t bytes() { return usable_memory_bytes(root_.path()); }

  TemporaryDirectory root_;
};

TEST_F(UsableMemoryTest, IsThatOfTheMachineWithoutControlGroups) {
  EXPECT_GT(bytes(), std::uint64_t{64} << 20);
  write("/proc/self/cgroup", "no line of it\n1:x\n");
  EXPECT_GT(bytes(), std::uint64_t{64} << 20);
}

TEST_F(UsableMemoryTest, IsTheLeastLimitOfAGroupAndThoseAboveIt) {
  write("/proc/self/cgroup", "0::/slurm/job_7/step_0\n");
  write("/sys/fs/cgroup/slurm/job_7/step_0/memory.max", "max\n");
  EXPECT_GT(bytes(), std::uint64_t{64} << 20);
  write("/sys/fs/cgroup/slurm/job_7/memory.max", "20000000\n");
  EXPECT_EQ(bytes(), 20'000'000u);
  write("/sys/fs/cgroup/memory.max", "10000000\n");
  EXPECT_EQ(bytes(), 10'000'000u);
}

TEST_F(UsableMemoryTest, IsThatOfTheMemoryControllerOfVersion1) {
  write("/proc/self/cgroup", "5:cpuset:/a\n4:cpu,memory:/b/c\n1:name=systemd:/d\n0::/\n");
  write("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1000\n");
  write("/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "30000000\n");
  EXPECT_EQ(bytes(), 30'000'000u);
}

}  // namespace
}  // namespace aloft
