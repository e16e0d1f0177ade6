// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "transfer/internal/session.h"

namespace aloft::transfer {

/// Fails with unsupported where OpenSSL has no MD5 at all; else the functions below may be called.
Result<void> check_md5();

/// As a store spells it (ContentProperties::content_md5).
std::string content_md5(std::span<const std::byte> content);

/// Of all `size_bytes` of an open file; precondition_failed if it is shorter.
Result<std::string> content_md5(Session& session, int file, std::uint64_t size_bytes,
                                const std::string& shown);

/// Fails with corrupt if `computed` is not what is recorded of the object `shown`.
Result<void> check_content_md5(std::string_view recorded, std::string_view computed,
                               const std::string& shown);

}  // namespace aloft::transfer
