// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace aloft::emulator {

/// A random one, in lower case. From a generator of this thread that the kernel's seeds: unique,
/// not secret.
std::string make_uuid();

}  // namespace aloft::emulator
