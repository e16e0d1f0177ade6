// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "transfer/entry.h"

namespace aloft::cli {

/// "drwxr-xr-x"; "?" for permissions that nobody stored.
std::string mode_text(const transfer::FileAttributes& attributes);

/// When the content was written: the stored time, else the service's; local time with seconds, "-"
/// if unknown.
std::string time_text(const transfer::Entry& entry);

/// Path, kind, size, mode, owner, group, mtime (seconds and nanoseconds since the epoch), and of an
/// object its key, etag, tier and HTTP properties. What is not known is left out.
nlohmann::json to_json(const transfer::Entry& entry);

}  // namespace aloft::cli
