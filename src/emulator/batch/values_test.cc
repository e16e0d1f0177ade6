// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "emulator/batch/duration.h"
#include "emulator/batch/pool.h"
#include "emulator/batch/rows.h"
#include "emulator/batch/target.h"
#include "emulator/batch/view.h"

namespace aloft::emulator::batch {
namespace {

using namespace std::chrono_literals;

TEST(Durations, RoundTrip) {
  EXPECT_EQ(parse_duration("PT10M"), 10min);
  EXPECT_EQ(parse_duration("P1DT2H3M4.5S"), 26h + 3min + 4500ms);
  EXPECT_EQ(parse_duration("P7D"), 168h);
  EXPECT_EQ(parse_duration("P10675199DT2H48M5.4775807S"), kUnlimited);
  EXPECT_EQ(parse_duration("P10675199DT2H"), kUnlimited);
  for (const char* text : {"PT10M", "P1DT2H3M4.500S", "P7D", "PT0S", "PT90H"}) {
    EXPECT_EQ(parse_duration(format_duration(*parse_duration(text))), parse_duration(text));
  }
  EXPECT_EQ(format_duration(90min), "PT1H30M");
  EXPECT_EQ(format_duration(0ms), "PT0S");
}

TEST(Durations, RefuseWhatIsNone) {
  for (const char* wrong : {"", "P", "PT", "10M", "P1Y", "PT-1S", "PT1", "PT1.S5", "1 hour",
                            "PT99999999999999999999S", "P900000000000D", "PT900000000000000H",
                            "PT9223372036854775807S", "PT9223372036854775807.5S"}) {
    EXPECT_FALSE(parse_duration(wrong).has_value()) << wrong;
  }
}

TEST(VmSizes, HaveTheCoresOfTheirNames) {
  EXPECT_EQ(cores_of_vm_size("Standard_D2s_v5"), 2);
  EXPECT_EQ(cores_of_vm_size("STANDARD_A1_v2"), 1);
  EXPECT_EQ(cores_of_vm_size("Standard_HB120rs_v2"), 120);
  EXPECT_EQ(cores_of_vm_size("Standard_HB120-32rs_v3"), 32);
  EXPECT_EQ(cores_of_vm_size("Standard_NC16as_T4_v3"), 16);
  for (const char* wrong : {"", "small", "Standard_", "Standard_D", "Standard_Q4_v1",
                            "Standard_D2 v5", "Basic_A1", "Standard_D2_"}) {
    EXPECT_FALSE(cores_of_vm_size(wrong).has_value()) << wrong;
  }
}

TEST(Target, SplitsBeforeItDecodes) {
  const Target target = parse_target("//jobs/j/tasks/t/files/wd%2Fa%20b?Api-Version=x").value();
  EXPECT_EQ(target.segments,
            (std::vector<std::string>{"jobs", "j", "tasks", "t", "files", "wd/a b"}));
  EXPECT_EQ(target.query.get("api-version"), "x");
  EXPECT_FALSE(parse_target("/%zz").has_value());
}

TEST(Views, ShowFilesWhoseNamesAreNoUtf8) {
  const Json view = Json::parse(file_view({}, "http://here", {.name = "wd/\xff"}));
  EXPECT_EQ(view["name"], "wd/\uFFFD");
  EXPECT_EQ(view["url"], "http://here/files/wd%2F%FF");
}

TEST(Rows, BringTasksBack) {
  Task task;
  task.state = TaskState::completed;
  task.created = Instant(5s);
  task.modified = task.created;
  task.enter(TaskState::completed, Instant(6s));
  task.slots = 3;
  task.retries_max = -1;
  task.wall_time = 90s;
  task.satisfies = true;
  task.executed().exit_code = 4;
  task.executed().failure = FailureInfo{.code = "C", .message = "M", .details = {{"a", "b"}}};
  task.executed().failed = true;
  Task back;
  ASSERT_TRUE(decode_status(encode_status(task), back).has_value());
  EXPECT_EQ(encode_status(back), encode_status(task));
  EXPECT_EQ(back.execution->failure->details.size(), 1u);
  EXPECT_EQ(back.wall_time, 90s);
  EXPECT_EQ(decode_status("{", back).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace aloft::emulator::batch
