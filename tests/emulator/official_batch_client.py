#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""official_batch_client.py READY_FILE: Azure's own Python client of Batch, as Debian has it (python3-azure), unmodified.

Prints one line per case; fails at the first that does.
"""
import datetime
import json
import sys
import time
import uuid

from azure.batch import BatchServiceClient, models
from azure.batch.batch_auth import SharedKeyCredentials

record = json.load(open(sys.argv[1]))
client = BatchServiceClient(SharedKeyCredentials(record["account"], record["key"]), batch_url=record["batch_endpoint"])
suffix = uuid.uuid4().hex[:8]
POOL, JOB = f"pool-{suffix}", f"job-{suffix}"


def until(what, check):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        value = check()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true")


def refused(code, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except models.BatchErrorException as error:
        assert error.error.code == code, error.error.code
    else:
        raise AssertionError(f"{code} was expected")


def task(name, command, **more):
    return models.TaskAddParameter(id=name, command_line=f"/bin/sh -c '{command}'", **more)


def a_pool_is_made():
    image = models.ImageReference(publisher="debian", offer="debian-12", sku="12")
    client.pool.add(models.PoolAddParameter(
        id=POOL, vm_size="Standard_D4s_v5", target_dedicated_nodes=1, task_slots_per_node=4,
        virtual_machine_configuration=models.VirtualMachineConfiguration(
            image_reference=image, node_agent_sku_id="batch.node.debian 12")))
    until("a node", lambda: [n for n in client.compute_node.list(POOL) if n.state == models.ComputeNodeState.idle])
    client.pool.update_properties(POOL, models.PoolUpdatePropertiesParameter(
        certificate_references=[], application_package_references=[],
        metadata=[models.MetadataItem(name="purpose", value="test")]))
    assert client.pool.get(POOL).metadata[0].value == "test"
    assert client.pool.exists(POOL)


def dependent_tasks_run_in_order():
    client.job.add(models.JobAddParameter(id=JOB, pool_info=models.PoolInformation(pool_id=POOL),
                                          uses_task_dependencies=True))
    client.task.add(JOB, task("after", "echo after", depends_on=models.TaskDependencies(task_ids=["before"])))
    client.task.add(JOB, task("before", "echo before",
                              constraints=models.TaskConstraints(max_wall_clock_time=datetime.timedelta(minutes=5))))
    after = until("the last task", lambda: (lambda t: t.state == "completed" and t)(client.task.get(JOB, "after")))
    before = client.task.get(JOB, "before")
    assert before.execution_info.end_time <= after.execution_info.start_time
    assert before.constraints.max_wall_clock_time == datetime.timedelta(minutes=5)
    assert b"".join(client.file.get_from_task(JOB, "after", "stdout.txt")) == b"after\n"


def a_thousand_tasks_are_added_at_once():
    added = client.task.add_collection(JOB, [task(str(n), "true") for n in range(1000)], threads=2)
    assert len(added.value) == 1000 and all(one.status == models.TaskAddStatus.success for one in added.value)
    # The client takes TaskExists for success, and halves what is too large.
    client.task.add_collection(JOB, [task(str(n), "true") for n in range(10)])
    client.task.add_collection(JOB, [task(f"large-{n}", "true #" + "x" * 20_000) for n in range(100)])
    until("all tasks", lambda: client.job.get_task_counts(JOB).task_counts.succeeded == 1102)
    options = models.TaskListOptions(max_results=400, filter="state eq 'completed'", select="id")
    assert len(list(client.task.list(JOB, options))) == 1102


def all_is_ended_and_deleted():
    client.task.add(JOB, task("long", "sleep 600"))
    until("the long task", lambda: client.task.get(JOB, "long").state == "running")
    client.task.terminate(JOB, "long")
    until("its end", lambda: client.task.get(JOB, "long").state == "completed")
    client.job.disable(JOB, "requeue")
    until("a disabled job", lambda: client.job.get(JOB).state == "disabled")
    client.job.enable(JOB)
    client.task.delete(JOB, "after")
    client.job.terminate(JOB)
    until("the job's end", lambda: client.job.get(JOB).state == "completed")
    refused("JobCompleted", client.task.add, JOB, task("late", "true"))
    refused("TaskNotFound", client.task.get, JOB, "after")
    refused("PoolExists", client.pool.add, models.PoolAddParameter(
        id=POOL, vm_size="Standard_D4s_v5", target_dedicated_nodes=0,
        virtual_machine_configuration=client.pool.get(POOL).virtual_machine_configuration))
    client.job.delete(JOB)
    client.pool.delete(POOL)
    until("no pool", lambda: not client.pool.exists(POOL))
    assert JOB not in [job.id for job in client.job.list()]


for case in (a_pool_is_made, dependent_tasks_run_in_order, a_thousand_tasks_are_added_at_once, all_is_ended_and_deleted):
    case()
    print("ok:", case.__name__.replace("_", " "))
