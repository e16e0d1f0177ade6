// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/repository.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <utility>

#include "base/fake_clock.h"
#include "base/temporary_directory.h"
#include "emulator/blob/directory_storage.h"
#include "emulator/blob/operations/receive.h"
#include "emulator/blob/service_fixture_fake.h"
#include "sqlite/database.h"

namespace aloft::emulator::blob {
namespace {

/// A repository over a data directory, opened anew before every look at it.
class RepositoryTest : public testing::Test {
 protected:
  struct Running {
    Running(const std::string& directory, Clock& clock, AccountSettings settings)
        : opened(DirectoryStorage::open(directory, index).value()),
          repository(index, *opened.storage, clock, opened.numbers, settings) {}
    Index index;
    DirectoryStorage::Opened opened;
    Repository repository;
  };

  void open(AccountSettings settings = {}) {
    running_.reset();
    running_.emplace(data_, clock_, settings);
  }
  Repository& repository() { return running_->repository; }

  std::shared_ptr<const Content> content(const std::string& text) {
    FakeBody body(text);
    return running_->opened.storage->receive(body, text.size(), nullptr).value();
  }
  void put(const std::string& name, const std::string& text, BlobType type = BlobType::block) {
    const auto written = repository().write_blob(
        "box", name, Repository::Write::content, [&](const Blob*) -> Outcome<Blob> {
          Blob blob{.type = type, .size_bytes = text.size()};
          if (type == BlobType::block) {
            blob.blocks = std::make_shared<BlockList>(BlockList{block_of({}, content(text))});
          }
          return blob;
        });
    EXPECT_TRUE(written.has_value());
  }
  void write_range(const std::string& name, std::uint64_t offset, const std::string& text) {
    const auto edit = [&](const Blob& current) -> Outcome<Repository::RangeEdit> {
      Blob blob = current;
      blob.size_bytes = std::max<std::uint64_t>(blob.size_bytes, offset + text.size());
      return Repository::RangeEdit{.blob = blob,
                                   .offset = offset,
                                   .length_bytes = text.size(),
                                   .slices = block_of({}, content(text)).slices};
    };
    EXPECT_TRUE(repository().write_range("box", name, edit).has_value());
  }
  static std::string text(const Blob& blob) {
    std::string bytes(blob.size_bytes, '?');
    SliceReader reader(blob.slices(0, blob.size_bytes));
    EXPECT_TRUE(reader.read(std::as_writable_bytes(std::span(bytes))).has_value());
    std::replace(bytes.begin(), bytes.end(), '\0', '.');
    return bytes;
  }
  /// Everything below a name: "KIND:CONTENT …", the present blob last.
  std::string look(const std::string& name) {
    open(repository().settings());
    std::string all;
    for (const auto& [key, blob] : running_->index.past_blobs("box", name)) {
      if (blob->deletion) all += "deleted ";
      all += (blob->snapshot != 0 ? "snapshot:" : blob->version != 0 ? "version:" : "blob:");
      all += text(*blob) + " ";
    }
    const auto blob = running_->index.find_blob("box", name).blob;
    return all + (blob ? text(*blob) : "none");
  }
  void keep_deleted(std::uint32_t days) {
    const auto set = repository().set_service_properties(
        [days](ServiceProperties properties) -> Outcome<ServiceProperties> {
          properties.delete_retention = {.enabled = true, .days = days};
          return properties;
        });
    EXPECT_TRUE(set.has_value());
  }
  Outcome<Repository::Deleted> drop(const std::string& name, Repository::WithSnapshots snapshots =
                                                                 Repository::WithSnapshots::no) {
    return repository().drop_blob("box", name, snapshots, accept_);
  }
  Stamp snapshot(const std::string& name) {
    return repository().take_snapshot("box", name, std::nullopt, accept_)->stamp;
  }

