// SPDX-License-Identifier: Apache-2.0
#include "script/slurm/internal/values.h"

#include <gmock/gmock.h>

namespace aloft::script::slurm {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;
using Inherit = workload::EnvironmentExport::Inherit;

std::chrono::seconds limit(std::string_view text) {
  return parse_time_limit(text)->value();
}

TEST(SlurmValues, ReadsAllFormsOfATime) {
  EXPECT_EQ(limit("90"), 90min);
  EXPECT_EQ(limit("90:30"), 91min) << "whole minutes, as in Slurm";
  EXPECT_EQ(limit("0:30"), 1min);
  EXPECT_EQ(limit("1:2:3"), 63min);
  EXPECT_EQ(limit("2-0"), 48h);
  EXPECT_EQ(limit("1-2:3"), 26h + 3min);
  EXPECT_EQ(limit("1-2:3:4"), 26h + 4min);
  for (const char* endless : {"0", "-1", "UNLIMITED", "infinite"}) {
    EXPECT_EQ(parse_time_limit(endless).value(), std::nullopt) << endless;
  }
  for (const char* bad :
       {"", "x", "1:x", "1:2:3:4", "1-", "-2", "1-2-3", "1h", "9999999999999999"}) {
    EXPECT_FALSE(parse_time_limit(bad)) << bad;
  }
}

TEST(SlurmValues, ReadsSizesInMegabytes) {
  EXPECT_EQ(parse_memory("100").value(), 100ull << 20);
  EXPECT_EQ(parse_memory("1500K").value(), 2ull << 20);
  EXPECT_EQ(parse_memory("1gb").value(), 1ull << 30);
  EXPECT_EQ(parse_memory("2T").value(), 2ull << 40);
  for (const char* bad : {"", "1.5G", "1Q", "G", "-1", "1GiB"})
    EXPECT_FALSE(parse_memory(bad)) << bad;
}

TEST(SlurmValues, ReadsDependencies) {
  const auto all = parse_dependency("afterok:1:2_3,singleton,after:4+5").value();
  EXPECT_EQ(all.need, workload::Dependencies::Need::all);
  ASSERT_EQ(all.terms.size(), 4u);
  EXPECT_EQ(all.terms[1].on, (workload::TaskName{.job = 2, .index = 3}));
  EXPECT_EQ(all.terms[3].delay, 5min);
  EXPECT_EQ(parse_dependency("afterok:1?afternotok:2")->need, workload::Dependencies::Need::any);
  EXPECT_EQ(parse_dependency("afterok:7_*")->terms[0].on, (workload::TaskName{.job = 7}));
  for (const char* bad : {"", "afterok", "afterok:", "afterok:x", "before:1",
                          "afterok:1,afterok:2?after:3", "afterok:1+2", "12"}) {
    EXPECT_FALSE(parse_dependency(bad)) << bad;
  }
}

TEST(SlurmValues, ReadsWhatIsExported) {
  EXPECT_EQ(parse_export("ALL")->inherit, Inherit::all);
  EXPECT_EQ(parse_export("none")->inherit, Inherit::login);
  EXPECT_EQ(parse_export("NIL")->inherit, Inherit::none);
  const auto named = parse_export("A,B='c,d',E=").value();
  EXPECT_EQ(named.inherit, Inherit::named);
  EXPECT_THAT(named.names, ElementsAre("A"));
  EXPECT_THAT(named.assignments, ElementsAre(Pair("B", "c,d"), Pair("E", "")));
  EXPECT_FALSE(parse_export("=x"));
  EXPECT_FALSE(parse_export(""));
}

TEST(SlurmValues, CountsGpus) {
  EXPECT_EQ(parse_gres("gpu").value(), 1u);
  EXPECT_EQ(parse_gres("gpu:2").value(), 2u);
  EXPECT_EQ(parse_gres("gpu:a100:4").value(), 4u);
  EXPECT_EQ(parse_gres("gpu:a100").value(), 1u);
  EXPECT_EQ(parse_gres("none").value(), 0u);
  EXPECT_EQ(parse_gpus("v100:2,k80:1").value(), 3u);
  EXPECT_FALSE(parse_gres("fpga:1"));
  EXPECT_FALSE(parse_gpus("many"));
}

TEST(SlurmValues, ReadsFilePatterns) {
  const workload::OutputValues values{.array_job = 10,
                                      .array_index = 3,
                                      .task_number = 12,
                                      .job_name = "name",
                                      .user = "me",
                                      .node = "vm"};
  EXPECT_EQ(parse_file_pattern("%A_%4a.%j.%x.%u.%N.%n.%t.%s.%J").expand(values),
            "10_0003.12.name.me.vm.0.0.batch.12");
  EXPECT_EQ(parse_file_pattern("%%j %q %").expand(values), "%j %q %");
  EXPECT_EQ(parse_file_pattern("%\\j").expand(values), "%j") << "a backslash turns fields off";
}

}  // namespace
}  // namespace aloft::script::slurm
