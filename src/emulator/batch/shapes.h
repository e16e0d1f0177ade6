// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/batch/shape.h"

// The bodies of requests, of api-versions 2022-10-01.16.0 and 2025-06-01.
namespace aloft::emulator::batch {

extern const Shape kTaskShape;            ///< POST …/tasks, and each item of a collection.
extern const Shape kTaskUpdateShape;      ///< PUT …/tasks/{t}
extern const Shape kTaskCollectionShape;  ///< The collection around its items.

extern const Shape kJobShape;
extern const Shape kJobPatchShape;
extern const Shape kJobUpdateShape;
extern const Shape kJobDisableShape;
extern const Shape kJobTerminateShape;

extern const Shape kPoolShape;
extern const Shape kPoolPatchShape;
extern const Shape kPoolUpdateShape;
extern const Shape kPoolResizeShape;
extern const Shape kNodeRemoveShape;
extern const Shape kNodeRebootShape;
extern const Shape kNodeReimageShape;
extern const Shape kNodeDisableSchedulingShape;

// Parts that several bodies have.
extern const Shape kEnvironmentSettingShape;
extern const Shape kMetadataShape;
extern const Shape kResourceFileShape;
extern const Shape kUserIdentityShape;

}  // namespace aloft::emulator::batch
