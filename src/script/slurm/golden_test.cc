// SPDX-License-Identifier: Apache-2.0
// Each golden/NAME.sbatch is read and compared with golden/NAME.expected: the diagnostics, then the
// job as JSON. UPDATE_GOLDEN=1 in the environment rewrites what is expected; review the difference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "script/slurm/slurm_script.h"
#include "workload/job_json.h"

namespace aloft::script::slurm {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(ALOFT_GOLDEN_DIRECTORY)) {
    if (entry.path().extension() == ".sbatch") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, ReadsAsExpected) {
  const std::string base = std::string(ALOFT_GOLDEN_DIRECTORY) + "/" + GetParam();
  const std::string script = read_file(base + ".sbatch").value();
  const Parsed parsed =
      parse_script(script, {.file = GetParam() + ".sbatch", .submit_directory = "/submit"});
  std::string shown;
  for (const auto& diagnostic : parsed.diagnostics) shown += to_text(diagnostic) + "\n";
  if (!has_error(parsed.diagnostics)) {
    shown += to_json(parsed.job, workload::JsonStyle::indented) + "\n";
  }
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(replace_file(base + ".expected", shown, 0644));
  }
  const auto expected = read_file(base + ".expected");
  ASSERT_TRUE(expected) << expected.error().message;
  EXPECT_EQ(shown, *expected);
}

INSTANTIATE_TEST_SUITE_P(Slurm, Golden, testing::ValuesIn(golden_names()), [](const auto& golden) {
  std::string name = golden.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace aloft::script::slurm
