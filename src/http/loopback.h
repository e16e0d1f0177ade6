// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace aloft::http {

/// Whether what is sent to `host` stays on this machine: "localhost", or a loopback address. A name
/// that only begins like one, as 127.example does, may be anybody's.
bool is_loopback(const std::string& host);

}  // namespace aloft::http
