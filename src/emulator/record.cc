// SPDX-License-Identifier: Apache-2.0
#include "emulator/record.h"

#include <unistd.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/directories.h"
#include "base/file.h"

namespace aloft::emulator {

std::string record_document(const EmulatorRecord& record) {
  nlohmann::ordered_json document{{"version", 1},
                                  {"pid", ::getpid()},
                                  {"account", record.account},
                                  {"key", record.key},
                                  {"blob_endpoint", record.blob_endpoint}};
  if (!record.batch_endpoint.empty()) document["batch_endpoint"] = record.batch_endpoint;
  if (!record.dfs_endpoint.empty()) document["dfs_endpoint"] = record.dfs_endpoint;
  for (const auto& [name, value] : record.identity_environment) document["identity"][name] = value;
  for (const auto& [name, value] : record.service_principal) {
    document["service_principal"][name] = value;
  }
  return document.dump(2) + "\n";
}

Result<PublishedRecord> PublishedRecord::publish(const std::string& runtime_directory,
                                                 const EmulatorRecord& record) {
  TRY(make_private_directory(runtime_directory));
  const std::string path = runtime_directory + "/emulator.json";
  std::string document = record_document(record);
  TRY(replace_file(path, document, 0600));
  return PublishedRecord(path, std::move(document));
}

PublishedRecord::PublishedRecord(PublishedRecord&& other) noexcept
    : path_(std::exchange(other.path_, {})), document_(std::move(other.document_)) {}

PublishedRecord::~PublishedRecord() {
  if (path_.empty()) return;
  const auto present = read_file(path_);
  if (present && *present == document_) ::unlink(path_.c_str());
}

}  // namespace aloft::emulator
