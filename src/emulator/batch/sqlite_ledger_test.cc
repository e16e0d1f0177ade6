// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/sqlite_ledger.h"

#include "base/temporary_directory.h"
#include "emulator/batch/job_life.h"
#include "emulator/batch/pool_life.h"
#include "emulator/batch/recovery.h"
#include "emulator/batch/service_fixture_fake.h"
#include "emulator/batch/task_life.h"

namespace aloft::emulator::batch {
namespace {

/// An account whose ledger is a database; what it kept can be opened again.
class LedgerTest : public ::testing::Test {
 protected:
  struct Kept {
    std::unique_ptr<SqliteLedger> ledger;
    std::unique_ptr<FakeFleet> fleet = std::make_unique<FakeFleet>();
    std::unique_ptr<State> state{};
  };

  Kept open() {
    Kept kept{.ledger = SqliteLedger::open(directory_.path() + "/account.db").value()};
    kept.state = std::make_unique<State>(clock_, *kept.ledger, *kept.fleet, StateOptions());
    EXPECT_TRUE(kept.ledger->load(*kept.state).has_value());
    kept.ledger->start();
    restore(*kept.state);
    return kept;
  }

  /// With one node, which takes eight tasks.
  static Pool& add_pool(State& state) {
    auto pool = std::make_unique<Pool>();
    pool->id = "p";
    pool->settings = {{"vmSize", "Standard_D2s_v5"}, {"taskSlotsPerNode", 8}};
    pool->target_dedicated = 1;
    auto node = std::make_unique<PoolNode>();
    node->id = "n";
    node->state = NodeState::idle;
    node->free_slots = 8;
    pool->nodes.emplace("n", std::move(node));
    Pool& added = state.add(std::move(pool));
    state.save(added);
    return added;
  }
  static Job& add_job(State& state, const std::string& id) {
    auto job = std::make_unique<Job>();
    job->id = id;
    job->settings = {{"poolInfo", {{"poolId", "p"}}}, {"usesTaskDependencies", true}};
    Job& added = state.add(std::move(job));
    state.save(added);
    return added;
  }
  static Task& add(State& state, Job& job, const std::string& id,
                   const Json& more = Json::object()) {
    Json settings{{"commandLine", "x"}};
    settings.update(more);
    auto task = std::make_unique<Task>();
    task->id = id;
    task->has_dependencies = settings.contains("dependsOn");
    task->settings = text_of(settings);
    return add_task(state, job, std::move(task));
  }

