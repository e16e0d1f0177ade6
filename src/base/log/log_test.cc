// SPDX-License-Identifier: Apache-2.0
#include "base/log/log.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/temporary_directory.h"

namespace aloft {
namespace {

TEST(Log, WritesFromItsLevelOn) {
  const TemporaryDirectory directory;
  set_up_log({.level = LogLevel::info, .file = directory.path() + "/log"});
  log(LogLevel::debug, "not {}", "shown");
  log(LogLevel::info, "shown {}", 7);
  const std::string text = read_file(directory.path() + "/log").value();
  EXPECT_NE(text.find("info shown 7"), std::string::npos) << text;
  EXPECT_EQ(text.find("not shown"), std::string::npos);
  set_up_log({});
}

}  // namespace
}  // namespace aloft
