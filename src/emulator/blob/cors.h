// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/blob/call.h"
#include "emulator/blob/service_properties.h"

namespace aloft::emulator::blob {

/// What a browser asks before it lets a script ask: OPTIONS with Origin and
/// Access-Control-Request-Method. 403 where no rule allows it. Needs no authority.
Answer answer_preflight(const ServiceProperties& properties, const http::Headers& headers);

/// Adds to the answer of a request with Origin what the rules say to the browser.
void add_cors_fields(const ServiceProperties& properties, const http::Request& request,
                     http::Headers& answer);

}  // namespace aloft::emulator::blob
