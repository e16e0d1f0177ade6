// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "posix/file_system.h"
#include "posix/testing/file_system_test.h"

namespace aloft::posix {
namespace {

using testing::Cloud;
using testing::Mounted;

constexpr std::size_t kPart = 1024;

std::string text(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  std::uint32_t state = seed * 2654435761u + 1;
  for (char& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

class LargeFileTest : public ::testing::Test {
 protected:
  static Options options() { return {.memory_bytes = 64 * kPart, .part_size_bytes = kPart}; }
  std::size_t blocks(const char* key) {
    return cloud_.store()->block_list(key, {})->committed.size();
  }
  Cloud cloud_;
  Mounted mount_{cloud_, options()};
};

TEST_F(LargeFileTest, StagesEachPartOnceAndCommitsThemTogether) {
  const std::string content = text(20 * kPart + 100);
  cloud_.watch.reset();
  ASSERT_OK(mount_.write("big", content));
  EXPECT_EQ(cloud_.content("big"), content);
  EXPECT_EQ(cloud_.watch.count("stage"), 21u);
  EXPECT_EQ(cloud_.watch.count("commit"), 1u);
  EXPECT_EQ(cloud_.watch.count("put"), 0u);
  EXPECT_EQ(blocks("big"), 21u);
}

TEST_F(LargeFileTest, WritesMoreThanItsMemoryHolds) {
  const std::string content = text(500 * kPart);
  const auto handle = mount_.open("big", O_RDWR | O_CREAT);
  for (std::size_t at = 0; at < content.size(); at += 700) {
    ASSERT_OK(mount_.write(*handle, at, content.substr(at, 700)));
  }
  // What memory does not hold any more is read back from the store.
  EXPECT_EQ(mount_.read(*handle, 0, 3 * kPart), content.substr(0, 3 * kPart));
  ASSERT_OK(mount_.write(*handle, 5, "HEAD"));
  ASSERT_OK(mount_.close(*handle));
  std::string expected = content;
  expected.replace(5, 4, "HEAD");
  EXPECT_EQ(cloud_.content("big"), expected);
}

TEST_F(LargeFileTest, SendsOnlyWhatChangedWhenAFileIsRewrittenInPart) {
  std::string content = text(20 * kPart);
  ASSERT_OK(mount_.write("big", content));
  Mounted other(cloud_, options());
  const auto handle = other.open("big", O_RDWR);
  ASSERT_OK(other.write(*handle, 10 * kPart + 5, "changed"));
  cloud_.watch.reset();
  ASSERT_OK(other.close(*handle));
  content.replace(10 * kPart + 5, 7, "changed");
  EXPECT_EQ(cloud_.content("big"), content);
  EXPECT_EQ(cloud_.watch.count("stage"), 1u);
  EXPECT_EQ(cloud_.watch.count("stage_from"), 2u) << "the edges of the block, by the service";
  EXPECT_EQ(cloud_.watch.count("read"), 0u);
}

TEST_F(LargeFileTest, AppendsWithoutReadingOrSendingWhatIsThere) {
  std::string content = text(20 * kPart + 10);
  ASSERT_OK(mount_.write("big", content));
  Mounted other(cloud_, options());
  const auto handle = other.open("big", O_WRONLY | O_APPEND);
  ASSERT_OK(other.write(*handle, 0, "tail"));
  cloud_.watch.reset();
  ASSERT_OK(other.close(*handle));
  EXPECT_EQ(cloud_.content("big"), content + "tail");
  EXPECT_EQ(cloud_.watch.count("stage"), 1u);
  EXPECT_EQ(cloud_.watch.count("read") + cloud_.watch.count("stage_from"), 0u);
}

TEST_F(LargeFileTest, KeepsFewBlocksThroughManySmallAppends) {
  std::string content = text(2 * kPart);
  ASSERT_OK(mount_.write("log", content));
  for (int i = 0; i < 200; ++i) {
    ASSERT_OK(mount_.append("log", "line\n"));
    content += "line\n";
  }
  EXPECT_EQ(cloud_.content("log"), content);
  EXPECT_LT(blocks("log"), 50u);
}

TEST_F(LargeFileTest, GoesOnWithFilesThatOthersMade) {
  // Put whole: no blocks to name again.
  std::string put = text(10 * kPart, 2);
  ASSERT_TRUE(cloud_.put("put", put));
  ASSERT_OK(mount_.append("put", "tail"));
  EXPECT_EQ(cloud_.content("put"), put + "tail");
  // Blocks of other sizes, with ids of another length.
  std::string blocks;
  std::vector<BlockRef> list;
  for (int i = 0; i < 7; ++i) {
    const std::string id = "id-" + std::to_string(i);
    const std::string piece = text(700 + 100 * static_cast<std::size_t>(i), 3);
    ASSERT_OK(cloud_.store()->stage_block(
        {.key = "blocks", .block_id = id, .content = testing::bytes_of(piece)}, {}));
    list.push_back({id, BlockRef::From::staged});
    blocks += piece;
  }
  ASSERT_OK(cloud_.store()->commit_blocks({.key = "blocks", .blocks = list, .metadata = {}}, {}));
  const auto handle = mount_.open("blocks", O_RDWR);
  ASSERT_OK(mount_.write(*handle, 1500, "in the middle"));
  ASSERT_OK(mount_.write(*handle, blocks.size(), text(3 * kPart, 4)));
  ASSERT_OK(mount_.close(*handle));
  blocks.replace(1500, 13, "in the middle");
  EXPECT_EQ(cloud_.content("blocks"), blocks + text(3 * kPart, 4));
  // Rewritten from the start.
  ASSERT_OK(mount_.write("blocks", text(9 * kPart, 5)));
  EXPECT_EQ(cloud_.content("blocks"), text(9 * kPart, 5));
}

TEST_F(LargeFileTest, DoesWithoutCopiesByTheServiceWhereItHasNone) {
  Capabilities less = cloud_.store()->capabilities();
  less.stage_from_object = false;
  cloud_.watch.capabilities = &less;
  std::string content = text(10 * kPart);
  ASSERT_TRUE(cloud_.put("f", content));
  const auto handle = mount_.open("f", O_RDWR);
  ASSERT_OK(mount_.write(*handle, 5000, "changed"));
  ASSERT_OK(mount_.close(*handle));
  content.replace(5000, 7, "changed");
  EXPECT_EQ(cloud_.content("f"), content);
  EXPECT_EQ(cloud_.watch.count("stage_from"), 0u);
}

TEST_F(LargeFileTest, MakesSparseFilesAndCutsThem) {
  const auto handle = mount_.open("sparse", O_RDWR | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 30 * kPart, "end"));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("sparse"), std::string(30 * kPart, '\0') + "end");
  ASSERT_OK(mount_.truncate("sparse", 7 * kPart + 3));
  EXPECT_EQ(cloud_.content("sparse"), std::string(7 * kPart + 3, '\0'));
}

TEST_F(LargeFileTest, SurvivesFaultsInTheBackground) {
  const std::string content = text(40 * kPart);
  std::atomic<int> stages = 0;
  *cloud_.watch.before.lock() = [&](std::string_view request, std::string_view) {
    const bool fails = request == "stage" && ++stages % 3 == 0;
    return fails ? std::optional(Error{ErrorCode::unavailable, "a fault"}) : std::nullopt;
  };
  const auto handle = mount_.open("f", O_RDWR | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 0, content));
  *cloud_.watch.before.lock() = nullptr;
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), content);
}

