// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "azure/account.h"
#include "base/result.h"

namespace aloft::azure {

/// Reads "AccountName=…;AccountKey=…;BlobEndpoint=…", "…;SharedAccessSignature=…", "DfsEndpoint",
/// "DefaultEndpointsProtocol", "EndpointSuffix" and "UseDevelopmentStorage=true". `origin` says in
/// errors where the text comes from; the text itself is never shown. Fails with invalid_argument.
Result<Account> parse_connection_string(std::string_view text, std::string_view origin);

}  // namespace aloft::azure
