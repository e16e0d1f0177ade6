// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_bar.h"

#include <gtest/gtest.h>

#include "base/byte_size.h"

namespace aloft::cli {
namespace {

const ProgressState kHalfWay{.files_done = 17,
                             .files_found = 340,
                             .bytes_done = 1_GiB,
                             .bytes_found = 2_GiB,
                             .all_found = true,
                             .bytes_per_second = 256.0 * (1 << 20)};

TEST(ProgressBar, SaysHowFarHowFastAndHowLong) {
  const std::string line = render_progress(kHalfWay, 79);
  EXPECT_EQ(line,
            " 50%  1.0 GiB of 2.0 GiB  256 MiB/s  0:04 left  17/340 files  [=======        ]");
}

TEST(ProgressBar, FitsAnyWidth) {
  for (std::size_t columns = 5; columns < 200; ++columns) {
    EXPECT_LE(render_progress(kHalfWay, columns).size(), columns);
  }
  EXPECT_EQ(render_progress(kHalfWay, 5), " 50%");
}

TEST(ProgressBar, PromisesNoEndWhileFilesAreStillFound) {
  ProgressState state = kHalfWay;
  state.all_found = false;
  const std::string line = render_progress(state, 79);
  EXPECT_EQ(line.find("left"), std::string::npos) << line;
  EXPECT_TRUE(line.starts_with(" 50%+")) << line;
}

TEST(ProgressBar, NeedsNoBytesToBeginWith) {
  EXPECT_TRUE(render_progress({}, 79).starts_with("  0%+"));
  const ProgressState empty_files{.files_done = 1, .files_found = 2, .all_found = true};
  EXPECT_TRUE(render_progress(empty_files, 79).starts_with(" 50%"));
}

TEST(ProgressBar, WritesDurationsAsPeopleDo) {
  EXPECT_EQ(format_duration(std::chrono::seconds(5)), "0:05");
  EXPECT_EQ(format_duration(std::chrono::seconds(723)), "12:03");
  EXPECT_EQ(format_duration(std::chrono::seconds(3723)), "1:02:03");
}

TEST(ProgressEvent, SaysInNumbersWhatTheBarSays) {
  const nlohmann::json event = to_json({.files_done = 1,
                                        .files_found = 4,
                                        .bytes_done = 1000,
                                        .bytes_found = 5000,
                                        .all_found = true,
                                        .bytes_per_second = 2000});
  EXPECT_EQ(event["event"], "progress");
  EXPECT_EQ(event["files_found"], 4);
  EXPECT_EQ(event["bytes_done"], 1000);
  EXPECT_EQ(event["bytes_per_second"], 2000);
  EXPECT_EQ(event["seconds_left"], 2);
  EXPECT_FALSE(to_json({.bytes_found = 5000, .bytes_per_second = 1}).contains("seconds_left"))
      << "not all is found yet";
}

}  // namespace
}  // namespace aloft::cli
