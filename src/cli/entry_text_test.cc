// SPDX-License-Identifier: Apache-2.0
#include "cli/entry_text.h"

#include <gtest/gtest.h>

namespace aloft::cli {
namespace {

using transfer::FileKind;

TEST(ModeText, IsThatOfLs) {
  EXPECT_EQ(mode_text({.kind = FileKind::regular, .permissions = 0640}), "-rw-r-----");
  EXPECT_EQ(mode_text({.kind = FileKind::directory, .permissions = 01777}), "drwxrwxrwt");
  EXPECT_EQ(mode_text({.kind = FileKind::regular, .permissions = 04755}), "-rwsr-xr-x");
  EXPECT_EQ(mode_text({.kind = FileKind::regular, .permissions = 02644}), "-rw-r-Sr--");
  EXPECT_EQ(mode_text({.kind = FileKind::symlink}), "l?????????");
}

TEST(EntryJson, LeavesOutWhatNobodyStored) {
  const nlohmann::json json = to_json({.path = "a", .size_bytes = 3});
  EXPECT_EQ(json, (nlohmann::json{{"path", "a"}, {"kind", "file"}, {"size", 3}}));
}

TEST(EntryJson, KeepsNanoseconds) {
  const nlohmann::json json =
      to_json({.path = "a", .attributes = {.mtime = std::chrono::nanoseconds(1'000'000'001)}});
  EXPECT_EQ(json["mtime"], "1970-01-01T00:00:01.000000001Z");
}

}  // namespace
}  // namespace aloft::cli
