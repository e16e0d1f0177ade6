// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "emulator/blob/target.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// What the client must have signed for "Authorization: SharedKey": the verb, eleven standard
/// fields, the x-ms- fields and the resource with its query, as "Authorize with Shared Key" says.
std::string shared_key_string(http::Method method, const http::Headers& headers,
                              const Target& target);

/// Whether field `a` (in lower case) comes before `b` in what is signed. The service collates as
/// people do, so hyphens count last, "_" comes before digits and digits before letters.
bool signed_before(std::string_view a, std::string_view b);

}  // namespace aloft::emulator::blob