TEST_F(LargeFileTest, NeverCommitsWhenStagedBlocksAreGone) {
  const auto handle = mount_.open("f", O_RDWR | O_CREAT);
  const std::string content = text(200 * kPart);
  ASSERT_OK(mount_.write(*handle, 0, content));  // More than memory: blocks are staged and dropped.
  // Somebody makes and removes the object: the service forgets what was staged.
  ASSERT_TRUE(cloud_.put("f", "x"));
  ASSERT_OK(cloud_.store()->remove("f", {}, {}));
  EXPECT_ERRNO(ESTALE, mount_->sync(*handle, {}));
  EXPECT_ERRNO(ESTALE, mount_.close(*handle));
  EXPECT_FALSE(cloud_.store()->head("f", {})) << "nothing half-written";
}

TEST(SequentialRead, AsksForRangesThatGrowAndReadsThemAhead) {
  Cloud cloud;
  const std::string content = text(40 << 20);
  ASSERT_TRUE(cloud.put("big", content));
  Mounted mount(cloud);
  ASSERT_TRUE(mount.stat("big"));
  cloud.watch.reset();
  EXPECT_TRUE(*mount.read("big") == content);
  EXPECT_LE(cloud.watch.total(), 16u) << "some small ranges first, then parts of 8 MiB";
}

