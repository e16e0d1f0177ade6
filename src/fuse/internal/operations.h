// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fuse/internal/request.h"

// Each group of operations is one file of its name; fill_… sets its entries of libfuse's table.
namespace aloft::fuse {

void fill_names(fuse_lowlevel_ops& operations);
void fill_attributes(fuse_lowlevel_ops& operations);
void fill_directories(fuse_lowlevel_ops& operations);
void fill_files(fuse_lowlevel_ops& operations);
void fill_absent(fuse_lowlevel_ops& operations);

/// The largest read or write; the mount option max_read says the same (enter/fuse_mount.h).
inline constexpr unsigned kRequestBytesMax = 1u << 20;

}  // namespace aloft::fuse
