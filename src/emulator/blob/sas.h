// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "emulator/blob/target.h"

namespace aloft::emulator::blob {

/// What is signed for an account SAS whose fields are these parameters ("Create an account SAS").
std::string account_sas_string(std::string_view account, const Query& query);

/// As above for a service SAS of the target's blob (sr=b), container (sr=c), or a directory above
/// it (sr=d), "Create a service SAS", versions from 2018-11-09 on. `within` names the parameter of
/// a listing that says where it stays: "prefix" or "directory".
std::string service_sas_string(std::string_view account, const Target& target,
                               std::string_view within = {});

/// As above, signed by a user delegation key ("Create a user delegation SAS"), versions up to
/// kUserDelegationNewest.
std::string user_delegation_sas_string(std::string_view account, const Target& target,
                                       std::string_view within = {});

}  // namespace aloft::emulator::blob
