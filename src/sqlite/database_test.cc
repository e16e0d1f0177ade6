// SPDX-License-Identifier: Apache-2.0
#include "sqlite/database.h"

#include <gmock/gmock.h>

#include <limits>
#include <optional>

#include "base/file.h"
#include "base/temporary_directory.h"
#include "sqlite/transaction.h"

namespace aloft::sqlite {
namespace {

using testing::HasSubstr;

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(database_.run("CREATE TABLE thing(value)")); }

  /// The number of rows, as another connection sees them.
  std::uint64_t committed() const {
    Database reader = Database::open_to_read(path_).value();
    Statement count = reader.prepare("SELECT count(*) FROM thing").value();
    EXPECT_TRUE(count.step().value());
    return count.number(0);
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/things.db";
  Database database_ = Database::open(path_, Sync::normal).value();
};

TEST_F(DatabaseTest, KeepsValuesExactly) {
  Statement put = database_.prepare("INSERT INTO thing VALUES(?)").value();
  const std::string_view with_zero("a\0b", 3);
  ASSERT_TRUE(put.bind(1, -7).run());
  ASSERT_TRUE(put.bind(1, std::numeric_limits<std::uint64_t>::max()).run());
  ASSERT_TRUE(put.bind(1, with_zero).run());
  ASSERT_TRUE(put.bind(1, std::as_bytes(std::span(with_zero))).run());

  Statement row = database_.prepare("SELECT value FROM thing ORDER BY rowid").value();
  ASSERT_TRUE(row.step().value());
  EXPECT_EQ(row.integer(0), -7);
  ASSERT_TRUE(row.step().value());
  EXPECT_EQ(row.number(0), std::numeric_limits<std::uint64_t>::max());
  ASSERT_TRUE(row.step().value());
  EXPECT_EQ(row.text(0), with_zero);
  ASSERT_TRUE(row.step().value());
  EXPECT_EQ(row.bytes(0).size(), with_zero.size());
  EXPECT_EQ(row.bytes(0)[2], std::byte{'b'});
  EXPECT_FALSE(row.step().value());
}

TEST_F(DatabaseTest, TellsNothingFromEmpty) {
  Statement put = database_.prepare("INSERT INTO thing VALUES(?)").value();
  ASSERT_TRUE(put.bind(1, std::string_view()).run());
  ASSERT_TRUE(put.bind(1, std::span<const std::byte>()).run());
  ASSERT_TRUE(put.bind_null(1).run());
  Statement row = database_.prepare("SELECT value FROM thing ORDER BY rowid").value();
  for (const bool is_null : {false, false, true}) {
    ASSERT_TRUE(row.step().value());
    EXPECT_EQ(row.is_null(0), is_null);
    EXPECT_EQ(row.text(0), "");
    EXPECT_TRUE(row.bytes(0).empty());
  }
}

TEST_F(DatabaseTest, AStatementOwnsWhatIsBound) {
  Statement select = database_.prepare("SELECT ?").value();
  std::string text = "as it was when it was bound";
  select.bind(1, text);
  text.assign(text.size(), 'x');
  ASSERT_TRUE(select.step().value());
  EXPECT_EQ(select.text(0), "as it was when it was bound");
}

TEST_F(DatabaseTest, AStatementRunsAgainAfterItsLastRowAndAfterAFailure) {
  Statement put = database_.prepare("INSERT INTO thing(rowid) VALUES(?)").value();
  ASSERT_TRUE(put.bind(1, 1).run());
  EXPECT_FALSE(put.run()) << "the row is there";
  EXPECT_TRUE(put.bind(1, 2).run());
  Statement row = database_.prepare("SELECT rowid FROM thing").value();
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_TRUE(row.step().value());
    EXPECT_TRUE(row.step().value());
    EXPECT_FALSE(row.step().value());
  }
}

TEST_F(DatabaseTest, ATransactionCountsOnceItIsCommitted) {
  std::optional<Transaction> lost = Transaction::begin(database_).value();
  ASSERT_TRUE(database_.run("INSERT INTO thing VALUES(1)"));
  EXPECT_EQ(committed(), 0u);
  lost.reset();

  Transaction kept = Transaction::begin(database_).value();
  ASSERT_TRUE(database_.run("INSERT INTO thing VALUES(2)"));
  ASSERT_TRUE(kept.commit());
  EXPECT_EQ(committed(), 1u);
}

TEST_F(DatabaseTest, ATransactionEndsAlsoWhereSqliteRolledItBack) {
  {
    Transaction transaction = Transaction::begin(database_).value();
    ASSERT_TRUE(database_.run("INSERT INTO thing VALUES(1); ROLLBACK"));
    EXPECT_FALSE(transaction.commit());
  }
  EXPECT_TRUE(Transaction::begin(database_));
}

TEST_F(DatabaseTest, AReaderChangesNothing) {
  Database reader = Database::open_to_read(path_).value();
  const auto refused = reader.run("INSERT INTO thing VALUES(1)");
  EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(refused.error().message, HasSubstr(path_));
}

TEST_F(DatabaseTest, SaysThatTheDiskIsFull) {
  ASSERT_TRUE(database_.run("PRAGMA max_page_count = 2"));
  Statement put = database_.prepare("INSERT INTO thing VALUES(zeroblob(10000))").value();
  const auto refused = put.run();
  EXPECT_EQ(refused.error().code, ErrorCode::no_space);
  EXPECT_THAT(refused.error().message, HasSubstr(path_));
  EXPECT_THAT(refused.error().message, HasSubstr("free space"));
}

TEST_F(DatabaseTest, NamesWhatCannotBeOpenedOrUnderstood) {
  const std::string nowhere = directory_.path() + "/missing/things.db";
  const auto missing = Database::open(nowhere, Sync::full);
  EXPECT_EQ(missing.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(missing.error().message, HasSubstr(nowhere));

  const std::string other = directory_.path() + "/letter.txt";
  ASSERT_TRUE(replace_file(other, std::string(1000, 'x'), 0600));
  const auto no_database = Database::open(other, Sync::full);
  EXPECT_EQ(no_database.error().code, ErrorCode::corrupt);
  EXPECT_THAT(no_database.error().message, HasSubstr(other));

  const auto no_table = database_.prepare("SELECT * FROM missing");
  EXPECT_EQ(no_table.error().code, ErrorCode::corrupt);
  EXPECT_THAT(no_table.error().message, HasSubstr(path_));
}

}  // namespace
}  // namespace aloft::sqlite
