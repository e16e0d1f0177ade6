// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/fake_clock.h"
#include "posix/testing/mounted.h"

#define EXPECT_ERRNO(expected, expression) \
  EXPECT_EQ(::aloft::posix::testing::errno_of_result(expression), expected)
#define ASSERT_OK(expression)                                  \
  do {                                                         \
    const auto& aloft_result = (expression);                   \
    ASSERT_TRUE(aloft_result) << aloft_result.error().message; \
  } while (false)

namespace aloft::posix::testing {

/// One mount of an empty container, at a time that stands still. Test files by subject give it the
/// name of theirs.
class FileSystemTest : public ::testing::Test {
 protected:
  Options options(Options options = {}) {
    options.clock = &clock_;
    return options;
  }

  /// What metadata `name` of an object is, or in parentheses why there is none.
  std::string stored(const char* key, const char* name) {
    const auto info = cloud_.store()->head(key, {});
    if (!info) return "(" + info.error().message + ")";
    const auto found = info->metadata.find(name);
    return found == info->metadata.end() ? "(absent)" : found->second;
  }

  FakeClock clock_;
  Cloud cloud_{clock_};
  Mounted mount_{cloud_, options()};
};

}  // namespace aloft::posix::testing
