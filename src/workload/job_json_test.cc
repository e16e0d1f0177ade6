// SPDX-License-Identifier: Apache-2.0
#include "workload/job_json.h"

#include <gmock/gmock.h>

namespace aloft::workload {
namespace {

Job full_job() {
  Job job;
  job.name = "align";
  job.arguments = {"a b", ""};
  job.array = parse_array_spec("1-9:2%3").value();
  job.resources = {.nodes = 2,
                   .tasks = 3,
                   .cpus_per_task = 4,
                   .gpus = 1,
                   .exclusive = true,
                   .memory_per_node_bytes = 5,
                   .memory_per_cpu_bytes = 6,
                   .wall_time = std::chrono::seconds(60),
                   .nodes_asked = true,
                   .tasks_asked = true,
                   .cpus_per_task_asked = true};
  job.dependencies = {
      .need = Dependencies::Need::any,
      .terms = {
          {.kind = Dependency::Kind::after_ok, .on = {.job = 3, .index = 4}},
          {.kind = Dependency::Kind::after, .on = {.job = 2}, .delay = std::chrono::minutes(5)},
          {.kind = Dependency::Kind::singleton}}};
  job.directory = "az://account/container/p";
  job.submit_directory = "/home/someone";
  job.output = OutputPattern::from_text("logs/{array_job}.out").value();
  job.error = OutputPattern::literal("err");
  job.input = "in";
  job.open_mode = OpenMode::append;
  job.environment_export = {.inherit = EnvironmentExport::Inherit::named,
                            .names = {"A"},
                            .assignments = {{"B", "c"}},
                            .written = "A,B=c"};
  job.environment = {{"A", "1"}};
  job.account_environment = {{"HOME", "/home/someone"}};
  job.requeue = true;
  job.grace = std::chrono::seconds(7);
  job.comment = "a comment";
  job.hints = {{"partition", "debug"}};
  return job;
}

TEST(JobJson, ComesBackWithAllItsValues) {
  EXPECT_EQ(job_from_json(to_json(full_job())).value(), full_job());
  EXPECT_EQ(job_from_json(to_json(full_job(), JsonStyle::indented)).value(), full_job());
  EXPECT_EQ(job_from_json(to_json(Job{})).value(), Job{});
}

TEST(JobJson, RefusesRecordsThatMakeNoSense) {
  EXPECT_EQ(job_from_json("{}").error().code, ErrorCode::corrupt);
  EXPECT_EQ(job_from_json("not json").error().code, ErrorCode::corrupt);
  EXPECT_EQ(job_from_json(R"({"version":9})").error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace aloft::workload
