// SPDX-License-Identifier: Apache-2.0
#include "executor/supervisor/slurm_environment.h"

#include <gtest/gtest.h>

#include "executor/supervisor/task_output.h"

namespace aloft::executor {
namespace {

const NodeInfo kNode{.node = "vm", .user = "me", .uid = 7, .gid = 8};

TaskSpec spec_of(workload::Job job) {
  return {.job_id = 5, .name = {.job = 5}, .number = 5, .job = std::move(job)};
}

TEST(SlurmEnvironment, SetsCountsOnlyWhereTheyWereAsked) {
  const auto plain = slurm_environment(spec_of({}), kNode);
  for (const char* name : {"SLURM_CPUS_PER_TASK", "SLURM_NTASKS", "SLURM_NPROCS",
                           "SLURM_MEM_PER_NODE", "SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT"}) {
    EXPECT_FALSE(plain.contains(name)) << name;
  }
  workload::Job job;
  job.resources = {.tasks = 2,
                   .cpus_per_task = 3,
                   .memory_per_node_bytes = 100u << 20,
                   .tasks_asked = true,
                   .cpus_per_task_asked = true};
  const auto asked = slurm_environment(spec_of(job), kNode);
  EXPECT_EQ(asked.at("SLURM_CPUS_PER_TASK"), "3");
  EXPECT_EQ(asked.at("SLURM_NTASKS"), "2");
  EXPECT_EQ(asked.at("SLURM_CPUS_ON_NODE"), "6");
  EXPECT_EQ(asked.at("SLURM_MEM_PER_NODE"), "100");
}

TEST(SlurmEnvironment, TellsAnElementItsPlace) {
  workload::Job job;
  job.array = workload::parse_array_spec("2-8:3,20%1").value();
  TaskSpec spec = spec_of(job);
  spec.name.index = 8;
  spec.number = 7;
  const auto variables = slurm_environment(spec, kNode);
  EXPECT_EQ(variables.at("SLURM_ARRAY_JOB_ID"), "5");
  EXPECT_EQ(variables.at("SLURM_JOB_ID"), "7");
  EXPECT_EQ(variables.at("SLURM_ARRAY_TASK_ID"), "8");
  EXPECT_EQ(variables.at("SLURM_ARRAY_TASK_COUNT"), "4");
  EXPECT_EQ(variables.at("SLURM_ARRAY_TASK_MIN"), "2");
  EXPECT_EQ(variables.at("SLURM_ARRAY_TASK_MAX"), "20");
  EXPECT_EQ(variables.at("SLURM_ARRAY_TASK_STEP"), "3");
}

TEST(SlurmEnvironment, ShowsAContainerAsTheDirectoryOfSubmission) {
  workload::Job job;
  job.directory = "az://account/box/run/";
  job.submit_directory = "/home/me";
  job.environment = {{"A", "1"}, {"SLURM_JOB_ID", "of an outer job"}};
  const auto variables = slurm_environment(spec_of(job), kNode);
  EXPECT_EQ(variables.at("SLURM_SUBMIT_DIR"), "/aloft/az/account/box/run");
  EXPECT_EQ(variables.at("A"), "1");
  EXPECT_EQ(variables.at("SLURM_JOB_ID"), "5");
}

TEST(TaskOutputPlace, FindsFilesAndBlobs) {
  workload::Job job;
  job.directory = "/project";
  const auto place = [&](const std::string& text) {
    return place_output(workload::OutputPattern::from_text(text).value(), spec_of(job), kNode,
                        "/c");
  };
  EXPECT_EQ(place("logs/{array_job}.out")->path, "/project/logs/5.out");
  EXPECT_EQ(place("/abs")->path, "/abs");
  EXPECT_EQ(place("az://account/box/a/../b")->key, "b");
  EXPECT_EQ(place("/aloft/az/account/box/x")->container, "az://account/box");
  job.directory = "az://account/box/run/";
  EXPECT_EQ(place("logs/{task_number}.out")->key, "run/logs/5.out");
  EXPECT_EQ(place("logs/{task_number}.out")->path, "/c");
  EXPECT_EQ(place("/tmp/x")->container, "");
  for (const char* bad : {"../../x", "az://account/box", "az://account", "dir/"}) {
    EXPECT_FALSE(place(bad)) << bad;
  }
}

}  // namespace
}  // namespace aloft::executor
