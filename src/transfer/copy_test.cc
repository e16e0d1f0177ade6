// SPDX-License-Identifier: Apache-2.0
// Whole copies: what comes back, what is refused, and what is left behind when something fails.
// Where copies go is in placement_test.cc.
#include "transfer/copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "base/guarded.h"
#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/testing/files.h"
#include "transfer/testing/hooked_store.h"
#include "transfer/verify.h"

namespace aloft::transfer {
namespace {

namespace fs = std::filesystem;
using testing::bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class CopyTest : public ::testing::Test {
 protected:
  CopyTest() {
    EXPECT_TRUE(account_.create_container("box", {}));
    store_ = std::make_shared<testing::HookedStore>(account_.container("box"));
    options_.placement.recursive = true;
    options_.threads = 4;
    options_.memory_bytes = 64_MiB;
    options_.part_size_bytes = 64_KiB;  // Parts of small files, so that tests are quick.
    options_.restore.umask = 022;
  }

  std::string path(const std::string& name) const { return scratch_.path() + "/" + name; }
  Place local(const std::string& name) const { return {.path = path(name)}; }
  Place box(const std::string& name) const { return {.store = store_, .path = name}; }

  Result<CopyReport> run(const Place& from, const Place& to, Limits limits = {}) {
    Progress progress;
    return copy({&from, 1}, to, options_, progress, limits);
  }
  CopyReport expect_copied(const Place& from, const Place& to) {
    auto report = run(from, to);
    EXPECT_TRUE(report) << report.error().message;
    if (!report) return {};
    for (const Failure& failure : report->failures) ADD_FAILURE() << failure.error.message;
    return *report;
  }
  std::vector<std::string> failure_messages(const Place& from, const Place& to) {
    const auto report = run(from, to);
    if (!report) return {report.error().message};
    std::vector<std::string> messages;
    for (const Failure& failure : report->failures) messages.push_back(failure.error.message);
    return messages;
  }
  PutResult put(const std::string& key, std::string_view content, Metadata metadata = {}) {
    return account_.container("box")
        ->put({.key = key, .content = bytes(content), .metadata = metadata}, {})
        .value();
  }
  std::vector<std::string> differences(const Place& a, const Place& b) {
    Progress progress;
    VerifyOptions verify_options{.threads = 4, .part_size_bytes = 64_KiB};
    const auto report = verify(locate(a, Links::follow, {}).value(),
                               locate(b, Links::follow, {}).value(), verify_options, progress, {});
    std::vector<std::string> lines;
    for (const auto& difference : report.value().differences) {
      lines.push_back(difference.path + ": " + difference.what);
    }
    for (const auto& failure : report->failures) lines.push_back(failure.error.message);
    return lines;
  }

  TemporaryDirectory scratch_;
  MemoryAccount account_;
  std::shared_ptr<testing::HookedStore> store_;
  CopyOptions options_;
};

std::string pattern(std::size_t size) {
  std::string content(size, '\0');
  for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>((i * 31 + i / 251) & 0xff);
  return content;
}

void make_odd_tree(const std::string& root) {
  testing::write_file(root + "/empty", "");
  testing::write_file(root + "/small", "content\n");
  testing::write_file(root + "/one-part", pattern(64_KiB));
  testing::write_file(root + "/parts", pattern(5 * 64_KiB + 17));
  testing::write_file(root + "/names/space and ünïcode 漢", "1");
  testing::write_file(root + "/names/ends with dot.", "2");
  testing::write_file(root + "/names/back\\slash", "3");
  testing::write_file(root + "/names/percent%2E", "4");
  testing::write_file(root + "/names/line\nfeed", "5");
  testing::write_file(root + "/names/latin\xE9", "6");
  testing::write_file(root + "/names/a", "file beside");
  testing::write_file(root + "/names/a-b", "between");
  testing::write_file(root + "/a/x", "below");
  testing::write_file(root + "/a-b/x", "sorts between a and a/x");
  testing::write_file(root + "/names/...", "7");
  fs::create_directories(root + "/no/files/here");
  testing::make_link(root + "/links/relative", "../small");
  testing::make_link(root + "/links/dangling", "no such thing");
  testing::make_link(root + "/links/absolute", "/etc/passwd");
  testing::make_link(root + "/links/to-directory", "../names");
  ::chmod((root + "/small").c_str(), 0640);
  ::chmod((root + "/parts").c_str(), 0755);
  ::chmod((root + "/empty").c_str(), 0400);
  ::chmod((root + "/no/files").c_str(), 0750);
  testing::set_mtime(root + "/small", 1'234'567'890, 123'456'789);
  testing::set_mtime(root + "/parts", -5, 1);
  testing::set_mtime(root + "/links/dangling", 1'000'000'000, 7);
  testing::set_mtime(root + "/no/files/here", 1'111'111'111, 999'999'999);
  testing::set_mtime(root + "/no/files", 1'222'222'222, 1);
  testing::set_mtime(root + "/links", 1'333'333'333, 2);
  testing::set_mtime(root, 1'444'444'444, 3);
}

TEST_F(CopyTest, BringsATreeBackAsItWas) {
  make_odd_tree(path("tree"));
  const CopyReport up = expect_copied(local("tree"), box("kept"));
  EXPECT_EQ(up.symlinks, 4u);
  const CopyReport down = expect_copied(box("kept"), local("back"));
  EXPECT_EQ(down.files, up.files);
  EXPECT_EQ(down.bytes, up.bytes);
  EXPECT_EQ(testing::contents(path("back")), testing::contents(path("tree")));
  EXPECT_EQ(testing::attributes(path("back")), testing::attributes(path("tree")));
  EXPECT_EQ(testing::content_of(path("back/parts")), pattern(5 * 64_KiB + 17));
  EXPECT_THAT(differences(local("tree"), box("kept")), IsEmpty());
}

TEST_F(CopyTest, BringsATreeBackThroughASecondContainer) {
  make_odd_tree(path("tree"));
  EXPECT_TRUE(account_.create_container("second", {}));
  const Place second{.store = account_.container("second"), .path = "there"};
  expect_copied(local("tree"), box("kept"));
  expect_copied(box("kept"), second);
  EXPECT_THAT(differences(box("kept"), second), IsEmpty());
  expect_copied(second, local("back"));
  EXPECT_EQ(testing::attributes(path("back")), testing::attributes(path("tree")));
}

TEST_F(CopyTest, HasTheServiceFetchBlocksOfWhatItDoesNotCopyAtOnce) {
  testing::write_file(path("tree/large"), pattern(1200 * 1024 + 17));
  testing::write_file(path("tree/small"), "small");
  expect_copied(local("tree"), box("kept"));
  std::atomic<int> blocks = 0;
  store_->before_copy = [](const CopyRequest& request) -> Result<void> {
    EXPECT_GT(request.size_bytes, 0u);
    return fail(ErrorCode::unsupported, "not at once");
  };
  store_->before_stage = [&](std::string_view) -> Result<void> {
    ++blocks;
    return {};
  };
  expect_copied(box("kept"), box("again"));
  EXPECT_EQ(blocks, 3 + 1);
  EXPECT_EQ(store_->head("again/large", {})->metadata, store_->head("kept/large", {})->metadata);
  EXPECT_THAT(differences(box("kept"), box("again")), IsEmpty());
  expect_copied(box("again"), local("back"));
  EXPECT_EQ(testing::content_of(path("back/large")), pattern(1200 * 1024 + 17));
}

TEST_F(CopyTest, RestoresOwnersAndSetUidOnlyWhereModesAreTrusted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make files of others";
  testing::write_file(path("tree/tool"), "x");
  fs::create_directories(path("tree/shared"));
  ASSERT_EQ(::chown(path("tree/tool").c_str(), 12345, 23456), 0);
  ASSERT_EQ(::chmod(path("tree/tool").c_str(), 06755), 0);
  ASSERT_EQ(::chmod(path("tree/shared").c_str(), 03775), 0);
  testing::make_link(path("tree/link"), "tool");
  ASSERT_EQ(::lchown(path("tree/link").c_str(), 12345, 23456), 0);
  expect_copied(local("tree"), box("kept"));
  EXPECT_THAT(differences(local("tree"), box("kept")), IsEmpty());

  expect_copied(box("kept"), local("plain"));
  struct stat status {};
  ASSERT_EQ(::stat(path("plain/tool").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::geteuid());
  EXPECT_EQ(status.st_mode & 07777, 0755u);
  ASSERT_EQ(::stat(path("plain/shared").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0775u);

  options_.restore.trust_modes = true;
  expect_copied(box("kept"), local("trusted"));
  auto trusted = testing::attributes(path("trusted"));
  EXPECT_EQ(trusted, testing::attributes(path("tree")));
}

TEST_F(CopyTest, KeepsNamesAndPropertiesOfOthersOnARewrite) {
  const Metadata foreign{{"project", "x17"}};
  ASSERT_TRUE(store_->inner().put(
      {.key = "table",
       .content = bytes("old"),
       .metadata = foreign,
       .properties = {.content_type = "text/csv", .content_md5 = "CY9rzUYh03PK3k6DJie09g=="}},
      {}));
  testing::write_file(path("table"), "new");
  expect_copied(local("table"), box("table"));
  const ObjectInfo now = store_->head("table", {}).value();
  EXPECT_EQ(now.metadata.at("project"), "x17");
  EXPECT_EQ(now.properties.content_type, "text/csv");
  EXPECT_NE(now.properties.content_md5, "CY9rzUYh03PK3k6DJie09g==") << "it was the old content's";
  EXPECT_EQ(now.size_bytes, 3u);
}

// How much of a file takes room on disk.
std::uint64_t room_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

TEST_F(CopyTest, KeepsHoles) {
  for (const std::size_t size : {std::size_t{5 * 64_KiB + 17}, std::size_t{48_KiB}}) {
    const std::string name = fmt::format("sparse{}", size);
    testing::write_file(path("in/" + name), "begins");
    fs::resize_file(path("in/" + name), size);
    {
      std::fstream file(path("in/" + name), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(40'000);
      file << "data that ends a hole";
    }
    if (room_of(path("in/" + name)) >= size) GTEST_SKIP() << "no holes on this file system";
    expect_copied(local("in/" + name), box(name));
    EXPECT_EQ(store_->head(name, {}).value().metadata.at("aloft_sparse"), "true");
    expect_copied(box(name), local("out-" + name));
    EXPECT_EQ(testing::content_of(path("out-" + name)), testing::content_of(path("in/" + name)));
    EXPECT_LE(room_of(path("out-" + name)), 2 * 4096u);
  }
}

TEST_F(CopyTest, MakesNoHolesInAFileThatHadNone) {
  testing::write_file(path("zeros"), std::string(3 * 64_KiB, '\0'));
  expect_copied(local("zeros"), box("zeros"));
  EXPECT_FALSE(store_->head("zeros", {}).value().metadata.contains("aloft_sparse"));
  expect_copied(box("zeros"), local("back"));
  EXPECT_GE(room_of(path("back")), 3 * 64_KiB);
}

TEST_F(CopyTest, ARewriteForgetsTheHolesOfWhatItReplaces) {
  put("f", "old", {{"aloft_sparse", "true"}, {"aloft_crc64", "0000000000000001:x"}});
  testing::write_file(path("f"), "new");
  expect_copied(local("f"), box("f"));
  EXPECT_FALSE(store_->head("f", {}).value().metadata.contains("aloft_sparse"));
}

TEST_F(CopyTest, RecordsTheMd5OnlyWhenAsked) {
  testing::write_file(path("tree/abc"), "abc");
  testing::write_file(path("tree/empty"), "");
  testing::write_file(path("tree/parts"), std::string(3 * 64_KiB + 5, 'a'));
  const auto md5_of = [&](const std::string& key) {
    return store_->head(key, {}).value().properties.content_md5;
  };
  const auto recorded = [&] {
    return std::vector{md5_of("kept/abc"), md5_of("kept/empty"), md5_of("kept/parts")};
  };
  options_.placement.no_target_directory = true;
  options_.md5 = true;
  expect_copied(local("tree"), box("kept"));
  EXPECT_THAT(recorded(), ElementsAre("kAFQmDzST7DWlj99KOF/cg==", "1B2M2Y8AsgTpgAmY7PhCfg==",
                                      "XxIjrjp3PAthXCk1E1A/4w=="));
  options_.md5 = false;
  expect_copied(local("tree"), box("kept"));
  EXPECT_THAT(recorded(), ElementsAre("", "", ""));
}

TEST_F(CopyTest, ComparesWithTheRecordedMd5OnlyWhenAsked) {
  const std::string parts(3 * 64_KiB + 5, 'a'), changed = "b" + parts.substr(1);
  const Metadata none;
  const auto put_as = [&](const std::string& key, std::string_view content, std::string md5) {
    const PutRequest request{.key = key,
                             .content = bytes(content),
                             .metadata = none,
                             .properties = {.content_md5 = std::move(md5)}};
    CHECK(store_->inner().put(request, {}));
  };
  put_as("tree/abc", "abc", "kAFQmDzST7DWlj99KOF/cg==");
  put_as("tree/abd", "abd", "kAFQmDzST7DWlj99KOF/cg==");
  put_as("tree/none", "abd", "");
  put_as("tree/parts", parts, "XxIjrjp3PAthXCk1E1A/4w==");
  put_as("tree/changed", changed, "XxIjrjp3PAthXCk1E1A/4w==");
  options_.md5 = true;
  EXPECT_THAT(failure_messages(box("tree"), local("back")),
              UnorderedElementsAre(HasSubstr("tree/abd is recorded with the MD5 kAFQm"),
                                   HasSubstr("tree/changed is recorded with the MD5")));
  EXPECT_THAT(testing::contents(path("back")), ElementsAre(Key("abc"), Key("none"), Key("parts")));
  options_.md5 = false;
  options_.placement.no_target_directory = true;
  expect_copied(box("tree"), local("back"));
  EXPECT_EQ(testing::content_of(path("back/changed")), changed);
}

TEST_F(CopyTest, NamesSpecialFilesAndCopiesTheRest) {
  testing::write_file(path("tree/a"), "a");
  ASSERT_EQ(::mkfifo(path("tree/pipe").c_str(), 0600), 0);
  const auto report = run(local("tree"), box("kept"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->files, 1u);
  ASSERT_THAT(report->failures, SizeIs(1));
  EXPECT_THAT(report->failures[0].error.message, HasSubstr("pipe is a named pipe"));
}

TEST_F(CopyTest, RefusesTheHiddenAreaAsDestinationAndNeverShowsIt) {
  put(".aloft/locks/1", "x");
  put("visible", "y");
  testing::write_file(path("f"), "f");
  EXPECT_THAT(failure_messages(local("f"), box(".aloft/f")),
              ElementsAre(HasSubstr("choose another name")));
  expect_copied(box("."), local("back"));
  EXPECT_EQ(testing::contents(path("back")), (testing::Snapshot{{"visible", "file y"}}));
}

// ---- A stranger's container

TEST_F(CopyTest, NeverLeavesTheTargetWhateverTheNames) {
  testing::write_file(path("outside"), "safe");
  fs::create_directories(path("target"));
  // Keys that would climb, if they were paths. As names they are "..", so format/ escapes them.
  for (const char* key : {"a/../../outside", "../outside", "/outside", "b//c", "./d"}) {
    const auto done =
        store_->inner().put({.key = key, .content = bytes("evil"), .metadata = {}}, {});
    (void)done;  // The store in memory refuses some of them, as Azure does.
  }
  const auto report = run(box("."), local("target"));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(testing::content_of(path("outside")), "safe");
  for (const auto& entry : fs::directory_iterator(scratch_.path())) {
    EXPECT_THAT(entry.path().filename().string(), ::testing::AnyOf("outside", "target"));
  }
}

TEST_F(CopyTest, NeverWritesThroughAStoredLink) {
  fs::create_directories(path("outside"));
  const Metadata link{{"is_symlink", "true"}};
  put("tree/door", path("outside"), link);
  put("tree/door/planted", "evil");
  fs::create_directories(path("target"));
  const auto report = run(box("tree"), local("target"));
  ASSERT_TRUE(report);
  EXPECT_TRUE(fs::is_empty(path("outside")));
  EXPECT_EQ(fs::read_symlink(path("target/tree/door")), path("outside"));
}

TEST_F(CopyTest, NeverWritesThroughALinkThatLiesInTheTarget) {
  fs::create_directories(path("outside"));
  testing::write_file(path("outside/victim"), "safe");
  fs::create_directories(path("target/tree"));
  testing::make_link(path("target/tree/door"), path("outside"));
  testing::make_link(path("target/tree/name"), path("outside/victim"));
  put("tree/door/planted", "evil");
  put("tree/name", "new content");
  const auto messages = failure_messages(box("tree"), local("target"));
  EXPECT_THAT(messages,
              ElementsAre(HasSubstr("target/tree/door, a symbolic link, by a directory")));
  EXPECT_EQ(testing::content_of(path("outside/victim")), "safe");
  EXPECT_FALSE(fs::exists(path("outside/planted")));
  EXPECT_EQ(testing::content_of(path("target/tree/name")), "new content");
}

TEST_F(CopyTest, RefusesLinkTargetsThatNoLinkCanHold) {
  const Metadata link{{"is_symlink", "true"}};
  put("tree/nul", std::string_view("a\0b", 3), link);
  put("tree/long", std::string(5000, 'x'), link);
  put("tree/empty", "", link);
  put("tree/fine", "target", link);
  const auto report = run(box("tree"), local("back"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->symlinks, 1u);
  EXPECT_THAT(report->failures, SizeIs(3));
}

TEST_F(CopyTest, ReportsNamesThatNoFileSystemCanHold) {
  put("tree/" + std::string(300, 'n'), "x");
  put("tree/fine", "y");
  const auto messages = failure_messages(box("tree"), local("back"));
  EXPECT_THAT(messages, ElementsAre(HasSubstr("longer than 255 bytes")));
  EXPECT_EQ(testing::contents(path("back")), (testing::Snapshot{{"fine", "file y"}}));
}

TEST_F(CopyTest, MakesNoNameThatAMountWouldRefuse) {
  const std::string longest(255, 'n');
  put("tree/" + longest, "fits");
  put("tree/" + longest + "o", "x");
  put("tree/" + longest + "p/inside", "y");
  put("tree/z", "z");
  const auto too_long = HasSubstr("a name has at most 255 bytes, this one has 256");
  EXPECT_THAT(failure_messages(box("tree"), box("copy")), ElementsAre(too_long, too_long));
  ObjectTree there(store_);
  EXPECT_EQ(testing::contents(there, "copy"),
            (testing::Snapshot{{longest, "file fits"}, {"z", "file z"}}));
  testing::write_file(path("f"), "f");
  EXPECT_THAT(failure_messages(local("f"), box(longest + "o")), ElementsAre(too_long));
  EXPECT_THAT(failure_messages(local("f"), box(longest + "o/f")), ElementsAre(too_long));
  expect_copied(local("f"), box("tree/" + longest + "o"));  // It is there, and stays replaceable.
}

TEST_F(CopyTest, ReadsWhatRcloneAndBlobfuseStore) {
  const Metadata rclone{{"mtime", "2020-01-02T03:04:05.000000006Z"}};
  put("tree/file", "r", rclone);
  put("tree/dir/", "", {{"hdi_isfolder", "true"}});
  put("tree/folder", "", {{"hdi_isfolder", "true"}});
  expect_copied(box("tree"), local("back"));
  EXPECT_EQ(testing::contents(path("back")),
            (testing::Snapshot{{"dir", "directory"}, {"folder", "directory"}, {"file", "file r"}}));
  EXPECT_THAT(testing::attributes(path("back")).at("file"), HasSubstr("1577934245.000000006"));
}

/// What OpenSSL asks of every algorithm, as its configuration would; put back at the end.
class DefaultProperties {
 public:
  explicit DefaultProperties(const char* query) {
    CHECK(EVP_set_default_properties(nullptr, query) == 1);
  }
  ~DefaultProperties() { CHECK(EVP_set_default_properties(nullptr, "") == 1); }
};

TEST_F(CopyTest, RecordsTheMd5WhereOnlyFipsAlgorithmsAreUsedByDefault) {
  testing::write_file(path("tree/abc"), "abc");
  options_.md5 = true;
  const DefaultProperties fips("fips=yes");
  expect_copied(local("tree"), box("kept"));
  EXPECT_EQ(store_->head("kept/abc", {}).value().properties.content_md5,
            "kAFQmDzST7DWlj99KOF/cg==");
}

TEST_F(CopyTest, SaysAtTheBeginningThatThereIsNoMd5) {
  testing::write_file(path("tree/abc"), "abc");
  const DefaultProperties none("provider=missing");
  options_.md5 = true;
  EXPECT_THAT(failure_messages(local("tree"), box("kept")),
              ElementsAre(HasSubstr("copy without --md5")));
  EXPECT_FALSE(store_->head("kept/abc", {}));
  options_.md5 = false;
  expect_copied(local("tree"), box("kept"));
}

TEST_F(CopyTest, GivesDirectoriesWithoutAStoredModeTheirOwnAtOnce) {
  put("d/implied/file", "1");
  put("d/marked", "", {{"hdi_isfolder", "true"}});
  put("d/marked/file", "1");
  put("d/closed", "", {{"hdi_isfolder", "true"}, {"permissions", "0755"}});
  put("d/closed/file", "1");
  // What a killed copy leaves is what is there while it reads.
  std::atomic<std::size_t> reads = 0;
  store_->before_read = [&](std::string_view) -> Result<void> {
    ++reads;
    for (const auto& [name, mode] :
         std::map<std::string, mode_t>{{"implied", 0755}, {"marked", 0755}, {"closed", 0700}}) {
      struct stat status {};
      EXPECT_EQ(::stat(path("back/" + name).c_str(), &status), 0) << name;
      EXPECT_EQ(status.st_mode & 07777, mode) << name;
    }
    return {};
  };
  const mode_t process_umask = ::umask(0);
  expect_copied(box("d"), local("back"));
  ::umask(process_umask);
  EXPECT_EQ(reads, 3u);
}

TEST_F(CopyTest, ComparesTheContentOfWhatCountsAsADirectory) {
  const Metadata folder{{"hdi_isfolder", "true"}};
  for (const char* top : {"a", "b"}) {
    put(std::string(top) + "/same", "content", folder);
    put(std::string(top) + "/longer", std::string(top) == "a" ? "1" : "12", folder);
    put(std::string(top) + "/other", top, folder);
  }
  EXPECT_THAT(
      differences(box("a"), box("b")),
      UnorderedElementsAre("longer: is a directory, but of a blob of 1 bytes here and 2 there",
                           "other: content differs from byte 0 on"));
  testing::write_file(path("here/same/file"), "1");
  put("c/same", "content", folder);
  put("c/same/", "second");
  put("c/same/file", "1");
  EXPECT_THAT(
      differences(local("here"), box("c")),
      UnorderedElementsAre("same: is a directory, but of a blob of 0 bytes here and 7 there",
                           HasSubstr("box/c/same/ is a blob of 6 bytes")));
}

TEST_F(CopyTest, ShowsADirectoryThatAFileShadowsUnderAnotherName) {
  put("tree/a", "file");
  put("tree/a-b", "between");
  put("tree/a/x", "below");
  expect_copied(box("tree"), local("back"));
  EXPECT_EQ(testing::contents(path("back")), (testing::Snapshot{{"a", "file file"},
                                                                {"a-b", "file between"},
                                                                {"%d=a", "directory"},
                                                                {"%d=a/x", "file below"}}));
}

// ---- Change and failure

TEST_F(CopyTest, CopiesAgainWhatChangesWhileItIsUploaded) {
  testing::write_file(path("f"), pattern(3 * 64_KiB));
  std::atomic<int> writes = 0;
  store_->before_write = [&](std::string_view) -> Result<void> {
    if (writes++ == 1) std::ofstream(path("f"), std::ios::app) << "more";
    return {};
  };
  expect_copied(local("f"), box("f"));
  EXPECT_THAT(differences(local("f"), box("f")), IsEmpty());
}

TEST_F(CopyTest, FailsAFileThatKeepsChangingWhileItIsUploaded) {
  testing::write_file(path("f"), pattern(3 * 64_KiB));
  store_->before_write = [&](std::string_view) -> Result<void> {
    std::ofstream(path("f"), std::ios::app) << "more";
    return {};
  };
  EXPECT_THAT(failure_messages(local("f"), box("f")),
              ElementsAre(HasSubstr("changed each of the 3 times")));
  EXPECT_FALSE(store_->head("f", {})) << "nothing half-written";
}

TEST_F(CopyTest, SendsALargeFileAgainWhoseBlocksAnotherWriterTookAway) {
  testing::write_file(path("f"), pattern(5 * 64_KiB));
  int commits = 0;
  store_->before_commit = [&](std::string_view key) -> Result<void> {
    if (commits++ == 0) put(std::string(key), "somebody else's");  // Drops what is staged.
    return {};
  };
  EXPECT_EQ(expect_copied(local("f"), box("f")).files, 1u);
  EXPECT_EQ(commits, 3) << "for a name that was free; for one that was not; with blocks";
  EXPECT_THAT(differences(local("f"), box("f")), IsEmpty());
}

TEST_F(CopyTest, FailsALargeFileWhoseBlocksAreTakenAwayEachTime) {
  testing::write_file(path("f"), pattern(5 * 64_KiB));
  Guarded<std::set<std::string>> staged;
  store_->before_stage = [&](std::string_view id) -> Result<void> {
    staged.lock()->emplace(id);
    return {};
  };
  store_->before_commit = [&](std::string_view key) -> Result<void> {
    put(std::string(key), "somebody else's");
    return {};
  };
  EXPECT_THAT(failure_messages(local("f"), box("f")), SizeIs(1));
  EXPECT_EQ(staged.lock()->size(), 3 * 5u);
}

TEST_F(CopyTest, FetchesOneVersionThoughTheObjectChangesMeanwhile) {
  put("big", std::string(10 * 64_KiB, 'a'));
  put("small", "a");
  std::atomic<int> reads = 0;
  store_->before_read = [&](std::string_view key) -> Result<void> {
    if (key == "big" && reads++ == 3) put("big", std::string(9 * 64_KiB, 'b'));
    return {};
  };
  expect_copied(box("big"), local("big"));
  EXPECT_EQ(testing::content_of(path("big")), std::string(9 * 64_KiB, 'b'));
}

TEST_F(CopyTest, FailsAnObjectThatKeepsChanging) {
  put("small", "a");
  store_->before_read = [&](std::string_view) -> Result<void> {
    put("small", "b");
    return {};
  };
  EXPECT_THAT(failure_messages(box("small"), local("small")),
              ElementsAre(HasSubstr("changed each of the 3 times")));
  EXPECT_TRUE(fs::is_empty(scratch_.path())) << "no temporary file stays";
}

TEST_F(CopyTest, LeavesNoTraceOfADownloadThatFails) {
  fs::create_directories(path("target"));
  testing::write_file(path("target/big"), "old");
  put("big", std::string(10 * 64_KiB, 'a'));
  store_->before_read = [&](std::string_view) -> Result<void> {
    return fail(ErrorCode::unavailable, "the service is out");
  };
  EXPECT_THAT(failure_messages(box("big"), local("target")), ElementsAre("the service is out"));
  EXPECT_EQ(testing::contents(path("target")), (testing::Snapshot{{"big", "file old"}}));
}

TEST_F(CopyTest, LosesToAnotherWriterOnlyByLookingAgain) {
  testing::write_file(path("f"), "mine");
  std::atomic<int> writes = 0;
  store_->before_write = [&](std::string_view) -> Result<void> {
    if (writes++ == 0) put("f", "theirs", {{"note", "kept"}});
    return {};
  };
  expect_copied(local("f"), box("f"));
  const ObjectInfo now = store_->head("f", {}).value();
  EXPECT_EQ(now.size_bytes, 4u);
  EXPECT_EQ(now.metadata.at("note"), "kept");
}

TEST_F(CopyTest, ReadsSoMuchAtATimeAsTheProcessorHasAtHand) {
  put("big", std::string(5_MiB, 'x'));
  std::atomic<int> reads = 0;
  store_->before_read = [&](std::string_view) -> Result<void> {
    ++reads;
    return {};
  };
  options_.part_size_bytes = 8_MiB;
  expect_copied(box("big"), local("big"));
  EXPECT_EQ(reads, 3);
}

TEST_F(CopyTest, TakesNoFileThatAnotherCopyIsWriting) {
  testing::write_file(path("tree/.aloft-0123456789abcdef.part"), "half");
  testing::write_file(path("tree/.aloft-notes.part"), "of a person");
  expect_copied(local("tree"), box("tree"));
  ObjectTree tree(store_);
  EXPECT_EQ(testing::contents(tree, "tree"),
            (testing::Snapshot{{".aloft-notes.part", "file of a person"}}));
}

TEST_F(CopyTest, StopsPromptlyAndLeavesNothingHalfWritten) {
  put("big", std::string(50 * 64_KiB, 'a'));
  std::stop_source stop;
  store_->before_read = [&](std::string_view) -> Result<void> {
    stop.request_stop();
    return fail(ErrorCode::cancelled, "interrupted");
  };
  const auto report = run(box("big"), local("big"), {.stop = stop.get_token()});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::cancelled);
  EXPECT_TRUE(fs::is_empty(scratch_.path()));
}

TEST_F(CopyTest, CopiesWhatItCanUnderFaultsAndNamesTheRest) {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const std::string tree = fmt::format("tree{}", seed);
    for (int i = 0; i < 40; ++i) {
      testing::write_file(path(fmt::format("{}/{}/f{}", tree, i % 4, i)),
                          pattern(static_cast<std::size_t>(i) * 5000));
    }
    std::atomic<std::uint32_t> calls = seed;
    const auto sometimes = [&](std::string_view key) -> Result<void> {
      if ((calls++ * 2654435761u >> 16) % 10 != 0) return {};
      return fail(ErrorCode::unavailable, "no answer for " + std::string(key));
    };
    store_->before_write = sometimes;
    const auto report = run(local(tree), box(tree));
    store_->before_write = [](std::string_view) -> Result<void> { return {}; };
    ASSERT_TRUE(report);
    EXPECT_EQ(report->files + report->directories + report->failures.size(), 40u + 5u);
    // What is there is whole, and what is missing was named.
    ObjectTree there(store_);
    const auto missing =
        testing::contents(path(tree)).size() - testing::contents(there, tree).size();
    EXPECT_LE(missing, report->failures.size());
    expect_copied(local(tree), box("again"));
  }
}

TEST_F(CopyTest, NamesTheFileForWhichTheDiskIsTooSmall) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount a small disk";
  fs::create_directories(path("disk"));
  if (::mount("tmpfs", path("disk").c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "may not mount here";
  }
  put("tree/fits", std::string(100'000, 'a'));
  put("tree/large", std::string(3'000'000, 'b'));
  const auto messages = failure_messages(box("tree"), local("disk"));
  EXPECT_THAT(messages, ElementsAre(HasSubstr("disk is full")));
  EXPECT_EQ(testing::contents(path("disk/tree")).size(), 1u) << "nothing of the other stays";
  EXPECT_EQ(::umount(path("disk").c_str()), 0);
}

TEST_F(CopyTest, SaysHowToMakeAMissingContainer) {
  testing::write_file(path("f"), "f");
  const Place missing{.store = account_.container("missing"), .path = "x"};
  EXPECT_THAT(failure_messages(local("f"), missing), ElementsAre(HasSubstr("aloft mkdir az://")));
  EXPECT_THAT(failure_messages(missing, local("g")), ElementsAre(HasSubstr("aloft mkdir az://")));
}

}  // namespace
}  // namespace aloft::transfer
