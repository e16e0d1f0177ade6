// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/internal/properties.h"
#include "emulator/batch/shapes.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::size_t kNodesPerRemovalMax = 100;
constexpr std::string_view kNodeOptions = "requeue|terminate|taskcompletion|retaineddata";

constexpr Property kImageRows[] = {
    text("publisher"),
    text("offer"),
    text("sku"),
    text("version"),
    unserved("virtualMachineImageId"),
    from_2025(unserved("sharedGalleryImageId")),
    from_2025(unserved("communityGalleryImageId")),
};
constexpr Shape kImage{kImageRows};

// Disks, encryption, placement and the like mean nothing to a directory: taken, and shown.
constexpr Property kVirtualMachineRows[] = {
    required(object("imageReference", kImage)),
    required(text("nodeAgentSKUId")),
    unserved("windowsConfiguration"),
    free_form("dataDisks"),
    text("licenseType"),
    unserved("containerConfiguration"),
    free_form("diskEncryptionConfiguration"),
    free_form("nodePlacementConfiguration"),
    unserved("extensions"),
    free_form("osDisk"),
    from_2025(free_form("securityProfile")),
    from_2025(free_form("serviceArtifactReference")),
};
constexpr Shape kVirtualMachine{kVirtualMachineRows};

constexpr Property kStartTaskRows[] = {
    required(text("commandLine")),
    unserved("containerSettings"),
    list(object("resourceFiles", kResourceFileShape)),
    list(object("environmentSettings", kEnvironmentSettingShape)),
    object("userIdentity", kUserIdentityShape),
    integer("maxTaskRetryCount", -1),
    boolean("waitForSuccess"),
};
constexpr Shape kStartTask{kStartTaskRows};

constexpr Property kSchedulingPolicyRows[] = {
    required(choice("nodeFillType", "spread|pack")),
    from_2025(choice("jobDefaultOrder", "none|creationtime")),
};
constexpr Shape kSchedulingPolicy{kSchedulingPolicyRows};

constexpr Property kPoolRows[] = {
    required(text("id", 64)),
    text("displayName", 1024),
    required(text("vmSize")),
    until_2025(unserved("cloudServiceConfiguration")),
    object("virtualMachineConfiguration", kVirtualMachine),
    duration("resizeTimeout"),
    integer("targetDedicatedNodes", 0),
    integer("targetLowPriorityNodes", 0),
    unserved("enableAutoScale"),
    unserved("autoScaleFormula"),
    unserved("autoScaleEvaluationInterval"),
    boolean("enableInterNodeCommunication"),
    free_form("networkConfiguration"),
    object("startTask", kStartTask),
    until_2025(unserved("certificateReferences")),
    unserved("applicationPackageReferences"),
    until_2025(unserved("applicationLicenses")),
    integer("taskSlotsPerNode", 1, 256),
    object("taskSchedulingPolicy", kSchedulingPolicy),
    unserved("userAccounts"),
    list(object("metadata", kMetadataShape)),
    unserved("mountConfiguration"),
    until_2025(choice("targetNodeCommunicationMode", "default|classic|simplified")),
    from_2025(free_form("upgradePolicy")),
};
constexpr Property kPoolPatchRows[] = {
    object("startTask", kStartTask),
    until_2025(unserved("certificateReferences")),
    unserved("applicationPackageReferences"),
    list(object("metadata", kMetadataShape)),
    until_2025(choice("targetNodeCommunicationMode", "default|classic|simplified")),
    from_2025(text("displayName", 1024)),
    from_2025(unserved("vmSize")),
    from_2025(unserved("taskSlotsPerNode")),
    from_2025(unserved("taskSchedulingPolicy")),
    from_2025(unserved("enableInterNodeCommunication")),
    from_2025(unserved("virtualMachineConfiguration")),
    from_2025(unserved("networkConfiguration")),
    from_2025(unserved("userAccounts")),
    from_2025(unserved("mountConfiguration")),
    from_2025(unserved("upgradePolicy")),
};
constexpr Property kPoolUpdateRows[] = {
    object("startTask", kStartTask),
    until_2025(unserved("certificateReferences")),
    unserved("applicationPackageReferences"),
    required(list(object("metadata", kMetadataShape))),
    until_2025(choice("targetNodeCommunicationMode", "default|classic|simplified")),
};
constexpr Property kPoolResizeRows[] = {
    integer("targetDedicatedNodes", 0),
    integer("targetLowPriorityNodes", 0),
    duration("resizeTimeout"),
    choice("nodeDeallocationOption", kNodeOptions),
};
constexpr Property kNodeRemoveRows[] = {
    required(list(text("nodeList"), kNodesPerRemovalMax)),
    duration("resizeTimeout"),
    choice("nodeDeallocationOption", kNodeOptions),
};
constexpr Property kNodeRebootRows[] = {choice("nodeRebootOption", kNodeOptions)};
constexpr Property kNodeReimageRows[] = {choice("nodeReimageOption", kNodeOptions)};
constexpr Property kNodeDisableSchedulingRows[] = {
    choice("nodeDisableSchedulingOption", "requeue|terminate|taskcompletion")};

}  // namespace

const Shape kPoolShape{kPoolRows};
const Shape kPoolPatchShape{kPoolPatchRows};
const Shape kPoolUpdateShape{kPoolUpdateRows};
const Shape kPoolResizeShape{kPoolResizeRows};
const Shape kNodeRemoveShape{kNodeRemoveRows};
const Shape kNodeRebootShape{kNodeRebootRows};
const Shape kNodeReimageShape{kNodeReimageRows};
const Shape kNodeDisableSchedulingShape{kNodeDisableSchedulingRows};

}  // namespace aloft::emulator::batch
