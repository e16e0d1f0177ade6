// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/internal/properties.h"
#include "emulator/batch/shapes.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::size_t kTasksPerCollectionMax = 100;

constexpr Property kIdentityReferenceRows[] = {text("resourceId")};
constexpr Shape kIdentityReference{kIdentityReferenceRows};

constexpr Property kEnvironmentSettingRows[] = {required(text("name")), text("value")};

constexpr Property kResourceFileRows[] = {
    text("autoStorageContainerName"),
    text("storageContainerUrl"),
    text("httpUrl"),
    text("blobPrefix"),
    text("filePath"),
    text("fileMode"),
    object("identityReference", kIdentityReference),
};

constexpr Property kHttpHeaderRows[] = {required(text("name")), text("value")};
constexpr Shape kHttpHeader{kHttpHeaderRows};
constexpr Property kContainerDestinationRows[] = {
    text("path"),
    required(text("containerUrl")),
    object("identityReference", kIdentityReference),
    list(object("uploadHeaders", kHttpHeader)),
};
constexpr Shape kContainerDestination{kContainerDestinationRows};
constexpr Property kDestinationRows[] = {required(object("container", kContainerDestination))};
constexpr Shape kDestination{kDestinationRows};
constexpr Property kUploadOptionsRows[] = {
    required(choice("uploadCondition", "tasksuccess|taskfailure|taskcompletion"))};
constexpr Shape kUploadOptions{kUploadOptionsRows};
constexpr Property kOutputFileRows[] = {
    required(text("filePattern")),
    required(object("destination", kDestination)),
    required(object("uploadOptions", kUploadOptions)),
};
constexpr Shape kOutputFile{kOutputFileRows};

constexpr Property kExitOptionsRows[] = {
    choice("jobAction", "none|disable|terminate"),
    choice("dependencyAction", "satisfy|block"),
};
constexpr Shape kExitOptions{kExitOptionsRows};
constexpr Property kExitCodeRows[] = {
    required(integer("code")),
    required(object("exitOptions", kExitOptions)),
};
constexpr Shape kExitCode{kExitCodeRows};
constexpr Property kExitCodeRangeRows[] = {
    required(integer("start")),
    required(integer("end")),
    required(object("exitOptions", kExitOptions)),
};
constexpr Shape kExitCodeRange{kExitCodeRangeRows};
constexpr Property kExitConditionsRows[] = {
    list(object("exitCodes", kExitCode)),
    list(object("exitCodeRanges", kExitCodeRange)),
    object("preProcessingError", kExitOptions),
    object("fileUploadError", kExitOptions),
    object("default", kExitOptions),
};
constexpr Shape kExitConditions{kExitConditionsRows};

constexpr Property kConstraintsRows[] = {
    duration("maxWallClockTime"),
    duration("retentionTime"),
    integer("maxTaskRetryCount", -1),
};
constexpr Shape kConstraints{kConstraintsRows};

constexpr Property kTaskIdRangeRows[] = {required(integer("start")), required(integer("end"))};
constexpr Shape kTaskIdRange{kTaskIdRangeRows};
constexpr Property kDependsOnRows[] = {
    list(text("taskIds", 64)),
    list(object("taskIdRanges", kTaskIdRange)),
};
constexpr Shape kDependsOn{kDependsOnRows};

constexpr Property kAffinityRows[] = {required(text("affinityId"))};
constexpr Shape kAffinity{kAffinityRows};

constexpr Property kAutoUserRows[] = {
    choice("scope", "task|pool"),
    choice("elevationLevel", "nonadmin|admin"),
};
constexpr Shape kAutoUser{kAutoUserRows};
constexpr Property kUserIdentityRows[] = {unserved("username"), object("autoUser", kAutoUser)};

constexpr Property kTaskRows[] = {
    required(text("id", 64)),
    text("displayName", 1024),
    required(text("commandLine")),
    unserved("containerSettings"),
    object("exitConditions", kExitConditions),
    list(object("resourceFiles", kResourceFileShape)),
    list(object("outputFiles", kOutputFile)),
    list(object("environmentSettings", kEnvironmentSettingShape)),
    object("affinityInfo", kAffinity),
    object("constraints", kConstraints),
    integer("requiredSlots", 1, 256),
    object("userIdentity", kUserIdentityShape),
    unserved("multiInstanceSettings"),
    object("dependsOn", kDependsOn),
    unserved("applicationPackageReferences"),
    unserved("authenticationTokenSettings"),
};
// In 2025-06-01 a PUT sends the whole task back as it was read; only its constraints count.
constexpr Property kTaskUpdateRows[] = {
    object("constraints", kConstraints),   from_2025(free_form("id")),
    from_2025(free_form("displayName")),   from_2025(free_form("url")),
    from_2025(free_form("eTag")),          from_2025(free_form("lastModified")),
    from_2025(free_form("creationTime")),  from_2025(free_form("exitConditions")),
    from_2025(free_form("state")),         from_2025(free_form("stateTransitionTime")),
    from_2025(free_form("previousState")), from_2025(free_form("previousStateTransitionTime")),
    from_2025(free_form("commandLine")),   from_2025(free_form("resourceFiles")),
    from_2025(free_form("outputFiles")),   from_2025(free_form("environmentSettings")),
    from_2025(free_form("affinityInfo")),  from_2025(free_form("requiredSlots")),
    from_2025(free_form("userIdentity")),  from_2025(free_form("executionInfo")),
    from_2025(free_form("nodeInfo")),      from_2025(free_form("dependsOn")),
};
constexpr Property kTaskCollectionRows[] = {
    required(list(free_form("value"), kTasksPerCollectionMax))};

}  // namespace

const Shape kEnvironmentSettingShape{kEnvironmentSettingRows};
const Shape kResourceFileShape{kResourceFileRows};
const Shape kUserIdentityShape{kUserIdentityRows};
const Shape kTaskShape{kTaskRows};
const Shape kTaskUpdateShape{kTaskUpdateRows};
const Shape kTaskCollectionShape{kTaskCollectionRows};

}  // namespace aloft::emulator::batch
