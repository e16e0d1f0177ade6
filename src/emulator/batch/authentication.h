// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "emulator/batch/target.h"
#include "emulator/wire/dates.h"
#include "http/server.h"

namespace aloft::emulator::batch {

/// Who may use the service; `key` is decoded.
struct Credentials {
  std::string account;
  std::string key;
};

/// Checks "Authorization: SharedKey ACCOUNT:SIGNATURE" and that the request was made within 15
/// minutes of `now`.
Outcome<void> authenticate(const Credentials& credentials, const http::Request& request,
                           const Target& target, Seconds now);

/// What the client must have signed.
std::string shared_key_string(const Credentials& credentials, const http::Request& request,
                              const Target& target);

}  // namespace aloft::emulator::batch
