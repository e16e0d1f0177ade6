// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace aloft::emulator {

/// The header fields whose values a signature with Shared Key covers, in this order, of every
/// service; "x-ms-…" or "ocp-…" follow them.
inline constexpr std::string_view kSharedKeyFields[] = {"Content-Encoding",
                                                        "Content-Language",
                                                        "Content-Length",
                                                        "Content-MD5",
                                                        "Content-Type",
                                                        "Date",
                                                        "If-Modified-Since",
                                                        "If-Match",
                                                        "If-None-Match",
                                                        "If-Unmodified-Since",
                                                        "Range"};

}  // namespace aloft::emulator
