// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/limits.h"
#include "emulator/batch/node/attempt.h"
#include "emulator/batch/node/internal/blob_client.h"
#include "emulator/batch/node/internal/failure.h"

namespace aloft::emulator::batch {

/// Where the files of one attempt are.
struct TaskPlace {
  std::string root{};     ///< The node's.
  std::string task{};     ///< Absolute; holds wd, stdout.txt, stderr.txt.
  std::string working{};  ///< Absolute.
};

/// Brings all resource files into the working directory. `auto_storage_url` is that of an account.
Outcome<void> fetch_resource_files(const std::vector<ResourceFile>& files, const TaskPlace& place,
                                   const std::string& auto_storage_url, BlobClient& blobs,
                                   const Limits& limits);

/// Uploads what the patterns find; tries all, and gives the first failure. Says what it did in
/// fileuploadout.txt and what failed in fileuploaderr.txt, both in the task's directory.
Outcome<void> upload_output_files(const std::vector<OutputFile>& files, const TaskPlace& place,
                                  const std::map<std::string, std::string>& environment,
                                  BlobClient& blobs, const Limits& limits);

}  // namespace aloft::emulator::batch
