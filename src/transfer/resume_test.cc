// SPDX-License-Identifier: Apache-2.0
// Copies of large files that were broken off and are asked for again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "base/temporary_directory.h"
#include "format/attributes.h"
#include "object/memory_account.h"
#include "transfer/copy.h"
#include "transfer/testing/files.h"
#include "transfer/testing/hooked_store.h"

namespace aloft::transfer {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kPart = 64_KiB;
constexpr std::size_t kParts = 10;

std::string content(char seed) {
  std::string text((kParts - 1) * kPart + 100, seed);
  for (std::size_t i = 0; i < text.size(); i += 97) text[i] = static_cast<char>(i / kPart);
  return text;
}

class ResumeTest : public ::testing::Test {
 protected:
  ResumeTest() : journal_(scratch_.path() + "/journal") {
    EXPECT_TRUE(account_.create_container("box", {}));
    store_ = std::make_shared<testing::HookedStore>(account_.container("box"));
    options_.threads = 3;
    options_.part_size_bytes = kPart;
    options_.journal = &journal_;
    store_->before_stage = [this](std::string_view id) { return another(std::string(id)); };
    store_->before_read = [this](std::string_view) { return another(); };
  }

  /// Parts that may pass until the network is gone.
  void allow(std::size_t parts) {
    const std::scoped_lock lock(mutex_);
    allowed_ = parts;
    passed_.clear();
  }
  std::size_t passed() {
    const std::scoped_lock lock(mutex_);
    return passed_.size();
  }
  void write_source(std::string_view text) {
    testing::write_file(path("file"), text);
    // A journal trusts times only once a later change is sure to have another one.
    std::this_thread::sleep_for(std::chrono::milliseconds(80));
  }
  std::string path(const std::string& name) const { return scratch_.path() + "/" + name; }
  Place local(const std::string& name) const { return {.path = path(name)}; }
  Place box() const { return {.store = store_, .path = "file"}; }

  CopyReport run(const Place& from, const Place& to) {
    Progress progress;
    auto report = copy({&from, 1}, to, options_, progress, {});
    EXPECT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->journal_failure, std::nullopt);
    return *report;
  }
  void put(std::string_view text) {
    CHECK(
        store_->inner().put({.key = "file", .content = testing::bytes(text), .metadata = {}}, {}));
  }
  std::string stored() {
    std::string text(store_->inner().head("file", {}).value().size_bytes, '\0');
    const auto read = store_->inner().read({.key = "file", .range = {0, text.size()}},
                                           std::as_writable_bytes(std::span(text)), {});
    CHECK(read);
    return text;
  }
  std::vector<std::string> hidden_files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path("to"))) {
      const std::string name = entry.path().filename();
      if (name.starts_with(".aloft-")) names.push_back(name);
    }
    return names;
  }

  TemporaryDirectory scratch_;
  MemoryAccount account_;
  std::shared_ptr<testing::HookedStore> store_;
  Journal journal_;
  CopyOptions options_;
  ErrorCode refusal_ = ErrorCode::unavailable;  ///< Of what is not allowed to pass.

 private:
  /// Without a name it is a part of its own.
  Result<void> another(std::string name = {}) {
    const std::scoped_lock lock(mutex_);
    if (name.empty()) name = std::to_string(calls_);
    ++calls_;
    if (passed_.size() >= allowed_) return fail(refusal_, "the network is gone");
    EXPECT_TRUE(passed_.insert(std::move(name)).second) << "sent twice";
    return {};
  }

  std::mutex mutex_;
  std::size_t calls_ = 0;
  std::size_t allowed_ = 1000;
  std::set<std::string> passed_;
};

TEST_F(ResumeTest, BlocksOfAnotherProgramMakeRoomWhereNothingElseIs) {
  const std::string text = content('a');
  write_source(text);
  const StageRequest foreign{
      .key = "file", .block_id = "short", .content = testing::bytes("foreign")};
  ASSERT_TRUE(store_->inner().stage_block(foreign, {}));
  EXPECT_THAT(run(local("file"), box()).failures, IsEmpty());
  EXPECT_EQ(stored(), text);
}

