// SPDX-License-Identifier: Apache-2.0
#include "sqlite/schema.h"

#include <gmock/gmock.h>

#include "base/temporary_directory.h"

namespace aloft::sqlite {
namespace {

using testing::HasSubstr;

class SchemaTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/things.db";
  Database database_ = Database::open(path_, Sync::normal).value();
};

constexpr const char* kFirst[] = {"CREATE TABLE thing(a)"};
constexpr const char* kSecond[] = {"CREATE TABLE thing(a)", "ALTER TABLE thing ADD b"};

TEST_F(SchemaTest, TakesOnlyTheStepsThatAreMissing) {
  ASSERT_TRUE(migrate(database_, kFirst));
  ASSERT_TRUE(migrate(database_, kFirst)) << "nothing is left to do";
  ASSERT_TRUE(migrate(database_, kSecond));
  EXPECT_TRUE(database_.run("INSERT INTO thing VALUES(1, 2)"));
}

TEST_F(SchemaTest, LeavesEverythingWhereOneStepFails) {
  constexpr const char* kWrong[] = {"CREATE TABLE thing(a)", "ALTER TABLE absent ADD b"};
  EXPECT_FALSE(migrate(database_, kWrong));
  EXPECT_TRUE(migrate(database_, kSecond));
}

TEST_F(SchemaTest, RefusesWhatALaterVersionWrote) {
  ASSERT_TRUE(migrate(database_, kSecond));
  const auto refused = migrate(database_, kFirst);
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
  EXPECT_THAT(refused.error().message, HasSubstr(path_));
}

}  // namespace
}  // namespace aloft::sqlite
