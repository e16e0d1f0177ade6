// SPDX-License-Identifier: Apache-2.0
#include "cli/failures.h"

#include <gtest/gtest.h>

namespace aloft::cli {
namespace {

std::string reported(const std::string& name, const std::string& message) {
  const transfer::Failure failure{.name = name,
                                  .error = {.code = ErrorCode::unavailable, .message = message}};
  testing::internal::CaptureStderr();
  report_failures({&failure, 1});
  return testing::internal::GetCapturedStderr();
}

TEST(FailuresTest, NameWhatFailedOnce) {
  EXPECT_EQ(reported("box/arch", "cannot read box/arch: it is gone"),
            "aloft: cannot read box/arch: it is gone\n");
  EXPECT_EQ(reported("box/arch", "no memory"), "aloft: box/arch: no memory\n");
}

TEST(FailuresTest, NameWhatFailedBesideALongerName) {
  for (const char* longer :
       {"box/arch2", "box/arch/x", "box/arch.old", "box/arch-2", "box/archä"}) {
    EXPECT_EQ(reported("box/arch", std::string("copying to ") + longer + " failed"),
              std::string("aloft: box/arch: copying to ") + longer + " failed\n");
  }
  EXPECT_EQ(reported("box/arch", "box/arch2 is not box/arch."),
            "aloft: box/arch2 is not box/arch.\n");
}

}  // namespace
}  // namespace aloft::cli