TEST_F(ResumeTest, BlocksOfAnotherProgramStayWhereThereIsAFile) {
  write_source(content('a'));
  put("old");
  const StageRequest foreign{
      .key = "file", .block_id = "short", .content = testing::bytes("foreign")};
  ASSERT_TRUE(store_->inner().stage_block(foreign, {}));
  EXPECT_THAT(run(local("file"), box()).failures, SizeIs(1));
  EXPECT_EQ(stored(), "old");
  EXPECT_THAT(store_->inner().block_list("file", {}).value().uncommitted, SizeIs(1));
}

TEST_F(ResumeTest, AnUploadSendsOnlyWhatIsNotThere) {
  const std::string text = content('a');
  write_source(text);
  allow(4);
  EXPECT_THAT(run(local("file"), box()).failures, SizeIs(1));
  EXPECT_EQ(store_->head("file", {}).error().code, ErrorCode::not_found) << "whole or not at all";
  allow(1000);
  EXPECT_THAT(run(local("file"), box()).failures, IsEmpty());
  EXPECT_EQ(passed(), kParts - 4);
  EXPECT_EQ(stored(), text);
  // The journal has forgotten it.
  ASSERT_TRUE(store_->remove("file", {}, {}));
  allow(1000);
  run(local("file"), box());
  EXPECT_EQ(passed(), kParts);
}

TEST_F(ResumeTest, AnUploadOfAChangedFileBeginsAnew) {
  write_source(content('a'));
  allow(4);
  run(local("file"), box());
  const std::string text = content('b');
  write_source(text);
  allow(1000);
  run(local("file"), box());
  EXPECT_EQ(passed(), kParts);
  EXPECT_EQ(stored(), text);
}

TEST_F(ResumeTest, AnUploadThatLacksOnlyItsCommitSendsNothing) {
  const std::string text = content('a');
  write_source(text);
  store_->before_commit = [](std::string_view) -> Result<void> {
    return fail(ErrorCode::unavailable, "the network is gone");
  };
  EXPECT_THAT(run(local("file"), box()).failures, SizeIs(1));
  store_->before_commit = [](std::string_view) -> Result<void> { return {}; };
  allow(1000);
  EXPECT_THAT(run(local("file"), box()).failures, IsEmpty());
  EXPECT_EQ(passed(), 0u);
  EXPECT_EQ(stored(), text);
}

TEST_F(ResumeTest, AnUploadThatWasCommittedAndNotForgottenSendsNothing) {
  const std::string text = content('a');
  write_source(text);
  store_->before_commit = [this](std::string_view key) -> Result<void> {
    std::vector<BlockRef> blocks;
    const auto staged = store_->inner().block_list(key, {});
    for (const auto& block : staged->uncommitted) blocks.push_back({.id = block.id});
    std::ranges::sort(blocks, {}, &BlockRef::id);
    const Metadata metadata;
    CHECK(store_->inner().commit_blocks({.key = key, .blocks = blocks, .metadata = metadata}, {}));
    return fail(ErrorCode::unavailable, "killed here");
  };
  EXPECT_THAT(run(local("file"), box()).failures, SizeIs(1));
  store_->before_commit = [](std::string_view) -> Result<void> { return {}; };
  allow(1000);
  EXPECT_THAT(run(local("file"), box()).failures, IsEmpty());
  EXPECT_EQ(passed(), 0u);
  EXPECT_EQ(stored(), text);
}

TEST_F(ResumeTest, BlocksThatTheServiceForgotAreSentAgain) {
  const std::string text = content('a');
  write_source(text);
  allow(4);
  run(local("file"), box());
  put("somebody else's");  // A put drops what is staged.
  allow(1000);
  EXPECT_THAT(run(local("file"), box()).failures, IsEmpty());
  EXPECT_EQ(passed(), kParts);
  EXPECT_EQ(stored(), text);
}

TEST_F(ResumeTest, ADownloadFetchesOnlyWhatIsNotThere) {
  const std::string text = content('a');
  put(text);
  fs::create_directories(path("to"));
  allow(4);
  EXPECT_THAT(run(box(), local("to")).failures, SizeIs(1));
  EXPECT_FALSE(fs::exists(path("to/file"))) << "whole or not at all";
  EXPECT_THAT(hidden_files(), SizeIs(1));
  allow(1000);
  EXPECT_THAT(run(box(), local("to")).failures, IsEmpty());
  EXPECT_EQ(passed(), kParts - 4);
  EXPECT_EQ(testing::content_of(path("to/file")), text);
  EXPECT_THAT(hidden_files(), IsEmpty());
}

