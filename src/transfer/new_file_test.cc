// SPDX-License-Identifier: Apache-2.0
#include "transfer/new_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>

#include "base/byte_size.h"
#include "base/guarded.h"
#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/copy.h"
#include "transfer/local_tree.h"
#include "transfer/testing/files.h"

namespace {

std::function<void(int fd)> before_fdatasync = [](int) {};
std::function<void(int fd)> before_fsync = [](int) {};

}  // namespace

// In front of the C library's: a test sees what is brought to disk, and when.
extern "C" int fdatasync(int fd) {
  before_fdatasync(fd);
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

extern "C" int fsync(int fd) {
  before_fsync(fd);
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace aloft::transfer {
namespace {

namespace fs = std::filesystem;
using testing::bytes;
using ::testing::UnorderedElementsAre;

class NewFileTest : public ::testing::Test {
 protected:
  ~NewFileTest() override {
    before_fdatasync = [](int) {};
    before_fsync = [](int) {};
  }

  std::string path(const std::string& name) const { return scratch_.path() + "/" + name; }

  TemporaryDirectory scratch_;
};

TEST_F(NewFileTest, LeavesWhatIsBeingWrittenToRemovers) {
  const LocalDirectory root = LocalDirectory::open(scratch_.path()).value();
  const auto names = [&] { return names_in(root, "").value(); };
  const FileShape shape{.size_bytes = 1};
  PartialFile partial;
  const auto record = [&](PartialFile made) -> Result<void> {
    partial = std::move(made);
    return {};
  };
  auto file = NewFile::create_resumable(root, "x", shape, record);
  ASSERT_TRUE(file);
  const std::string name = names().at(0);
  EXPECT_FALSE(remove_abandoned(root, name).value());
  file->keep();
  // Its process ends.
  { const NewFile ended = std::move(*file); }
  {
    auto resumed = NewFile::resume(root, "x", shape, partial);
    ASSERT_TRUE(resumed);
    EXPECT_FALSE(remove_abandoned(root, name).value());
    resumed->keep();
  }
  testing::write_file(path("other"), "");
  fs::create_hard_link(path("other"), path("second"));
  EXPECT_FALSE(remove_abandoned(root, "second").value()) << "it has another name";
  EXPECT_TRUE(remove_abandoned(root, name).value());
  EXPECT_THAT(names(), UnorderedElementsAre("other", "second"));
}

struct stat status_of(int fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd, &status), 0);
  return status;
}

TEST_F(NewFileTest, HasItsContentOnDiskBeforeItHasItsName) {
  testing::write_file(path("old"), "old");
  const LocalDirectory root = LocalDirectory::open(scratch_.path()).value();
  for (const std::string name : {"new", "old"}) {
    const std::string before = name == "old" ? "old" : "";
    int synced = 0;
    before_fdatasync = [&](int fd) {
      ++synced;
      EXPECT_EQ(status_of(fd).st_size, 7);
      EXPECT_EQ(fs::exists(path(name)) ? testing::content_of(path(name)) : "", before);
    };
    NewFile file = NewFile::create(root, name, {.size_bytes = 7}).value();
    ASSERT_TRUE(file.write(0, bytes("content")));
    ASSERT_TRUE(file.publish({}, {}));
    EXPECT_EQ(synced, 1);
    EXPECT_EQ(testing::content_of(path(name)), "content");
  }
}

TEST_F(NewFileTest, HasTheSizeOfWhatWasWrittenThoughRoomIsReserved) {
  const LocalDirectory root = LocalDirectory::open(scratch_.path()).value();
  std::string partial;
  const auto note = [&](PartialFile written) -> Result<void> {
    partial = written.path;
    return {};
  };
  const NewFile file =
      NewFile::create_resumable(root, "large", {.size_bytes = 4_MiB}, note).value();
  EXPECT_EQ(fs::file_size(partial), 0u);
  ASSERT_TRUE(file.write(0, bytes("begin")));
  EXPECT_EQ(fs::file_size(partial), 5u);
}

TEST_F(NewFileTest, HasItsNameOnDiskWhenTheCopyIsDone) {
  MemoryAccount account;
  ASSERT_TRUE(account.create_container("box", {}));
  const auto store = account.container("box");
  for (const char* key : {"tree/a", "tree/b", "tree/d/c"}) {
    const Metadata none;
    ASSERT_TRUE(store->put({.key = key, .content = bytes("x"), .metadata = none}, {}));
  }
  std::vector<std::string> synced;
  before_fsync = [&](int fd) {
    synced.push_back(fs::read_symlink("/proc/self/fd/" + std::to_string(fd)).string());
  };
  const Place from{.store = store, .path = "tree"};
  CopyOptions options;
  options.placement.recursive = true;
  Progress progress;
  ASSERT_TRUE(copy({&from, 1}, {.path = path("back")}, options, progress, {}));
  const std::string top = fs::canonical(scratch_.path()).string();
  EXPECT_THAT(synced, UnorderedElementsAre(top, top + "/back", top + "/back/d"));
}

}  // namespace
}  // namespace aloft::transfer
