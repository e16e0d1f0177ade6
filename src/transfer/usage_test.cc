// SPDX-License-Identifier: Apache-2.0
#include "transfer/usage.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "object/memory_account.h"
#include "transfer/testing/files.h"

namespace aloft::transfer {
namespace {

using ::testing::ElementsAre;

class UsageTest : public ::testing::Test {
 protected:
  UsageTest() {
    EXPECT_TRUE(account_.create_container("box", {}));
    for (const char* key : {"a", "d/b", "d/e/c", "d-x/y", "d/e/f/g", ".aloft/jobs/1"}) {
      const Metadata none;
      const PutRequest request{.key = key, .content = testing::bytes("12345"), .metadata = none};
      EXPECT_TRUE(account_.container("box")->put(request, {}));
    }
  }
  std::vector<std::string> lines(const std::string& path, const UsageOptions& options = {}) {
    const Place place{.store = account_.container("box"), .path = path};
    const auto report = usage(locate(place, Links::follow, {}).value(), options, {});
    std::vector<std::string> result;
    for (const auto& sum : report.value().directories) {
      result.push_back(fmt::format("{} {} {}", sum.bytes, sum.files, sum.path));
    }
    return result;
  }
  MemoryAccount account_;
};

TEST_F(UsageTest, AddsUpEachDirectoryBehindWhatIsInIt) {
  EXPECT_THAT(lines(""), ElementsAre("5 1 d/e/f", "10 2 d/e", "15 3 d", "5 1 d-x", "25 5 "));
  EXPECT_THAT(lines("d/e"), ElementsAre("5 1 d/e/f", "10 2 d/e"));
}

TEST_F(UsageTest, TellsDirectoriesApartToADepth) {
  EXPECT_THAT(lines("", {.depth_max = 0}), ElementsAre("25 5 "));
  EXPECT_THAT(lines("", {.depth_max = 1}), ElementsAre("15 3 d", "5 1 d-x", "25 5 "));
}

TEST_F(UsageTest, CountsOneFile) {
  EXPECT_THAT(lines("d/b"), ElementsAre("5 1 d/b"));
}

TEST_F(UsageTest, CountsWhatIsSelected) {
  const auto only = Selection::of({{.effect = Selection::Effect::include, .pattern = "c"}}).value();
  EXPECT_THAT(lines("d", {.selection = only}), ElementsAre("5 1 d/e", "5 1 d"));
}

}  // namespace
}  // namespace aloft::transfer
