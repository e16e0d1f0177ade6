// SPDX-License-Identifier: Apache-2.0
// official_batch_client.mjs READY_FILE: Azure's own JavaScript client of Batch, unmodified, drives pools, jobs, tasks
// and files of the emulator. Prints one line per case; exits 1 at the first that fails.
import assert from "node:assert/strict";
import {randomBytes} from "node:crypto";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import path from "node:path";

const npm = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../npm/");
const {BatchServiceClient, BatchSharedKeyCredentials} = createRequire(npm)("@azure/batch");

const record = JSON.parse(readFileSync(process.argv[2], "utf8"));
const clientFor = (account, key) =>
  new BatchServiceClient(new BatchSharedKeyCredentials(account, key), record.batch_endpoint);
const client = clientFor(record.account, record.key);
const suffix = randomBytes(4).toString("hex");
const [pool, job] = [`pool-${suffix}`, `job-${suffix}`];

async function refused(promise, status, code) {
  const error = await promise.then(() => assert.fail(`expected ${code}`), (e) => e);
  assert.equal(error.statusCode, status, error.message);
  assert.equal(error.code ?? error.body?.code, code, error.message);
}
async function until(what, check) {
  for (const end = Date.now() + 120_000; Date.now() < end; await new Promise((done) => setTimeout(done, 20))) {
    const value = await check();
    if (value) return value;
  }
  assert.fail(`${what} did not come true`);
}
async function all(first, next) {
  const items = [...first];
  for (let link = first.odatanextLink; link;) {
    const page = await next(link);
    items.push(...page);
    link = page.odatanextLink;
  }
  return items;
}
const completed = (...ids) => until(`the end of ${ids}`, async () => {
  const tasks = await Promise.all(ids.map((id) => client.task.get(job, id)));
  return tasks.every((task) => task.state === "completed") && tasks;
});
const text = async (response) => {
  const parts = [];
  for await (const part of response.readableStreamBody) parts.push(part);
  return Buffer.concat(parts).toString();
};
const image = {publisher: "debian", offer: "debian-12", sku: "12"};
const machine = {imageReference: image, nodeAgentSKUId: "batch.node.debian 12"};
const shell = (id, command, more = {}) => ({id, commandLine: `/bin/sh -c '${command}'`, ...more});