  const Repository::BlobCheck accept_ = [](const Blob&) { return Outcome<void>(); };
  TemporaryDirectory scratch_;
  const std::string data_ = scratch_.path() + "/data";
  FakeClock clock_;
  std::optional<Running> running_;
};

TEST_F(RepositoryTest, EditsOfExtentsLast) {
  open();
  repository().create_container("box", {});
  put("a", "", BlobType::append);
  const std::string large(40'000, 'L');
  write_range("a", 0, "one");
  write_range("a", 3, large);
  const Stamp stamp = snapshot("a");
  write_range("a", 3 + large.size(), "two");
  EXPECT_EQ(look("a"), "snapshot:one" + large + " one" + large + "two");
  EXPECT_EQ(text(**repository().find_snapshot("box", "a", stamp)), "one" + large);
  write_range("a", 1, std::string(1 + large.size(), 'x'));
  EXPECT_EQ(drop("a", Repository::WithSnapshots::only).value(), Repository::Deleted::for_good);
  EXPECT_EQ(look("a"), "o" + std::string(1 + large.size(), 'x') + "Ltwo");
  put("a", "new");
  EXPECT_EQ(look("a"), "new") << "edits go with the blob that they were of";
}

TEST_F(RepositoryTest, ManyEditsOfOneRangeAreKeptAsFew) {
  open();
  repository().create_container("box", {});
  put("a", "", BlobType::page);
  for (int i = 0; i < 1100; ++i) write_range("a", 0, std::to_string(i % 10));
  EXPECT_LE(repository().find_blob("box", "a").value()->edits, 1000u);
  EXPECT_EQ(look("a"), "9");
}

TEST_F(RepositoryTest, WithVersioningEveryStateStays) {
  open({.versioning = true});
  repository().create_container("box", {});
  put("a", "1");
  put("a", "2");
  EXPECT_EQ(look("a"), "version:1 2");
  EXPECT_EQ(drop("a").value(), Repository::Deleted::kept);
  EXPECT_EQ(look("a"), "version:1 version:2 none");
  put("a", "3");
  const Stamp present = repository().find_blob("box", "a").value()->version;
  EXPECT_EQ(text(**repository().find_version("box", "a", present)), "3");
  EXPECT_EQ(repository().drop_past_blob("box", "a", present, accept_).error().code,
            "OperationNotAllowedOnRootBlob");
  const Stamp first = running_->index.past_blobs("box", "a").begin()->first;
  EXPECT_EQ(repository().drop_past_blob("box", "a", first, accept_).value(),
            Repository::Deleted::for_good);
  snapshot("a");
  EXPECT_EQ(look("a"), "version:2 version:3 snapshot:3 3") << "a snapshot ends a version";
}

TEST_F(RepositoryTest, WhatIsDeletedComesBackWhileItIsKept) {
  open();
  repository().create_container("box", {});
  keep_deleted(7);
  put("a", "1");
  put("a", "2");
  EXPECT_EQ(look("a"), "deleted snapshot:1 2") << "what is overwritten is kept, too";
  snapshot("a");
  EXPECT_EQ(drop("a").error().code, "SnapshotsPresent");
  EXPECT_EQ(drop("a", Repository::WithSnapshots::include).value(), Repository::Deleted::kept);
  EXPECT_EQ(look("a"), "deleted snapshot:1 deleted snapshot:2 deleted blob:2 none");
  ASSERT_TRUE(repository().undelete_blob("box", "a").has_value());
  EXPECT_EQ(look("a"), "snapshot:1 snapshot:2 2");
  drop("a", Repository::WithSnapshots::include);
  put("a", "3");
  EXPECT_EQ(look("a"), "deleted snapshot:1 deleted snapshot:2 deleted snapshot:2 3");
  clock_.advance(std::chrono::days(7));
  ASSERT_TRUE(repository().drop_expired().has_value());
  EXPECT_EQ(look("a"), "3");
  EXPECT_EQ(repository().undelete_blob("box", "absent").error().code, "BlobNotFound");
}

TEST_F(RepositoryTest, DeletedContainersComeBackUnlessTheirNameIsTaken) {
  open({.container_retention_days = 1});
  repository().create_container("box", {});
  put("a", "1");
  ASSERT_TRUE(repository()
                  .drop_container("box", [](const Container&) { return Outcome<void>(); })
                  .has_value());
  open(repository().settings());
  EXPECT_EQ(repository().find_container("box").error().code, "ContainerNotFound");
  const Stamp version = running_->index.deleted_containers().front()->deleted_version;
  repository().create_container("box", {});
  EXPECT_EQ(repository().restore_container("box", version).error().code, "ContainerAlreadyExists");
  EXPECT_EQ(repository().restore_container("box", version + 1).error().code, "ContainerNotFound");
  ASSERT_TRUE(repository()
                  .drop_container("box", [](const Container&) { return Outcome<void>(); })
                  .has_value());
  ASSERT_TRUE(repository().restore_container("box", version).has_value());
  EXPECT_EQ(look("a"), "1");
  clock_.advance(std::chrono::days(1));
  ASSERT_TRUE(repository().drop_expired().has_value());
  EXPECT_TRUE(running_->index.deleted_containers().empty());
  EXPECT_EQ(look("a"), "1");
}

/// Something else happens just before the first change lasts.
class InterruptedStorage final : public Storage {
 public:
  InterruptedStorage(Storage& storage, std::function<void()> interruption)
      : storage_(storage), interruption_(std::move(interruption)) {}
  Outcome<std::shared_ptr<const Content>> receive(http::RequestBody& body, std::uint64_t length,
                                                  const BodyObserver& observer) override {
    return storage_.receive(body, length, observer);
  }
  Result<bool> commit(Change change) override {
    if (const auto interruption = std::exchange(interruption_, nullptr)) interruption();
    return storage_.commit(std::move(change));
  }

 private:
  Storage& storage_;
  std::function<void()> interruption_;
};

TEST_F(RepositoryTest, DoesNotDropWhatIsStagedMeanwhile) {
  open();
  repository().create_container("box", {});
  const auto stage = [this](const char* name) {
    EXPECT_TRUE(repository().stage_block("box", name, block_of("1", content("x"))).has_value());
  };
  stage("a");
  stage("b");
  clock_.advance(std::chrono::days(8));
  InterruptedStorage storage(*running_->opened.storage, [&] { stage("b"); });
  Repository other(running_->index, storage, clock_, {});
  ASSERT_TRUE(other.drop_expired().has_value());
  EXPECT_EQ(running_->index.staged_summary("box", "a").count, 0u);
  EXPECT_EQ(running_->index.staged_summary("box", "b").count, 1u);
}

TEST_F(RepositoryTest, DoesNotDropWhatIsRestoredAndDeletedAnewMeanwhile) {
  open();
  repository().create_container("box", {});
  keep_deleted(7);
  for (const char* name : {"a", "b"}) {
    put(name, "1");
    snapshot(name);
    drop(name, Repository::WithSnapshots::only);
  }
  clock_.advance(std::chrono::days(7));
  InterruptedStorage storage(*running_->opened.storage, [&] {
    // The request came in time.
    clock_.advance(-std::chrono::hours(1));
    EXPECT_TRUE(repository().undelete_blob("box", "b").has_value());
    clock_.advance(std::chrono::hours(1));
    drop("b", Repository::WithSnapshots::only);
  });
  Repository other(running_->index, storage, clock_, {});
  ASSERT_TRUE(other.drop_expired().has_value());
  EXPECT_EQ(look("a"), "1");
  EXPECT_EQ(look("b"), "deleted snapshot:1 1");
}

TEST_F(RepositoryTest, ForgetsContentsThoughTheDiskRefusesAChange) {
  open();
  running_.reset();
  const auto database = [this] {
    return sqlite::Database::open(data_ + "/blob.db", sqlite::Sync::normal).value();
  };
  ASSERT_TRUE(database().run(R"(
    CREATE TRIGGER refuse BEFORE INSERT ON container WHEN NEW.name = 'bad'
    BEGIN SELECT RAISE(ABORT, 'the disk is full'); END)"));
  open();
  repository().create_container("box", {});
  put("a", "1");
  drop("a");
  EXPECT_FALSE(repository().create_container("bad", {}).has_value());
  EXPECT_TRUE(repository().create_container("good", {}).has_value());
  running_.reset();
  auto present = database();
  auto rows = present.prepare("SELECT count(*) FROM content").value();
  ASSERT_TRUE(rows.step().value());
  EXPECT_EQ(rows.integer(0), 0);
}

TEST_F(RepositoryTest, OpensADirectoryOfTheFirstSchema) {
  open();
  repository().create_container("box", {});
  put("a", "before");
  running_.reset();
  {
    // Back to the tables of the first schema, with what is in them.
    auto database = sqlite::Database::open(data_ + "/blob.db", sqlite::Sync::normal).value();
    const auto ran = database.run(R"(
      ALTER TABLE container DROP COLUMN attributes;
      CREATE TABLE old(container_id INTEGER NOT NULL, name TEXT NOT NULL, etag INTEGER NOT NULL,
        created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL, attributes TEXT NOT NULL,
        metadata TEXT NOT NULL, blocks BLOB NOT NULL, PRIMARY KEY(container_id, name)) STRICT;
      INSERT INTO old SELECT container_id, name, etag, created_at, modified_at, attributes,
        metadata, content FROM blob;
      DROP TABLE blob; DROP TABLE edit; DROP TABLE setting;
      ALTER TABLE old RENAME TO blob;
      PRAGMA user_version = 1)");
    ASSERT_TRUE(ran.has_value()) << ran.error().message;
  }
  open();
  EXPECT_EQ(look("a"), "before");
  put("a", "after");
  EXPECT_EQ(look("a"), "after");
}

TEST(Stamps, AreTextAsTheServiceShowsIt) {
  const Stamp stamp = *parse_stamp("2026-11-21T03:30:00.1234567Z");
  EXPECT_EQ(format_stamp(stamp), "2026-11-21T03:30:00.1234567Z");
  EXPECT_EQ(parse_stamp("2026-11-21T03:30:00.1234568Z"), stamp + 1);
  for (const char* wrong :
       {"", "2026-11-21", "2026-11-21T03:30:00Z", "2026-11-21T03:30:00.12345678",
        "2026-11-21T03:30:00.123456xZ", "2026-13-21T03:30:00.1234567Z"}) {
    EXPECT_FALSE(parse_stamp(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace aloft::emulator::blob
