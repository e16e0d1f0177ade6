// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/internal/output_pattern.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/temporary_directory.h"

namespace aloft::emulator::batch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OutputPatternTest : public testing::Test {
 protected:
  OutputPatternTest() {
    for (const char* name : {"task/stdout.txt", "task/stderr.txt", "task/wd/a.txt", "task/wd/b.dat",
                             "task/wd/.hidden.txt", "task/wd/a*.txt", "task/wd/sub/c.txt",
                             "task/wd/sub/deep/d.txt", "task/wd/.git/e.txt", "secret"}) {
      const std::filesystem::path path = root() + "/" + name;
      std::filesystem::create_directories(path.parent_path());
      EXPECT_TRUE(replace_file(path, name, 0600));
    }
    std::filesystem::create_symlink(root() + "/secret", root() + "/task/wd/link.txt");
    std::filesystem::create_directory_symlink("/etc", root() + "/task/wd/etc");
  }
  std::string root() const { return directory_.path(); }

  Result<OutputPattern> parse(std::string_view text) {
    return parse_output_pattern(text, {{"ID", "a"}, {"AZ_BATCH_TASK_DIR", root() + "/task"}},
                                root() + "/task/wd", root());
  }
  std::vector<std::string> files(std::string_view text) {
    std::vector<std::string> names;
    for (const FileEntry& entry : matching_files(parse(text).value(), root()))
      names.push_back(entry.name);
    return names;
  }

 private:
  TemporaryDirectory directory_;
};

TEST_F(OutputPatternTest, FindsTheOneFileThatItNames) {
  EXPECT_THAT(files("a.txt"), ElementsAre("a.txt"));
  EXPECT_THAT(files("./sub//c.txt"), ElementsAre("c.txt"));
  EXPECT_THAT(files("../stdout.txt"), ElementsAre("stdout.txt"));
  EXPECT_THAT(files(root() + "/task/wd/b.dat"), ElementsAre("b.dat"));
  EXPECT_THAT(files("none.txt"), IsEmpty());
  EXPECT_THAT(files("sub"), IsEmpty()) << "a directory is no file";
  EXPECT_THAT(files("link.txt"), IsEmpty()) << "links may lead anywhere";
  EXPECT_THAT(files("etc/passwd"), IsEmpty());
  EXPECT_THAT(files("etc/pass*"), IsEmpty());
}

TEST_F(OutputPatternTest, FindsAllThatItsWildcardsMeet) {
  EXPECT_THAT(files("*.txt"), ElementsAre("a*.txt", "a.txt"));
  EXPECT_THAT(files("?.txt"), ElementsAre("a.txt"));
  EXPECT_THAT(files("[a-b].*"), ElementsAre("a.txt", "b.dat"));
  EXPECT_THAT(files("[!a].*"), ElementsAre("b.dat"));
  EXPECT_THAT(files("a[*].txt"), ElementsAre("a*.txt"));
  EXPECT_THAT(files(".*.txt"), ElementsAre(".hidden.txt"));
  EXPECT_THAT(files("../std*.txt"), ElementsAre("stderr.txt", "stdout.txt"));
}

TEST_F(OutputPatternTest, LooksIntoDirectories) {
  EXPECT_THAT(files("*/c.txt"), ElementsAre("sub/c.txt"));
  EXPECT_THAT(files("**/*.txt"), ElementsAre("a*.txt", "a.txt", "sub/c.txt", "sub/deep/d.txt"));
  EXPECT_THAT(files("sub/**/d.txt"), ElementsAre("deep/d.txt"));
  EXPECT_THAT(files("sub/**"), ElementsAre("c.txt", "deep/d.txt"));
}

TEST_F(OutputPatternTest, PutsInTheVariablesOfTheTask) {
  EXPECT_THAT(files("$ID.txt"), ElementsAre("a.txt"));
  EXPECT_THAT(files("${AZ_BATCH_TASK_DIR}/stdout.txt"), ElementsAre("stdout.txt"));
  EXPECT_THAT(files("$UNKNOWN.txt"), IsEmpty());
}

TEST_F(OutputPatternTest, StaysWithinTheNode) {
  for (const std::string text :
       {"../../../x", "/etc/passwd", "../../../../../../etc/*", "*/../../x", "/", ".", ""}) {
    const auto pattern = parse(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_EQ(pattern.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_FALSE(parse(root() + "x/y")) << "a directory whose name begins with the node's";
}

}  // namespace
}  // namespace aloft::emulator::batch