const cases = {
  async "images are listed"() {
    const images = await client.account.listSupportedImages();
    assert(images.some((one) => one.imageReference.offer === "debian-12"));
  },

  async "a pool is made and gets its nodes"() {
    await client.pool.add({
      id: pool, vmSize: "Standard_D4s_v5", virtualMachineConfiguration: machine, targetDedicatedNodes: 2,
      taskSlotsPerNode: 2, metadata: [{name: "purpose", value: "test"}],
      startTask: {commandLine: "/bin/sh -c 'echo ready > $AZ_BATCH_NODE_SHARED_DIR/ready'", waitForSuccess: true}});
    const made = await until("a steady pool", async () => {
      const now = await client.pool.get(pool);
      return now.allocationState === "steady" && now;
    });
    assert.equal(made.currentDedicatedNodes, 2);
    assert.equal(made.metadata[0].value, "test");
    assert.equal(made.identity.type, "UserAssigned");
    assert.match(made.identity.userAssignedIdentities[0].clientId, /^[0-9a-f-]{36}$/);
    await until("idle nodes", async () => {
      const nodes = await client.computeNode.list(pool);
      return nodes.length === 2 && nodes.every((node) => node.state === "idle");
    });
    assert.equal((await client.account.listPoolNodeCounts())[0].dedicated.idle, 2);
    assert.equal((await client.pool.exists(pool)).body, true);
    await client.pool.patch(pool, {metadata: []});
    assert.equal((await client.pool.get(pool)).metadata.length, 0);
  },

  async "a job runs tasks that depend on each other"() {
    await client.job.add({id: job, poolInfo: {poolId: pool}, usesTaskDependencies: true,
                          commonEnvironmentSettings: [{name: "COMMON", value: "shared"}]});
    await client.task.addCollection(job, [
      shell("last", "echo last", {dependsOn: {taskIds: ["first"], taskIdRanges: [{start: 1, end: 2}]}}),
      shell("1", "cat $AZ_BATCH_NODE_SHARED_DIR/ready; echo $COMMON $OWN",
            {environmentSettings: [{name: "OWN", value: "mine"}]}),
      shell("2", "exit 3", {exitConditions: {exitCodes: [{code: 3, exitOptions: {dependencyAction: "satisfy"}}]}}),
      shell("first", "echo out; echo err >&2; mkdir d; echo inner > d/f"),
      shell("blocked", "true", {dependsOn: {taskIds: ["fails"]}}),
      shell("fails", "exit 1", {constraints: {maxTaskRetryCount: 1}}),
    ]);
    const [last, first, two] = await completed("last", "first", "2", "1");
    assert.equal(last.executionInfo.result, "success");
    assert(last.executionInfo.startTime >= first.executionInfo.endTime);
    assert.equal(two.executionInfo.exitCode, 3);
    assert.equal(two.executionInfo.failureInfo.code, "FailureExitCode");
    assert.equal(await text(await client.file.getFromTask(job, "1", "stdout.txt")), "ready\nshared mine\n");
    const [fails] = await completed("fails");
    assert.equal(fails.executionInfo.retryCount, 1);
    assert.equal((await client.task.get(job, "blocked")).state, "active");
  },

  async "files of tasks and nodes are listed and read"() {
    const {taskRootDirectory, nodeId} = (await client.task.get(job, "first")).nodeInfo;
    const files = await client.file.listFromTask(job, "first", {recursive: true});
    const names = files.map((file) => file.name);
    for (const name of ["stdout.txt", "stderr.txt", "wd/d/f"]) assert(names.includes(name), `${name} in ${names}`);
    assert.equal(await text(await client.file.getFromTask(job, "first", "stderr.txt")), "err\n");
    assert.equal(await text(await client.file.getFromTask(job, "first", "wd/d/f", {fileGetFromTaskOptions: {ocpRange: "bytes=2-3"}})), "ne");
    const properties = await client.file.getPropertiesFromTask(job, "first", "wd/d/f");
    assert.equal(properties.contentLength, 6);
    assert.equal(await text(await client.file.getFromComputeNode(pool, nodeId, `${taskRootDirectory}/stdout.txt`)),
                 "out\n");
    assert((await client.file.listFromComputeNode(pool, nodeId, {recursive: false}))
      .some((file) => file.name === "workitems" && file.isDirectory));
  },

  async "a thousand tasks are added, counted, filtered and paged"() {
    const before = await client.job.getTaskCounts(job);
    for (let begin = 10_000; begin < 11_000; begin += 100) {
      const tasks = Array.from({length: 100}, (_, i) => shell(`${begin + i}`, "true"));
      const added = await client.task.addCollection(job, tasks);
      assert(added.value.every((one) => one.status === "success"));
    }
    const again = await client.task.addCollection(job, [shell("10000", "true"), shell("x y", "true")]);
    assert.deepEqual(again.value.map((one) => [one.taskId, one.status, one.error.code]),
                     [["10000", "clienterror", "TaskExists"], ["x y", "clienterror", "InvalidPropertyValue"]]);
    const succeeded = before.taskCounts.succeeded + 1000;
    await until("a thousand tasks done", async () =>
      (await client.job.getTaskCounts(job)).taskCounts.succeeded === succeeded);
    const taskListOptions = {maxResults: 300, select: "id,state", filter: "state eq 'completed' and startswith(id, '10')"};
    const listed = await all(await client.task.list(job, {taskListOptions}), (link) => client.task.listNext(link));
    assert.equal(new Set(listed.map((task) => task.id)).size, 1000);
    assert.equal(listed[0].commandLine, undefined);
  },

  async "tasks and jobs are ended, changed and deleted"() {
    await client.task.add(job, shell("long", "sleep 600"));
    await until("the long task runs", async () => (await client.task.get(job, "long")).state === "running");
    await client.task.terminate(job, "long");
    const [long] = await completed("long");
    assert.equal(long.executionInfo.failureInfo.code, "TaskEnded");
    await client.task.reactivate(job, "long");
    await client.job.disable(job, "terminate");
    await until("a disabled job", async () => (await client.job.get(job)).state === "disabled");
    await client.job.patch(job, {priority: 7, maxParallelTasks: 1});
    const {eTag} = await client.job.get(job);
    await client.job.update(job, {poolInfo: {poolId: pool}}, {jobUpdateOptions: {ifMatch: eTag}});
    await refused(client.job.update(job, {poolInfo: {poolId: pool}}, {jobUpdateOptions: {ifMatch: eTag}}),
                  412, "ConditionNotMet");
    await client.job.enable(job);
    await client.task.update(job, "blocked", {constraints: {maxTaskRetryCount: 3}});
    assert.equal((await client.task.get(job, "blocked")).constraints.maxTaskRetryCount, 3);
    await client.task.deleteMethod(job, "blocked");
    await refused(client.task.get(job, "blocked"), 404, "TaskNotFound");
    await client.job.terminate(job, {terminateReason: "enough"});
    const ended = await until("the job's end", async () => {
      const now = await client.job.get(job);
      return now.state === "completed" && now;
    });
    assert.equal(ended.executionInfo.terminateReason, "enough");
    await refused(client.task.add(job, shell("late", "true")), 409, "JobCompleted");
  },

  async "what is wrong is named as Azure names it"() {
    const poolWith = (more) => client.pool.add({
      id: `x-${suffix}`, vmSize: "Standard_D2s_v5", virtualMachineConfiguration: machine, targetDedicatedNodes: 0, ...more});
    await refused(clientFor(record.account, Buffer.from("wrong").toString("base64")).job.list(), 403, "AuthenticationFailed");
    await refused(clientFor("nobody", record.key).job.list(), 403, "AuthenticationFailed");
    await refused(client.job.get("absent"), 404, "JobNotFound");
    await refused(client.pool.get("absent"), 404, "PoolNotFound");
    await refused(client.computeNode.get(pool, "absent"), 404, "NodeNotFound");
    await refused(client.task.get(job, "absent"), 404, "TaskNotFound");
    await refused(client.job.add({id: job, poolInfo: {poolId: pool}}), 409, "JobExists");
    await refused(client.job.add({id: "a/b", poolInfo: {poolId: pool}}), 400, "InvalidPropertyValue");
    await refused(poolWith({id: pool}), 409, "PoolExists");
    await refused(poolWith({vmSize: "huge"}), 400, "InvalidPropertyValue");
    await refused(poolWith({virtualMachineConfiguration: {...machine, imageReference: {...image, sku: "0"}}}),
                  400, "InvalidPropertyValue");
    await refused(poolWith({enableAutoScale: true, autoScaleFormula: "1"}), 400, "UnsupportedProperty");
    await refused(client.task.list(job, {taskListOptions: {filter: "colour eq 'red'"}}), 400, "InvalidQueryParameterValue");
    await refused(client.pool.resize(pool, {}), 400, "MissingRequiredProperty");
    await refused(client.job.listPreparationAndReleaseTaskStatus(job), 409, "JobPreparationTaskNotSpecified");
    await refused(client.task.terminate(job, "first"), 409, "TaskCompleted");
  },

  async "pools grow, shrink and go"() {
    await client.pool.resize(pool, {targetDedicatedNodes: 1, targetLowPriorityNodes: 1});
    const resized = await until("a pool of the new size", async () => {
      const now = await client.pool.get(pool);
      return now.allocationState === "steady" && now;
    });
    assert.deepEqual([resized.currentDedicatedNodes, resized.currentLowPriorityNodes], [1, 1]);
    const [node] = await client.computeNode.list(pool);
    await client.computeNode.reboot(pool, node.id);
    await until("a node that is back", async () =>
      (await client.computeNode.get(pool, node.id)).state === "idle");
    await client.job.deleteMethod(job);
    await client.pool.deleteMethod(pool);
    await until("no pool", () => client.pool.get(pool).then(() => false, (error) => error.code === "PoolNotFound"));
    await until("no job", () => client.job.get(job).then(() => false, (error) => error.code === "JobNotFound"));
  },
};

for (const [name, run] of Object.entries(cases)) {
  await run();
  console.log(`ok: ${name}`);
}
