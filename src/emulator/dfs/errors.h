// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "emulator/wire/dates.h"
#include "emulator/wire/outcome.h"
#include "http/server.h"

namespace aloft::emulator::dfs {

/// The answer that carries an error of the Blob rooms under the code that this protocol has for it:
/// {"error":{"code":"PathNotFound","message":"…"}}.
http::Response error_response(const ServiceError& error, std::string_view request_id, Seconds now);

}  // namespace aloft::emulator::dfs
