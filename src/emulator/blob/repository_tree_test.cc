// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <random>
#include <thread>

#include "base/fake_clock.h"
#include "emulator/blob/memory_storage.h"
#include "emulator/blob/repository.h"

namespace aloft::emulator::blob {
namespace {

/// Commits access only once this many writers are about to.
class MeetingStorage final : public Storage {
 public:
  MeetingStorage(Index& index, std::ptrdiff_t writers) : inner_(index), meeting_(writers) {}
  Outcome<std::shared_ptr<const Content>> receive(http::RequestBody& body, std::uint64_t length,
                                                  const BodyObserver& observer) override {
    return inner_.receive(body, length, observer);
  }
  Result<bool> commit(Change change) override {
    if (meets) meeting_.arrive_and_wait();
    return inner_.commit(std::move(change));
  }
  bool meets = false;

 private:
  MemoryStorage inner_;
  std::latch meeting_;
};

/// Ends no commit before the next one is there, or nobody has come for a while: some writer always
/// has the tree.
class RelayStorage final : public Storage {
 public:
  explicit RelayStorage(Index& index) : inner_(index) {}
  Outcome<std::shared_ptr<const Content>> receive(http::RequestBody& body, std::uint64_t length,
                                                  const BodyObserver& observer) override {
    return inner_.receive(body, length, observer);
  }
  Result<bool> commit(Change change) override {
    if (std::holds_alternative<ChangeBlob>(change)) {
      std::unique_lock lock(mutex_);
      const int mine = ++commits_;
      come_.notify_all();
      come_.wait_for(lock, std::chrono::milliseconds(100), [&] { return commits_ > mine; });
    }
    return inner_.commit(std::move(change));
  }

 private:
  MemoryStorage inner_;
  std::mutex mutex_;
  std::condition_variable come_;
  int commits_ = 0;
};

class RepositoryTree : public testing::Test {
 protected:
  RepositoryTree() { EXPECT_TRUE(repository_.create_container("box", {})); }

  std::string write(const std::string& name, bool is_directory = false) {
    const auto edit = [&](const Blob*) -> Outcome<Blob> {
      return Blob{.is_directory = is_directory};
    };
    const auto written =
        repository_.write_blob("box", name, Repository::Write::content, edit, {.creator = "me"});
    return written ? "ok" : written.error().code;
  }
  std::string rename(const std::string& source, const std::string& destination) {
    const auto renamed = repository_.rename_tree({.from_container = "box",
                                                  .source = source,
                                                  .to_container = "box",
                                                  .destination = destination,
                                                  .check_source = any_,
                                                  .check_destination = any_or_none_});
    return renamed ? "ok" : renamed.error().code;
  }
  std::string drop(const std::string& name) {
    const auto dropped = repository_.drop_blob("box", name, Repository::WithSnapshots::no, any_);
    return dropped ? "ok" : dropped.error().code;
  }
  void set_owner(const std::string& name) {
    const auto edit = [](const Blob*, AccessControl access) -> Outcome<AccessControl> {
      access.owner = "another";
      return access;
    };
    EXPECT_TRUE(repository_.write_access("box", {name}, edit));
  }
  std::vector<std::shared_ptr<const Blob>> all() {
    std::vector<std::shared_ptr<const Blob>> blobs;
    const auto page = index_.list_blobs("box", {});
    for (const ListEntry& entry : page->entries) blobs.push_back(entry.blob);
    return blobs;
  }

