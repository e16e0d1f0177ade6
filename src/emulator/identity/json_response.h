// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "http/server.h"

namespace aloft::emulator::identity {

/// What no cache may keep: it is a secret or an error.
http::Response json_response(int status, const nlohmann::ordered_json& document);

}  // namespace aloft::emulator::identity
