// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/internal/properties.h"
#include "emulator/batch/shapes.h"

namespace aloft::emulator::batch {

namespace {

constexpr Property kMetadataRows[] = {required(text("name")), required(text("value"))};

constexpr Property kPoolInfoRows[] = {text("poolId", 64), unserved("autoPoolSpecification")};
constexpr Shape kPoolInfo{kPoolInfoRows};

constexpr Property kConstraintsRows[] = {
    duration("maxWallClockTime"),
    integer("maxTaskRetryCount", -1),
};
constexpr Shape kConstraints{kConstraintsRows};

constexpr std::string_view kOnAllTasksComplete = "noaction|terminatejob";

constexpr Property kJobRows[] = {
    required(text("id", 64)),
    text("displayName", 1024),
    integer("priority", -1000, 1000),
    integer("maxParallelTasks", -1),
    boolean("allowTaskPreemption"),
    object("constraints", kConstraints),
    unserved("jobManagerTask"),
    unserved("jobPreparationTask"),
    unserved("jobReleaseTask"),
    list(object("commonEnvironmentSettings", kEnvironmentSettingShape)),
    required(object("poolInfo", kPoolInfo)),
    choice("onAllTasksComplete", kOnAllTasksComplete),
    choice("onTaskFailure", "noaction|performexitoptionsjobaction"),
    list(object("metadata", kMetadataShape)),
    boolean("usesTaskDependencies"),
    unserved("networkConfiguration"),
};
constexpr Property kJobPatchRows[] = {
    integer("priority", -1000, 1000),         integer("maxParallelTasks", -1),
    boolean("allowTaskPreemption"),           choice("onAllTasksComplete", kOnAllTasksComplete),
    object("constraints", kConstraints),      object("poolInfo", kPoolInfo),
    list(object("metadata", kMetadataShape)), from_2025(unserved("networkConfiguration")),
};
// In 2025-06-01 a PUT sends the whole job back as it was read, so what only a GET shows may be
// there; it has no effect.
constexpr Property kJobUpdateRows[] = {
    integer("priority", -1000, 1000),
    integer("maxParallelTasks", -1),
    boolean("allowTaskPreemption"),
    choice("onAllTasksComplete", kOnAllTasksComplete),
    object("constraints", kConstraints),
    required(object("poolInfo", kPoolInfo)),
    list(object("metadata", kMetadataShape)),
    from_2025(free_form("id")),
    from_2025(free_form("displayName")),
    from_2025(free_form("usesTaskDependencies")),
    from_2025(free_form("url")),
    from_2025(free_form("eTag")),
    from_2025(free_form("lastModified")),
    from_2025(free_form("creationTime")),
    from_2025(free_form("state")),
    from_2025(free_form("stateTransitionTime")),
    from_2025(free_form("previousState")),
    from_2025(free_form("previousStateTransitionTime")),
    from_2025(free_form("commonEnvironmentSettings")),
    from_2025(free_form("onTaskFailure")),
    from_2025(free_form("executionInfo")),
};
constexpr Property kJobDisableRows[] = {required(choice("disableTasks", "requeue|terminate|wait"))};
constexpr Property kJobTerminateRows[] = {text("terminateReason")};

}  // namespace

const Shape kMetadataShape{kMetadataRows};
const Shape kJobShape{kJobRows};
const Shape kJobPatchShape{kJobPatchRows};
const Shape kJobUpdateShape{kJobUpdateRows};
const Shape kJobDisableShape{kJobDisableRows};
const Shape kJobTerminateShape{kJobTerminateRows};

}  // namespace aloft::emulator::batch