  TemporaryDirectory directory_;
  FakeClock clock_;
};

TEST_F(LedgerTest, BringsBackWhatItKept) {
  {
    Kept kept = open();
    Job& job = add_job(*kept.state, "Job");
    add(*kept.state, job, "a");
    Task& gone = add(*kept.state, job, "gone");
    Task& waits = add(*kept.state, job, "waits", {{"dependsOn", {{"taskIds", {"a"}}}}});
    EXPECT_TRUE(waits.waits);
    remove_task(*kept.state, job, gone);
    terminate_task(*kept.state, job, *job.tasks.find("waits"));
    Job& dropped = add_job(*kept.state, "dropped");
    add(*kept.state, dropped, "a");
    kept.state->drop(dropped);
    ASSERT_TRUE(kept.ledger->wait(kept.ledger->position()).has_value());
  }
  Kept kept = open();
  ASSERT_EQ(kept.state->jobs().size(), 1u);
  const Job& job = *kept.state->find_job("job");
  EXPECT_EQ(job.tasks.size(), 2u);
  EXPECT_EQ(job.tasks.find("a")->state, TaskState::active);
  EXPECT_EQ(job.tasks.find("waits")->execution->failure->code, "TaskEnded");
  EXPECT_EQ(job.counts.active, 1);
  EXPECT_EQ(job.counts.failed, 1);
}

TEST_F(LedgerTest, MakesActiveAgainWhatRan) {
  {
    Kept kept = open();
    Job& job = add_job(*kept.state, "j");
    Task& done = add(*kept.state, job, "1");
    Task& ran = add(*kept.state, job, "2");
    add(*kept.state, job, "3", {{"dependsOn", {{"taskIdRanges", {{{"start", 1}, {"end", 2}}}}}}});
    done.executed().failed = false;
    done.state = TaskState::completed;
    done.satisfies = true;
    ran.executed().node = "n";
    ran.state = TaskState::running;
    for (Task* task : {&done, &ran}) kept.state->save(job, *task);
  }
  Kept kept = open();
  const Job& job = *kept.state->find_job("j");
  const Task& ran = *job.tasks.find("2");
  EXPECT_EQ(ran.state, TaskState::active);
  EXPECT_EQ(ran.execution->requeue_count, 1u);
  EXPECT_TRUE(ran.is_queued);
  EXPECT_TRUE(job.tasks.find("3")->waits);
  EXPECT_EQ(job.counts.active, 2);
  EXPECT_EQ(job.counts.running, 0);
  EXPECT_EQ(job.counts.succeeded, 1);
}

TEST_F(LedgerTest, StartsTheNodesOfPoolsAgain) {
  {
    const Kept kept = open();
    add_pool(*kept.state);
  }
  const Kept kept = open();
  ASSERT_EQ(kept.fleet->opened.size(), 1u);
  EXPECT_EQ(kept.fleet->opened[0].first, "n");
  EXPECT_EQ(kept.state->find_pool("P")->find("n")->state, NodeState::starting);
}

TEST_F(LedgerTest, KeepsWhichEndWasAskedFor) {
  {
    const Kept kept = open();
    State& state = *kept.state;
    add_pool(state);
    Job& job = add_job(state, "j");
    for (const char* id : {"removed", "terminated", "requeued"}) add(state, job, id);
    Job& ending = add_job(state, "ending");
    add(state, ending, "t");
    schedule(state);
    ASSERT_EQ(kept.fleet->running.size(), 4u);
    terminate_task(state, job, *job.tasks.find("removed"));
    remove_task(state, job, *job.tasks.find("removed"));
    terminate_task(state, job, *job.tasks.find("terminated"));
    stop_run(state, job.tasks.find("requeued")->execution->run, Fate::requeue);
    terminate_job(state, ending, "enough");
  }
  const Kept kept = open();
  const Job& job = *kept.state->find_job("j");
  EXPECT_EQ(job.tasks.find("removed"), nullptr);
  EXPECT_EQ(kept.fleet->removed, std::vector<std::string>{"j/removed"});
  EXPECT_EQ(job.tasks.find("terminated")->state, TaskState::completed);
  EXPECT_EQ(job.tasks.find("terminated")->execution->failure->code, "TaskEnded");
  EXPECT_EQ(job.tasks.find("requeued")->state, TaskState::active);
  schedule(*kept.state);
  const Job& ending = *kept.state->find_job("ending");
  EXPECT_EQ(ending.tasks.find("t")->state, TaskState::completed);
  EXPECT_EQ(ending.state, JobState::completed);
}

TEST_F(LedgerTest, EndsTheTasksOfAJobThatWasEnding) {
  {
    const Kept kept = open();
    add_pool(*kept.state);
    Job& job = add_job(*kept.state, "j");
    add(*kept.state, job, "t");
    schedule(*kept.state);
    // As when the emulator was killed after this was kept, and before its tasks were told.
    job.enter(JobState::terminating, kept.state->now());
    kept.state->save(job);
  }
  EXPECT_EQ(open().state->find_job("j")->tasks.find("t")->state, TaskState::completed);
}

TEST_F(LedgerTest, AsksNothingOfTheNextAttempt) {
  {
    const Kept kept = open();
    State& state = *kept.state;
    add_pool(state);
    Job& job = add_job(state, "j");
    add(state, job, "t");
    schedule(state);
    Task& task = *job.tasks.find("t");
    terminate_task(state, job, task);
    end_run(state, task.execution->run,
            {.exit_code = 1, .failure = FailureInfo{.code = "TaskEnded"}});
    reactivate_task(state, job, task);
    schedule(state);
    ASSERT_EQ(task.state, TaskState::running);
  }
  EXPECT_EQ(open().state->find_job("j")->tasks.find("t")->state, TaskState::active);
}

TEST_F(LedgerTest, ForgetsNodesThatWereLeaving) {
  {
    const Kept kept = open();
    State& state = *kept.state;
    Pool& pool = add_pool(state);
    Job& job = add_job(state, "j");
    add(state, job, "t");
    schedule(state);
    remove_nodes(state, pool, {pool.find("n")}, NodeOption::task_completion);
    schedule(state);
    ASSERT_EQ(pool.nodes.size(), 1u) << "its task is not over";
  }
  const Kept kept = open();
  EXPECT_TRUE(kept.fleet->opened.empty());
  EXPECT_TRUE(kept.state->find_pool("p")->nodes.empty());
  EXPECT_EQ(kept.state->find_job("j")->tasks.find("t")->state, TaskState::active);
}

}  // namespace
}  // namespace aloft::emulator::batch
