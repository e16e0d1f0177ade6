// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "emulator/blob/service_fixture_fake.h"
#include "emulator/dfs/service.h"

namespace aloft::emulator::dfs {

using blob::FakeAnswer;

inline std::vector<std::string> names_in(const FakeAnswer& listing) {
  std::vector<std::string> names;
  const auto document = nlohmann::json::parse(listing.body);
  for (const auto& path : document.at("paths")) {
    names.push_back(path.at("name"));
  }
  return names;
}

/// Both endpoints of an account in memory with a filesystem "box": what tests of them begin with.
class DfsService : public testing::Test, protected blob::ServiceInMemory {
 protected:
  DfsService() : ServiceInMemory({.hierarchical_namespace = true}) {
    EXPECT_EQ(paths_.request("PUT", "box?resource=filesystem").status, 201);
  }

  FakeAnswer make(const std::string& path, const char* resource = "file",
                  std::initializer_list<http::Headers::Field> headers = {}) {
    return paths_.request("PUT", "box/" + path + "?resource=" + resource, headers);
  }
  FakeAnswer rename(const std::string& source, const std::string& destination,
                    const char* field = "x-ms-test", const std::string& value = "1") {
    return paths_.request("PUT", "box/" + destination,
                          {{"x-ms-rename-source", "/box/" + source}, {field, value}});
  }
  std::string access_of(const std::string& path) {
    const auto found = paths_.request("HEAD", "box/" + path + "?action=getAccessControl");
    return std::string(found.headers.get("x-ms-owner")) + " " +
           std::string(found.headers.get("x-ms-permissions")) + " " +
           std::string(found.headers.get("x-ms-acl"));
  }
  std::vector<std::string> list(const std::string& query) {
    return names_in(paths_.request("GET", "box?resource=filesystem&" + query));
  }
  void put_blob(const std::string& name, const std::string& content) {
    EXPECT_EQ(
        client_.request("PUT", "box/" + name, {{"x-ms-blob-type", "BlockBlob"}}, content).status,
        201);
  }

  Service dfs_{{.name = "acc", .key = "secret", .tokens = &tokens_, .hierarchical_namespace = true},
               repository_};
  blob::FakeClient paths_{dfs_, clock_};
};

}  // namespace aloft::emulator::dfs
