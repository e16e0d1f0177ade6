// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "emulator/blob/service_error.h"
#include "emulator/wire/dates.h"

namespace aloft::emulator::blob {

/// By which who has a token, but no account key, signs a SAS. What it says is in the SAS again.
struct UserDelegationKey {
  std::string object_id{};
  std::string tenant_id{};
  std::string start{};  ///< As texts, since they are signed.
  std::string expiry{};
  std::string service = "b";
  std::string version{};
  std::string user_tenant_id{};  ///< Of the user for whom its SAS may be; empty: of any.
};

/// The secret of the key, decoded: made of the account's key and what it says, so that it need not
/// be kept.
std::string secret_of(const UserDelegationKey& key, std::string_view account_key);

/// Start and expiry from the body of Get User Delegation Key: at most seven days, not over yet.
Outcome<UserDelegationKey> parse_key_info(std::string_view document, Seconds now);
std::string user_delegation_key_document(const UserDelegationKey& key,
                                         std::string_view account_key);

}  // namespace aloft::emulator::blob