TEST_F(ResumeTest, ADownloadGoesOnWhereItsCredentialsExpired) {
  const std::string text = content('a');
  put(text);
  fs::create_directories(path("to"));
  refusal_ = ErrorCode::permission_denied;
  allow(4);
  EXPECT_THAT(run(box(), local("to")).failures, SizeIs(1));
  EXPECT_THAT(hidden_files(), SizeIs(1));
  allow(1000);
  EXPECT_THAT(run(box(), local("to")).failures, IsEmpty());
  EXPECT_EQ(passed(), kParts - 4);
  EXPECT_EQ(testing::content_of(path("to/file")), text);
}

TEST_F(ResumeTest, ADownloadForgetsWhatItsObjectTookAway) {
  put(content('a'));
  fs::create_directories(path("to"));
  refusal_ = ErrorCode::not_found;
  allow(4);
  EXPECT_THAT(run(box(), local("to")).failures, SizeIs(1));
  EXPECT_THAT(hidden_files(), IsEmpty());
}

TEST_F(ResumeTest, ADownloadOfAChangedObjectBeginsAnew) {
  put(content('a'));
  fs::create_directories(path("to"));
  allow(4);
  run(box(), local("to"));
  const std::string text = content('b');
  put(text);
  allow(1000);
  run(box(), local("to"));
  EXPECT_EQ(passed(), kParts);
  EXPECT_EQ(testing::content_of(path("to/file")), text);
  EXPECT_THAT(hidden_files(), IsEmpty());
}

TEST_F(ResumeTest, ADownloadTrustsNoFileThatTookThePlaceOfItsOwn) {
  const std::string text = content('a');
  put(text);
  fs::create_directories(path("to"));
  allow(4);
  run(box(), local("to"));
  ASSERT_THAT(hidden_files(), SizeIs(1));
  const std::string hidden = path("to/" + hidden_files().front());
  fs::rename(hidden, hidden + ".old");  // So that its inode is not given to the next one.
  testing::write_file(hidden, std::string(text.size(), 'x'));
  allow(1000);
  run(box(), local("to"));
  EXPECT_EQ(passed(), kParts);
  EXPECT_EQ(testing::content_of(path("to/file")), text);
}

/// Two large files, of which the first attempt completes one.
class ResumeTreeTest : public ResumeTest {
 protected:
  static constexpr std::size_t kFirst = kParts + 4, kRest = 2 * kParts - kFirst;

