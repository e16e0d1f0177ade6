// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/bundle.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/temporary_directory.h"

namespace aloft::executor {
namespace {

using testing::HasSubstr;

const std::string kDigest(64, 'a');

class BundleTest : public testing::Test {
 protected:
  BundleTest() {
    for (const char* name : {"bin", "share/aloft"}) {
      std::filesystem::create_directories(temporary_.path() + "/" + name);
    }
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(temporary_.path() + "/" + name) << text;
  }
  Result<Bundle> find() { return find_bundle(temporary_.path() + "/bin/aloft"); }
  TemporaryDirectory temporary_;
};

TEST_F(BundleTest, IsFoundWhereItIsInstalled) {
  write("share/aloft/aloft-node.tar.gz.sha256", kDigest + "\n");
  const auto bundle = find();
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(bundle->digest, kDigest);
  EXPECT_EQ(bundle->path, temporary_.path() + "/share/aloft/aloft-node.tar.gz");
}

TEST_F(BundleTest, IsFoundBesideItsLauncherFirst) {
  write("bin/aloft-node.tar.gz.sha256", kDigest + "\n");
  write("share/aloft/aloft-node.tar.gz.sha256", std::string(64, 'b') + "\n");
  EXPECT_EQ(find()->digest, kDigest);
}

TEST_F(BundleTest, IsMissedWithWords) {
  const auto bundle = find();
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, ErrorCode::not_found);
  EXPECT_THAT(bundle.error().message, HasSubstr("aloft-node.tar.gz"));
}

TEST_F(BundleTest, NeedsADigest) {
  write("bin/aloft-node.tar.gz.sha256", "../../other");
  EXPECT_EQ(find().error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace aloft::executor
