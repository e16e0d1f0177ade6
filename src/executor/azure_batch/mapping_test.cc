// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/temporary_directory.h"
#include "executor/azure_batch/service/requests.h"
#include "process/exit_record.h"

namespace aloft::executor {
namespace {

using batch::IdRange;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using workload::Dependency;
using workload::Diagnostic;

batch::Pool pool_of(const std::string& size, std::uint32_t slots) {
  return {
      .id = "p", .vm_size = size, .slots_per_node = slots, .identities = {{.resource_id = "/i"}}};
}

workload::Job job_in_container() {
  return {.name = "align",
          .directory = "az://lab/demo/project",
          .output = workload::OutputPattern::literal("out")};
}

TaskPlan plan_of(const std::string& array = "") {
  TaskPlan plan{.record = {.id = 100,
                           .job = job_in_container(),
                           .submitted = parse_time("2026-11-21T03:04:05.678Z").value(),
                           .bundle = "d1"},
                .home = "az://lab/demo",
                .home_endpoint = "https://lab.blob.core.windows.net",
                .bundle = {.digest = "d1", .url = "https://lab/b", .identity = "/i"}};
  if (!array.empty()) plan.record.job.array = workload::parse_array_spec(array).value();
  return plan;
}

TEST(BatchJobId, IsOneForEachHomeAndPool) {
  const std::string id = batch_job_id("az://lab/demo", "pool-1");
  EXPECT_THAT(id, testing::MatchesRegex("aloft-[0-9a-f]{8}-pool-1"));
  EXPECT_EQ(id, batch_job_id("az://lab/demo", "pool-1"));
  EXPECT_NE(id, batch_job_id("az://lab/other", "pool-1"));
}

TEST(BatchJobId, StaysShortAndDifferent) {
  const std::string longest(63, 'p');
  const std::string id = batch_job_id("az://lab/demo", longest + "1");
  EXPECT_EQ(id.size(), 64u);
  EXPECT_NE(id, batch_job_id("az://lab/demo", longest + "2"));
}

TEST(Slots, AreThoseThatHoldTheCores) {
  const auto slots = [](std::uint32_t cpus, const batch::Pool& pool) {
    return slots_for({.cpus_per_task = cpus}, pool);
  };
  EXPECT_EQ(slots(1, pool_of("Standard_D4s_v3", 4)), 1u);
  EXPECT_EQ(slots(3, pool_of("Standard_D4s_v3", 4)), 3u);
  EXPECT_EQ(slots(3, pool_of("Standard_D4s_v3", 2)), 2u);
  EXPECT_EQ(slots(1, pool_of("Standard_D4s_v3", 16)), 4u);
  EXPECT_EQ(slots(5, pool_of("Standard_D4s_v3", 4)), 5u) << "fits on no node";
  EXPECT_EQ(slots_for({.exclusive = true}, pool_of("Standard_D4s_v3", 4)), 4u);
}

TEST(Slots, GoByThePoolsOwnWord) {
  batch::Pool pool = pool_of("Standard_Unheard", 2);
  EXPECT_EQ(cores_of(pool), 2u);
  pool.labels[kCoresLabel] = "8";
  EXPECT_EQ(cores_of(pool), 8u);
  pool.labels[kCoresLabel] = "many";
  EXPECT_EQ(cores_of(pool), 2u);
}

TEST(CheckJob, AcceptsWhatBatchCanDo) {
  EXPECT_THAT(check_job(job_in_container(), pool_of("Standard_D4s_v3", 4)), IsEmpty());
}

TEST(CheckJob, RefusesWhatBatchCannotDo) {
  const auto refused = [](auto change, batch::Pool pool = pool_of("Standard_D4s_v3", 4)) {
    workload::Job job = job_in_container();
    change(job);
    const auto found = check_job(job, pool);
    EXPECT_EQ(found.size(), 1u);
    EXPECT_TRUE(workload::has_error(found));
    return found.empty() ? "" : found.front().message;
  };
  EXPECT_THAT(refused([](auto& job) { job.directory = "/home/u"; }), HasSubstr("--chdir"));
  EXPECT_THAT(
      refused([](auto& job) { job.output = workload::OutputPattern::literal("/home/u/out"); }),
      HasSubstr("--output=/home/u/out"));
  EXPECT_THAT(refused([](auto& job) { job.input = "/home/u/in"; }), HasSubstr("--input"));
  for (const std::string input : {"in", "az://lab/demo/in", "/aloft/az/lab/demo/in"}) {
    EXPECT_THAT(refused([&](auto& job) { job.input = input; }),
                HasSubstr("--input=" + input + " is in a container; read it in the script with <"));
  }
  EXPECT_THAT(refused([](auto& job) { job.resources.nodes = 2; }), HasSubstr("2 nodes"));
  EXPECT_THAT(refused([](auto& job) { job.resources.cpus_per_task = 5; }),
              HasSubstr("asks for 5 cores; a node of pool p (Standard_D4s_v3) has 4"));
  EXPECT_THAT(refused([](auto& job) { job.resources.gpus = 1; }), HasSubstr("GPUs"));
  EXPECT_THAT(refused([](auto& job) {
                job.dependencies.terms = {{.kind = Dependency::Kind::after, .on = {.job = 3}}};
              }),
              HasSubstr("the start of 3"));
  batch::Pool bare = pool_of("Standard_D4s_v3", 4);
  bare.identities.clear();
  EXPECT_THAT(refused([](auto&) {}, bare), HasSubstr("managed identity"));
}

TEST(CheckJob, TakesFilesBelowTheContainers) {
  workload::Job job = job_in_container();
  job.output = workload::OutputPattern::literal("/aloft/az/lab/demo/out");
  EXPECT_THAT(check_job(job, pool_of("Standard_D4s_v3", 4)), IsEmpty());
}

TEST(CheckJob, LetsOutputBeThrownAway) {
  workload::Job job = job_in_container();
  job.output = workload::OutputPattern::literal("/dev/null");
  job.error = job.output;
  job.input = "/dev/null";
  EXPECT_THAT(check_job(job, pool_of("Standard_D4s_v3", 4)), IsEmpty());
}

TEST(CheckJob, WarnsOfWhatIsDoneOtherwise) {
  workload::Job job = job_in_container();
  job.resources.memory_per_node_bytes = 1u << 30;
  job.dependencies = {.need = workload::Dependencies::Need::any,
                      .terms = {{.on = {.job = 1}}, {.on = {.job = 2}}}};
  const auto found = check_job(job, pool_of("Standard_D4s_v3", 4));
  EXPECT_EQ(found.size(), 2u);
  EXPECT_FALSE(workload::has_error(found));
}

TEST(Merged, JoinsWhatTouches) {
  EXPECT_THAT(merged({{5, 6}, {1, 2}, {3, 3}, {9, 9}, {5, 5}}),
              ElementsAre(IdRange{1, 3}, IdRange{5, 6}, IdRange{9, 9}));
  EXPECT_THAT(merged({}), IsEmpty());
}

TEST(MapTask, LooksLikeThis) {
  TaskPlan plan = plan_of("3,7");
  plan.slots = 2;
  plan.waits.all = {{1, 10}};
  plan.record.job.resources.wall_time = std::chrono::hours(1);
  EXPECT_EQ(
      batch::add_tasks("j", std::vector{map_task(plan, 1)}).body,
      R"({"value":[{"id":"101","displayName":"job 100_7, submitted 2026-11-21T03:04:05.678Z",)"
      R"("commandLine":"/bin/sh -c 'd=\"$AZ_BATCH_NODE_SHARED_DIR/aloft-d1\"; )"
      R"(if [ ! -x \"$d/bin/aloft\" ]; then d=\"$AZ_BATCH_TASK_WORKING_DIR/aloft-node\"; )"
      R"(mkdir -p \"$d\" && tar -xzf aloft-node.tar.gz -C \"$d\" || exit 125; fi; )"
      R"(exec \"$d/bin/aloft\" node-task --home \"az://lab/demo\" )"
      R"(--endpoint \"https://lab.blob.core.windows.net\" 100 \"$AZ_BATCH_TASK_ID\"'",)"
      R"("exitConditions":{"preProcessingError":{"dependencyAction":"satisfy"},)"
      R"("fileUploadError":{"dependencyAction":"satisfy"},)"
      R"("default":{"dependencyAction":"satisfy"}},)"
      R"("resourceFiles":[{"httpUrl":"https://lab/b","filePath":"aloft-node.tar.gz",)"
      R"("identityReference":{"resourceId":"/i"}}],)"
      R"("constraints":{"maxTaskRetryCount":0,"maxWallClockTime":"PT5430S"},)"
      R"("requiredSlots":2,)"
      R"("userIdentity":{"autoUser":{"scope":"pool","elevationLevel":"nonadmin"}},)"
      R"("dependsOn":{"taskIdRanges":[{"start":1,"end":10}]}}]})");
}

TEST(MapTask, BringsNoBundleToNodesThatHaveIt) {
  TaskPlan plan = plan_of();
  plan.bundle_on_nodes = true;
  const batch::NewTask task = map_task(plan, 0);
  EXPECT_THAT(task.files, IsEmpty());
  EXPECT_THAT(task.command_line, Not(HasSubstr("tar")));
  EXPECT_EQ(task.id, "100");
}

TEST(MapTask, SaysWhichIdentityTheNodeUses) {
  TaskPlan plan = plan_of();
  plan.client_id = "c1";
  EXPECT_THAT(map_task(plan, 0).command_line,
              HasSubstr("--client-id \"c1\" 100 \"$AZ_BATCH_TASK_ID\""));
}

TEST(MapTask, DoesWithTheAloftOfAnotherVersion) {
  const TemporaryDirectory shared;
  for (const char* name : {"/aloft-d0", "/aloft-d0.new"}) {
    const std::string bin = shared.path() + name + "/bin";
    std::filesystem::create_directories(bin);
    std::ofstream(bin + "/aloft") << "#!/bin/sh\necho $0 > ${0%/*}/called\n";
    std::filesystem::permissions(bin + "/aloft", std::filesystem::perms::owner_all);
  }
  TaskPlan plan = plan_of();
  plan.bundle_on_nodes = true;
  const std::string command = "AZ_BATCH_NODE_SHARED_DIR=" + shared.path() + " AZ_BATCH_TASK_ID=1 " +
                              map_task(plan, 0).command_line;
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(read_file(shared.path() + "/aloft-d0/bin/called"));
  EXPECT_FALSE(read_file(shared.path() + "/aloft-d0.new/bin/called")) << "not wholly unpacked";
}

TEST(MapTask, RunsSoManyElementsAtATime) {
  const TaskPlan plan = plan_of("0-9%3");
  EXPECT_THAT(map_task(plan, 2).waits_for_ids, IsEmpty());
  EXPECT_THAT(map_task(plan, 3).waits_for_ids, ElementsAre("100"));
  EXPECT_THAT(map_task(plan, 9).waits_for_ids, ElementsAre("106"));
}

TEST(MapTask, WaitsForTheSameElement) {
  TaskPlan plan = plan_of("3,7");
  plan.waits.corresponding = {{.first = 50, .indices = {1, 3, 5, 7}}};
  EXPECT_THAT(map_task(plan, 0).waits_for_ids, ElementsAre("51"));
  EXPECT_THAT(map_task(plan, 1).waits_for_ids, ElementsAre("53"));
}

TEST(MapStartTask, UnpacksTheBundleAndLooks) {
  const batch::StartTask task = map_start_task(plan_of().bundle);
  EXPECT_THAT(task.command_line, HasSubstr("doctor --node'"));
  EXPECT_THAT(task.command_line, HasSubstr("$AZ_BATCH_NODE_SHARED_DIR/aloft-d1"));
  ASSERT_EQ(task.files.size(), 1u);
  EXPECT_EQ(task.files[0].identity, "/i");
}

}  // namespace
}  // namespace aloft::executor