  const Repository::BlobCheck any_ = [](const Blob&) -> Outcome<void> { return {}; };
  const std::function<Outcome<void>(const Blob*)> any_or_none_ = [](const Blob*) -> Outcome<void> {
    return {};
  };
  FakeClock clock_;
  Index index_;
  MemoryStorage storage_{index_};
  Repository repository_{index_, storage_, clock_, {}, {.hierarchical_namespace = true}};
};

TEST_F(RepositoryTree, DirectoriesComeWithWhatIsPutIntoThem) {
  EXPECT_EQ(write("a/b/c"), "ok");
  ASSERT_EQ(all().size(), 3u);
  EXPECT_TRUE(all()[0]->is_directory);
  EXPECT_EQ(all()[0]->metadata, (Metadata{{"hdi_isfolder", "true"}}));
  EXPECT_EQ(all()[2]->access->owner, "me");
  EXPECT_EQ(write("a/b/c/d"), "PathConflict");
  EXPECT_EQ(all().size(), 3u) << "what is refused leaves no directories";
  EXPECT_EQ(drop("a/b"), "DirectoryIsNotEmpty");
  EXPECT_EQ(drop("a/b/c"), "ok");
  EXPECT_EQ(drop("a/b"), "ok");
}

TEST_F(RepositoryTree, WhatTheSourceIsSpelledWithStaysOutOfIt) {
  for (const char* name : {"a", "a-b", "a0", "ab/c"}) EXPECT_EQ(write(name), "ok");
  EXPECT_EQ(write("ä/ö/ü"), "ok");
  EXPECT_EQ(rename("ä", "z"), "ok");
  EXPECT_EQ(rename("a", "x"), "ok");
  std::vector<std::string> names;
  for (const auto& blob : all()) names.push_back(blob->name);
  EXPECT_EQ(names, (std::vector<std::string>{"a-b", "a0", "ab", "ab/c", "x", "z", "z/ö", "z/ö/ü"}));
}

TEST(RepositoryTreeWriters, DoNotWaitForEachOtherToSetAccess) {
  FakeClock clock;
  Index index;
  MeetingStorage storage(index, 2);
  Repository repository(index, storage, clock, {}, {.hierarchical_namespace = true});
  ASSERT_TRUE(repository.create_container("box", {}));
  for (const char* name : {"a", "b"}) {
    const auto make = [](const Blob*) -> Outcome<Blob> { return Blob{}; };
    ASSERT_TRUE(repository.write_blob("box", name, Repository::Write::content, make));
  }
  storage.meets = true;
  const auto set = [&](const std::string& name) {
    const auto edit = [](const Blob*, AccessControl access) -> Outcome<AccessControl> {
      access.owner = "me";
      return access;
    };
    EXPECT_TRUE(repository.write_access("box", {name}, edit));
  };
  {
    const std::jthread first([&] { set("a"); });
    const std::jthread second([&] { set("b"); });
  }
  EXPECT_EQ(index.find_blob("box", "a").blob->access->owner, "me");
  EXPECT_EQ(index.find_blob("box", "b").blob->access->owner, "me");
}

TEST(RepositoryTreeWriters, DoNotKeepARenameWaiting) {
  FakeClock clock;
  Index index;
  RelayStorage storage(index);
  Repository repository(index, storage, clock, {}, {.hierarchical_namespace = true});
  ASSERT_TRUE(repository.create_container("box", {}));
  const auto make = [](const Blob*) -> Outcome<Blob> { return Blob{}; };
  const auto write = [&](const std::string& name) {
    return repository.write_blob("box", name, Repository::Write::content, make).has_value();
  };
  ASSERT_TRUE(write("old"));
  std::atomic<bool> renamed = false;
  std::atomic<int> waited = 0;  // The writes that others did meanwhile.
  // So many that the rename is under way long before, however busy the machine is.
  constexpr int kWritesMax = 50'000;
  {
    std::vector<std::jthread> writers;
    for (int number = 0; number < 4; ++number) {
      writers.emplace_back([&, name = "file" + std::to_string(number)] {
        while (!renamed && waited < kWritesMax) {
          EXPECT_TRUE(write(name));
          ++waited;
        }
      });
    }
    while (waited < 20) std::this_thread::yield();
    EXPECT_TRUE(repository.rename_tree(
        {.from_container = "box",
         .source = "old",
         .to_container = "box",
         .destination = "new",
         .check_source = [](const Blob&) -> Outcome<void> { return {}; },
         .check_destination = [](const Blob*) -> Outcome<void> { return {}; }}));
    renamed = true;
  }
  EXPECT_LT(waited, kWritesMax);
}

TEST_F(RepositoryTree, WritersAndRenamersLeaveATree) {
  const unsigned seed = std::random_device()();
  const auto work = [&](unsigned number) {
    std::minstd_rand random(seed + number);
    const auto pick = [&](const char* prefix, unsigned count) {
      return prefix + std::to_string(random() % count);
    };
    for (int step = 0; step < 400; ++step) {
      const std::string directory = pick("t", 3) + "/" + pick("d", 2);
      switch (random() % 6) {
        case 0:
          rename(pick("t", 3), pick("t", 3));
          break;
        case 1:
          rename(directory, pick("t", 3) + "/" + pick("d", 2));
          break;
        case 2:
          drop(directory + "/" + pick("f", 3));
          drop(directory);
          break;
        case 3:
          set_owner(directory + "/" + pick("f", 3));
          break;
        default:
          write(directory + "/" + pick("f", 3));
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned number = 0; number < 4; ++number) threads.emplace_back(work, number);
  }
  for (const auto& blob : all()) {
    const std::size_t slash = blob->name.rfind('/');
    if (slash == std::string::npos) continue;
    const auto parent = index_.find_blob("box", blob->name.substr(0, slash)).blob;
    ASSERT_TRUE(parent && parent->is_directory) << "seed " << seed << ": above " << blob->name;
  }
}

}  // namespace
}  // namespace aloft::emulator::blob
