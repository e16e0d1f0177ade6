// SPDX-License-Identifier: Apache-2.0
// Where copies go, with cp(1) itself as the oracle: each row runs as a copy to a container, from
// one, and between two, and must leave the tree that cp leaves and fail where cp fails.
#include "transfer/placement.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/copy.h"
#include "transfer/testing/files.h"

namespace aloft::transfer {
namespace {

using testing::contents;
using testing::Snapshot;

struct Row {
  std::vector<std::string> sources;
  std::string destination;
  bool recursive = false;
  bool no_target_directory = false;
};

const Row kRows[] = {
    {{"f"}, "new"},
    {{"f"}, "dir"},
    {{"f"}, "dir/"},
    {{"f"}, "dir/."},
    {{"f"}, "old"},
    {{"f"}, "old/"},
    {{"f"}, "new/"},
    {{"f/"}, "new"},
    {{"f"}, "dir/sub"},
    {{"f"}, "."},
    {{"f"}, "link-to-dir"},
    {{"f"}, "link-to-old"},
    {{"f", "g"}, "dir"},
    {{"f", "g"}, "new"},
    {{"f", "g"}, "old"},
    {{"f", "d/f"}, "dir"},
    {{"f", "missing", "g"}, "dir"},
    {{"missing"}, "new"},
    {{"f"}, "dir", false, true},
    {{"f"}, "old", false, true},
    {{"d"}, "new"},
    {{"f", "d"}, "dir"},
    {{"link-to-f"}, "new"},
    {{"link-to-f"}, "dir"},
    {{"d"}, "new", true},
    {{"d"}, "new/", true},
    {{"d/"}, "new", true},
    {{"d/."}, "new", true},
    {{"d"}, "dir", true},
    {{"d/"}, "dir", true},
    {{"d/."}, "dir", true},
    {{"d/sub/.."}, "dir", true},
    {{"."}, "dir", true},
    {{"./d"}, "dir", true},
    {{"d//sub"}, "dir", true},
    {{"d"}, "old", true},
    {{"d"}, "dir", true, true},
    {{"d"}, "new", true, true},
    {{"d", "f"}, "dir", true},
    {{"d", "f"}, "new", true},
    {{"d/sub", "d/empty"}, "dir", true},
    {{"link-to-f"}, "new", true},
    {{"link-to-d"}, "new", true},
    {{"link-to-d/"}, "new", true},
    {{"link-to-d/."}, "dir", true},
    {{"d"}, "link-to-dir", true},
    {{"blocked"}, "dir", true},
    {{"f"}, "new", true},
    {{"f"}, "old/x"},
    {{"d"}, "old/x", true},
    {{"f", "f"}, "dir"},
    {{"d", "d"}, "dir", true},
    {{"d", "other/d"}, "dir", true},
    {{"d", "other/sub/d"}, "dir", true},
    {{"other/sub/d", "d"}, "dir", true},
};

std::string describe(const Row& row) {
  std::string text = "cp";
  if (row.recursive) text += " -R";
  if (row.no_target_directory) text += " -T";
  for (const std::string& source : row.sources) text += " " + source;
  return text + " → " + row.destination;
}

void PrintTo(const Row& row, std::ostream* out) {
  *out << describe(row);
}

void make_source(const std::string& root) {
  testing::write_file(root + "/f", "F");
  testing::write_file(root + "/g", "G");
  testing::write_file(root + "/d/f", "D/F");
  testing::write_file(root + "/d/sub/y", "Y");
  testing::make_link(root + "/d/link", "sub/y");
  testing::make_link(root + "/d/dangling", "nowhere");
  std::filesystem::create_directories(root + "/d/empty");
  testing::write_file(root + "/other/d/own", "OTHER/D/OWN");
  testing::write_file(root + "/other/d/empty/x", "OTHER/D/EMPTY/X");
  testing::write_file(root + "/other/sub/d", "a file");
  // Both meet something of another type in dir/blocked.
  testing::write_file(root + "/blocked/file-there", "new");
  testing::write_file(root + "/blocked/directory-there/x", "new");
  testing::write_file(root + "/blocked/fine", "new");
  testing::make_link(root + "/link-to-f", "f");
  testing::make_link(root + "/link-to-d", "d");
}

void make_destination(const std::string& root) {
  testing::write_file(root + "/old", "old");
  testing::write_file(root + "/dir/f", "old f");
  testing::write_file(root + "/dir/sub/kept", "kept");
  testing::write_file(root + "/dir/d/sub/kept", "kept");
  testing::write_file(root + "/dir/blocked/file-there/kept", "a directory");
  testing::write_file(root + "/dir/blocked/directory-there", "a file");
  testing::make_link(root + "/link-to-dir", "dir");
  testing::make_link(root + "/link-to-old", "old");
}

CopyOptions quiet_options(const Row& row) {
  CopyOptions options;
  options.placement = {.recursive = row.recursive, .no_target_directory = row.no_target_directory};
  options.threads = 3;
  return options;
}

class PlacementTest : public ::testing::TestWithParam<Row> {
 protected:
  PlacementTest() {
    make_source(path("source"));
    for (const char* name : {"oracle", "target"}) make_destination(path(name));
    for (const char* name : {"source", "target"}) {
      EXPECT_TRUE(account_.create_container(name, {}));
      Progress progress;
      CopyOptions options;
      options.placement.recursive = true;
      const Place from{.path = path(name) + "/."};
      const auto copied = copy({&from, 1}, container(name, ""), options, progress, {});
      EXPECT_TRUE(copied && copied->failures.empty());
    }
    run_oracle();
  }