TEST(RandomRead, AsksForExactlyWhatIsNeeded) {
  Cloud cloud;
  const std::string content = text(40 << 20);
  ASSERT_TRUE(cloud.put("big", content));
  Mounted mount(cloud);
  const auto handle = mount.open("big", O_RDONLY);
  cloud.watch.reset();
  for (const std::size_t at : {30u << 20, 5u << 20, 17u << 20, 9u << 20}) {
    EXPECT_EQ(mount.read(*handle, at, 4096), content.substr(at, 4096));
  }
  EXPECT_EQ(cloud.watch.count("read"), 4u);
  EXPECT_EQ(cloud.watch.total(), 4u);
  ASSERT_TRUE(mount.close(*handle));
}

TEST(Concurrency, LetsManyThreadsWorkOnFewFiles) {
  Cloud cloud;
  Mounted mount(cloud, {.memory_bytes = 64 * kPart, .part_size_bytes = kPart});
  constexpr int kThreads = 6;
  constexpr int kRounds = 60;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const std::string own = "own" + std::to_string(thread);
      const std::string bytes = text(5 * kPart, static_cast<std::uint32_t>(thread));
      for (int round = 0; round < kRounds; ++round) {
        const bool ok = mount.write(own, bytes) && mount.append("shared", "0123456789") &&
                        mount.change(own, {.mode = 0600}) && mount.read(own) == bytes &&
                        mount.rename(own, own + ".new") && mount.rename(own + ".new", own) &&
                        mount.list("") && mount.stat("shared");
        if (!ok) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(cloud.content("shared").size(), std::size_t{kThreads * kRounds * 10});
}

TEST(Concurrency, WritesAndReadsOneFileThroughManyHandles) {
  Cloud cloud;
  Mounted mount(cloud, {.memory_bytes = 32 * kPart, .part_size_bytes = kPart});
  constexpr int kThreads = 4;
  constexpr std::size_t kSlice = 40 * kPart;
  ASSERT_TRUE(mount.write("f", ""));
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const auto handle = mount.open("f", O_RDWR);
      const std::string bytes = text(kSlice, static_cast<std::uint32_t>(thread));
      for (std::size_t at = 0; at < kSlice; at += 500) {
        const std::string piece = bytes.substr(at, 500);
        const std::size_t offset = thread * kSlice + at;
        if (mount.write(*handle, offset, piece) != piece.size()) ++failures;
        if (mount.read(*handle, offset, piece.size()) != piece) ++failures;
        if (at % 7000 == 0 && !mount->sync(*handle, {})) ++failures;
      }
      if (!mount.close(*handle)) ++failures;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  std::string expected;
  for (std::uint32_t thread = 0; thread < kThreads; ++thread) expected += text(kSlice, thread);
  EXPECT_TRUE(cloud.content("f") == expected);
}

}  // namespace
}  // namespace aloft::posix
