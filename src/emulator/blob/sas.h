// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "emulator/blob/target.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// What is signed for an account SAS whose fields are these parameters ("Create an account SAS").
std::string account_sas_string(std::string_view account, const Query& query);

/// As above for a service SAS of the target's blob (sr=b), container (sr=c), or a directory above
/// it (sr=d), "Create a service SAS", versions from 2018-11-09 on. `within` names the parameter of
/// a listing that says where it stays: "prefix" or "directory".
std::string service_sas_string(std::string_view account, const Target& target,
                               std::string_view within = {});

/// As above, signed by a user delegation key ("Create a user delegation SAS"). `headers` are the
/// request's, of which srh says which are signed. The lines of versions from 2025-07-05 on are as
/// in @azure/storage-blob 12.32 (sas/BlobSASSignatureValues) and azure-storage-blob 12.31 for
/// Python (_shared_access_signature.py).
std::string user_delegation_sas_string(std::string_view account, const Target& target,
                                       std::string_view within, const http::Headers& headers);

}  // namespace aloft::emulator::blob