  std::string path(std::string_view name) const {
    return scratch_.path() + "/" + std::string(name);
  }
  Place local(std::string_view root, const std::string& name) const {
    return {.path = path(root) + "/" + name};
  }
  Place container(std::string_view name, const std::string& below) {
    return {.store = account_.container(name), .path = below};
  }

  void run_oracle() {
    const Row& row = GetParam();
    std::string command = "cd '" + scratch_.path() + "' && exec cp";
    if (row.recursive) command += " -R";
    if (row.no_target_directory) command += " -T";
    for (const std::string& source : row.sources) command += " 'source/" + source + "'";
    command += " 'oracle/" + row.destination + "' 2>/dev/null";
    const int status = std::system(command.c_str());
    ASSERT_TRUE(WIFEXITED(status));
    oracle_succeeded_ = WEXITSTATUS(status) == 0;
    oracle_ = contents(path("oracle"));
  }

  void expect_as_oracle(const std::vector<Place>& sources, const Place& destination) {
    const Row& row = GetParam();
    Progress progress;
    const auto copied = copy(sources, destination, quiet_options(row), progress, {});
    std::string why = copied ? "" : copied.error().message;
    if (copied) {
      for (const Failure& failure : copied->failures) why += failure.error.message + "; ";
    }
    EXPECT_EQ(copied && copied->failures.empty(), oracle_succeeded_) << why;
    if (destination.local()) {
      EXPECT_EQ(contents(path("target")), oracle_) << why;
    } else {
      ObjectTree tree(destination.store);
      EXPECT_EQ(contents(tree, ""), oracle_) << why;
    }
  }

  TemporaryDirectory scratch_;
  MemoryAccount account_;
  Snapshot oracle_;
  bool oracle_succeeded_ = false;
};

TEST_P(PlacementTest, IsThatOfCpOnTheWayToAContainer) {
  SCOPED_TRACE(describe(GetParam()));
  std::vector<Place> sources;
  for (const std::string& source : GetParam().sources) sources.push_back(local("source", source));
  expect_as_oracle(sources, container("target", GetParam().destination));
}

TEST_P(PlacementTest, IsThatOfCpOnTheWayFromAContainer) {
  SCOPED_TRACE(describe(GetParam()));
  std::vector<Place> sources;
  for (const std::string& source : GetParam().sources) {
    sources.push_back(container("source", source));
  }
  expect_as_oracle(sources, local("target", GetParam().destination));
}

TEST_P(PlacementTest, IsThatOfCpBetweenContainers) {
  SCOPED_TRACE(describe(GetParam()));
  std::vector<Place> sources;
  for (const std::string& source : GetParam().sources) {
    sources.push_back(container("source", source));
  }
  expect_as_oracle(sources, container("target", GetParam().destination));
}

// Here cp(1) replaces, and what the first source held is lost.
TEST(MadeNamesTest, KeepsWhatTheFirstSourceMadeDeepInATree) {
  const TemporaryDirectory scratch;
  testing::write_file(scratch.path() + "/a/d/f", "1");
  testing::write_file(scratch.path() + "/b/d/f", "2");
  testing::write_file(scratch.path() + "/b/d/g", "2");
  std::filesystem::create_directory(scratch.path() + "/back");
  MemoryAccount account;
  ASSERT_TRUE(account.create_container("box", {}));
  const auto store = account.container("box");
  const auto copy_both = [&](const std::vector<Place>& sources, const Place& to) {
    CopyOptions options;
    options.placement.recursive = true;
    Progress progress;
    const auto report = copy(sources, to, options, progress, {});
    ASSERT_TRUE(report);
    ASSERT_EQ(report->failures.size(), 1u);
    EXPECT_NE(report->failures.front().error.message.find("will not replace"), std::string::npos);
  };
  const Snapshot merged{{"d", "directory"}, {"d/f", "file 1"}, {"d/g", "file 2"}};
  copy_both({{.path = scratch.path() + "/a/d"}, {.path = scratch.path() + "/b/d"}},
            {.store = store, .path = ""});
  ObjectTree tree(store);
  EXPECT_EQ(contents(tree, ""), merged);
  ASSERT_TRUE(store->put({.key = "e/d/f", .content = {}, .metadata = {}}, {}));
  copy_both({{.store = store, .path = "d"}, {.store = store, .path = "e/d"}},
            {.path = scratch.path() + "/back"});
  EXPECT_EQ(contents(scratch.path() + "/back"), merged);
}

INSTANTIATE_TEST_SUITE_P(Rows, PlacementTest, ::testing::ValuesIn(kRows));

}  // namespace
}  // namespace aloft::transfer
