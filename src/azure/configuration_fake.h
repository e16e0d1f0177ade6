// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>
#include <sys/types.h>

#include <map>
#include <string>

#include "base/directories.h"
#include "base/file.h"
#include "base/temporary_directory.h"

namespace aloft::azure {

/// For tests: an environment and a home of a user who has configured nothing yet.
class FakeConfiguration {
 public:
  static constexpr const char* kKey = "c2VjcmV0";  // "secret"

  FakeConfiguration() {
    set("XDG_CONFIG_HOME", directory_.path());
    set("XDG_RUNTIME_DIR", directory_.path());
    CHECK(make_private_directory(directory_.path() + "/aloft").has_value());
  }
  void set(const std::string& name, const std::string& value) { variables_[name] = value; }
  void unset(const std::string& name) { variables_.erase(name); }
  void write(const std::string& name, const std::string& content, mode_t mode = 0600) {
    CHECK(replace_file(directory_.path() + "/aloft/" + name, content, mode).has_value());
  }
  /// As an emulator does that runs as process `pid`; `more` are further members of its record.
  void write_record(pid_t pid, const std::string& more = "") {
    write("emulator.json",
          fmt::format(R"({{"version":1,"pid":{},"account":"devstoreaccount1","key":"{}",
                          "blob_endpoint":"http://127.0.0.1:4711/devstoreaccount1",
                          "dfs_endpoint":"http://127.0.0.1:4712/devstoreaccount1"{}}})",
                      pid, kKey, more));
  }
  /// Valid while this lives.
  EnvironmentLookup environment() {
    return [this](const char* variable) -> const char* {
      const auto found = variables_.find(variable);
      return found == variables_.end() ? nullptr : found->second.c_str();
    };
  }

 private:
  TemporaryDirectory directory_;
  std::map<std::string, std::string> variables_;
};

}  // namespace aloft::azure
