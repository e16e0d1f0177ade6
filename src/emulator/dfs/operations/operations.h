// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/dfs/path_fields.h"

// What the endpoint can do, one function each; see operation_table.cc for which request means
// which.
namespace aloft::emulator::dfs {

Answer list_filesystems(Call& call);
Answer create_filesystem(Call& call);
Answer delete_filesystem(Call& call);
Answer get_filesystem_properties(Call& call);
Answer set_filesystem_properties(Call& call);

Answer list_paths(Call& call);

Answer create_path(Call& call);
Answer rename_path(Call& call);
Answer append_data(Call& call);
Answer flush_data(Call& call);
Answer set_path_properties(Call& call);
Answer get_path_properties(Call& call);
Answer get_status(Call& call);
Answer read_path(Call& call);
Answer delete_path(Call& call);
Answer lease_path(Call& call);

Answer set_access_control(Call& call);
Answer set_access_control_recursive(Call& call);
Answer get_access_control(Call& call);

}  // namespace aloft::emulator::dfs