  ResumeTreeTest() {
    options_.placement = {.recursive = true, .no_target_directory = true};
    options_.threads = 1;
  }
  void put_both() {
    for (const char* key : {"file/a", "file/b"}) {
      Metadata metadata;
      format::encode_attributes({.mtime = std::chrono::seconds(1'600'000'000)}, metadata);
      const std::string text = content(key[5]);
      CHECK(store_->inner().put({.key = key, .content = testing::bytes(text), .metadata = metadata},
                                {}));
    }
  }
  void break_off(const Place& from, const Place& to) {
    allow(kFirst);
    EXPECT_THAT(run(from, to).failures, SizeIs(1));
  }
  std::size_t parts_of_another_run(const Place& from, const Place& to) {
    allow(1000);
    EXPECT_THAT(run(from, to).failures, IsEmpty());
    return passed();
  }
};

TEST_F(ResumeTreeTest, AnUploadSendsNoFileAgainThatWasComplete) {
  testing::write_file(path("tree/a"), content('a'));
  testing::write_file(path("tree/b"), content('b'));
  std::this_thread::sleep_for(std::chrono::milliseconds(80));
  break_off(local("tree"), box());
  EXPECT_EQ(parts_of_another_run(local("tree"), box()), kRest);
  ObjectTree tree(account_.container("box"));
  EXPECT_EQ(testing::contents(tree, "file"), testing::contents(path("tree")));
  EXPECT_EQ(parts_of_another_run(local("tree"), box()), 2 * kParts) << "forgotten at the end";
}

TEST_F(ResumeTreeTest, AnUploadSendsACompleteFileAgainThatChangedSince) {
  testing::write_file(path("tree/a"), content('a'));
  testing::write_file(path("tree/b"), content('b'));
  std::this_thread::sleep_for(std::chrono::milliseconds(80));
  break_off(local("tree"), box());
  ASSERT_TRUE(store_->inner().head("file/a", {}));
  testing::write_file(path("tree/a"), content('c'));
  std::this_thread::sleep_for(std::chrono::milliseconds(80));
  EXPECT_EQ(parts_of_another_run(local("tree"), box()), kRest + kParts);
  ObjectTree tree(account_.container("box"));
  EXPECT_EQ(testing::contents(tree, "file"), testing::contents(path("tree")));
}

TEST_F(ResumeTreeTest, ADownloadFetchesNoFileAgainThatWasComplete) {
  put_both();
  break_off(box(), local("to"));
  ASSERT_TRUE(fs::exists(path("to/a")));
  EXPECT_EQ(parts_of_another_run(box(), local("to")), kRest);
  EXPECT_EQ(testing::content_of(path("to/a")), content('a'));
  EXPECT_EQ(testing::content_of(path("to/b")), content('b'));
  EXPECT_EQ(parts_of_another_run(box(), local("to")), 2 * kParts) << "forgotten at the end";
}

TEST_F(ResumeTreeTest, ADownloadFetchesACompleteFileAgainThatSomebodyTouched) {
  const auto write_with_its_time = [&](const std::string& name) {
    testing::write_file(name, content('x'));
    testing::set_mtime(name, 1'600'000'000, 0);
  };
  put_both();
  break_off(box(), local("to"));
  write_with_its_time(path("to/a"));
  EXPECT_EQ(parts_of_another_run(box(), local("to")), kRest + kParts);
  EXPECT_EQ(testing::content_of(path("to/a")), content('a'));
  break_off(box(), local("to"));
  write_with_its_time(path("to/new"));
  fs::rename(path("to/new"), path("to/a"));
  EXPECT_EQ(parts_of_another_run(box(), local("to")), kRest + kParts);
  EXPECT_EQ(testing::content_of(path("to/a")), content('a'));
}

TEST_F(ResumeTreeTest, ADownloadFetchesACompleteFileAgainWhoseObjectChanged) {
  put_both();
  break_off(box(), local("to"));
  put_both();
  EXPECT_EQ(parts_of_another_run(box(), local("to")), 2 * kParts);
}

TEST_F(ResumeTest, AJournalThatCannotBeKeptStopsNoCopy) {
  testing::write_file(path("in-the-way"), "");
  Journal broken(path("in-the-way/journal"));
  options_.journal = &broken;
  write_source(content('a'));
  const Place from = local("file");
  Progress progress;
  const auto report = copy({&from, 1}, box(), options_, progress, {});
  ASSERT_TRUE(report);
  EXPECT_THAT(report->failures, IsEmpty());
  ASSERT_NE(report->journal_failure, std::nullopt);
  EXPECT_THAT(report->journal_failure->message, ::testing::HasSubstr("in-the-way"));
  EXPECT_EQ(stored(), content('a'));
}

TEST_F(ResumeTest, APlaceThatTheJournalCannotNameStopsNoDownload) {
  // Each of the two is a path that the system takes; together they are longer than PATH_MAX.
  std::string deep = scratch_.path(), key = "file";
  while (deep.size() < 3500) deep += "/" + std::string(200, 'd');
  while (key.size() < 700) key.insert(0, std::string(200, 'k') + "/");
  fs::create_directories(deep);
  const Metadata none;
  CHECK(store_->inner().put({.key = key, .content = testing::bytes(content('a')), .metadata = none},
                            {}));
  const Place from{.store = store_, .path = key.substr(0, key.find('/'))};
  options_.placement.recursive = true;
  Progress progress;
  const auto report = copy({&from, 1}, {.path = deep}, options_, progress, {});
  ASSERT_TRUE(report) << report.error().message;
  for (const Failure& failure : report->failures) ADD_FAILURE() << failure.error.message;
  EXPECT_NE(report->journal_failure, std::nullopt);
  EXPECT_EQ(report->files, 1u);
}

}  // namespace
}  // namespace aloft::transfer
