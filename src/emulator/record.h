// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "emulator/emulator.h"

namespace aloft::emulator {

/// What clients of this user read to find the emulator: one JSON object with version, pid, account,
/// key, blob_endpoint, batch_endpoint where Batch is served, dfs_endpoint where the account has a
/// hierarchical namespace, and in identity the variables by which
/// a program finds the managed identity.
std::string record_document(const EmulatorRecord& record);

/// The record of a running emulator, <runtime directory>/emulator.json with mode 0600, for as long
/// as this lives. Its reader ignores a record whose process is gone. A later emulator of the same
/// user takes the place over; the first then leaves the other's record alone.
class PublishedRecord {
 public:
  static Result<PublishedRecord> publish(const std::string& runtime_directory,
                                         const EmulatorRecord& record);
  PublishedRecord(PublishedRecord&& other) noexcept;
  PublishedRecord& operator=(PublishedRecord&&) = delete;
  ~PublishedRecord();

 private:
  PublishedRecord(std::string path, std::string document)
      : path_(std::move(path)), document_(std::move(document)) {}
  std::string path_;
  std::string document_;
};

}  // namespace aloft::emulator
