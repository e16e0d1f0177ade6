// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/result.h"

namespace aloft {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(ErrorCode::invalid_argument, "odd");
  return value / 2;
}

Result<int> quarter(int value) {
  const int once = TRY(half(value));
  return TRY(half(once));
}

TEST(Result, TryReturnsTheFirstError) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
}

TEST(Error, KeepsTheExactErrnoOfTheSystem) {
  const Error error = fail_os(ENOTEMPTY, "rmdir /a").value();
  EXPECT_EQ(errno_of(error), ENOTEMPTY);
  EXPECT_EQ(error.code, ErrorCode::already_exists);
  EXPECT_EQ(error.message, "rmdir /a: Directory not empty");
}

TEST(Error, EveryCodeHasANameAndAnErrno) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::corrupt); ++code) {
    const Error error{.code = static_cast<ErrorCode>(code), .message = {}};
    EXPECT_NE(name_of(error.code), "unknown");
    EXPECT_GT(errno_of(error), 0) << name_of(error.code);
  }
}

}  // namespace
}  // namespace aloft
