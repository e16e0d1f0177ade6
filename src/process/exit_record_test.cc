// SPDX-License-Identifier: Apache-2.0
#include "process/exit_record.h"

#include <gmock/gmock.h>

namespace aloft {
namespace {

using namespace std::chrono_literals;

TEST(ExitRecord, ComesBackFromItsJson) {
  ExitRecord record{.exit_class = ExitClass::timed_out,
                    .code = 143,
                    .signal = 15,
                    .message = "ran longer than its wall time",
                    .started = parse_time("2026-11-21T03:04:05.678Z").value(),
                    .ended = parse_time("2026-11-22T00:00:00.000Z").value(),
                    .peak_memory_bytes = 123456789012,
                    .user_time = 1500ms,
                    .system_time = 7us,
                    .node = "node-1"};
  const ExitRecord read = exit_record_from_json(to_json(record)).value();
  EXPECT_EQ(to_json(read), to_json(record));
  EXPECT_EQ(format_time(*read.started), "2026-11-21T03:04:05.678Z");
  EXPECT_EQ(read.user_time, 1500ms);
}

TEST(ExitRecord, NamesEveryClassBothWays) {
  for (int value = 0; value <= static_cast<int>(ExitClass::dependency_not_satisfied); ++value) {
    const auto exit_class = static_cast<ExitClass>(value);
    EXPECT_EQ(parse_exit_class(name_of(exit_class)).value(), exit_class);
  }
  EXPECT_FALSE(parse_exit_class("fine"));
}

TEST(ExitRecord, RefusesWhatIsNotOne) {
  EXPECT_EQ(exit_record_from_json("").error().code, ErrorCode::corrupt);
  EXPECT_EQ(exit_record_from_json("{}").error().code, ErrorCode::corrupt);
  EXPECT_EQ(exit_record_from_json(R"({"version":2})").error().code, ErrorCode::unsupported);
  EXPECT_FALSE(exit_record_from_json(R"({"version":1,"class":"succeeded","ended":"today"})"));
}

TEST(ExitRecord, ReadsTimesOfAnyPrecision) {
  EXPECT_EQ(parse_time("2026-11-21T03:04:05.6789012Z").value(),
            parse_time("2026-11-21T03:04:05.678Z").value());
  EXPECT_EQ(parse_time("2026-11-21T03:04:05.6Z").value(),
            parse_time("2026-11-21T03:04:05.600Z").value());
  EXPECT_EQ(parse_time("2026-11-21T03:04:05Z").value(),
            parse_time("2026-11-21T03:04:05.000Z").value());
  for (const char* wrong : {"2026-11-21T03:04:05", "2026-11-21T03:04:05.Z", "2026-11-21T03:04Z",
                            "2026-11-21T03:04:05.6x8Z", "2026-11-21T03:04:05.678Zulu"}) {
    EXPECT_FALSE(parse_time(wrong)) << wrong;
  }
}

TEST(ExitRecord, KeepsAMessageThatIsNotUtf8Readable) {
  ExitRecord record{.message = "name \xff"};
  EXPECT_TRUE(exit_record_from_json(to_json(record)));
}

}  // namespace
}  // namespace aloft
