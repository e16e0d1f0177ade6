// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/sas.h"
#include "emulator/dfs/service_fixture_fake.h"

namespace aloft::emulator::dfs {
namespace {

/// Of a service SAS for what this URL is about, ready for its query.
std::string signature(const std::string& url) {
  const auto target = blob::parse_target(url);
  return percent_encode(
      base64_encode(hmac_sha256("secret", blob::service_sas_string("acc", *target))), false);
}

TEST_F(DfsService, TheSasOfADirectoryOpensNothingBesideIt) {
  make("ok/a");
  make("private/secret", "directory");
  const std::string sas = "sv=2021-12-02&sr=d&sdd=1&sp=rwlope&se=2100-01-01T00:00:00Z";
  const std::string signed_by = signature("/acc/box/ok?" + sas);
  const auto ask = [&](blob::FakeClient& client, const char* method, const std::string& query) {
    return client.request_as_is(method, "box?" + query + "&" + sas + "&sig=" + signed_by,
                                {{"x-ms-version", "2021-12-02"},
                                 {"x-ms-acl", "user::rwx,group::rwx,other::rwx"},
                                 {"Content-Length", "0"}},
                                {});
  };
  const auto status = [&](blob::FakeClient& client, const char* method, const std::string& query) {
    return ask(client, method, query).status;
  };
  const std::string paths = "resource=filesystem&recursive=true";
  EXPECT_EQ(status(paths_, "GET", paths + "&directory=ok"), 200);
  EXPECT_EQ(status(paths_, "GET", paths + "&prefix=ok/"), 403);
  const std::string before = access_of("");
  for (const char* bound : {"&directory=ok", "&prefix=ok/"}) {
    using namespace std::string_literals;
    EXPECT_EQ(status(paths_, "PATCH", "action=setAccessControl"s + bound), 403);
    EXPECT_EQ(status(paths_, "PATCH", "action=setAccessControlRecursive&mode=set"s + bound), 403);
    EXPECT_EQ(status(paths_, "HEAD", "action=getAccessControl"s + bound), 403);
    EXPECT_EQ(status(paths_, "HEAD", "action=getStatus"s + bound), 403);
  }
  EXPECT_EQ(access_of(""), before);
  blob::Service tree({.name = "acc", .key = "secret", .hierarchical_namespace = true}, repository_);
  blob::FakeClient blobs(tree, clock_);
  EXPECT_EQ(status(blobs, "GET", "restype=container&comp=list&prefix=ok/"), 200);
  EXPECT_EQ(status(blobs, "GET", "restype=container&comp=list&directory=ok"), 403);

  const std::string elsewhere = "private/secret-";
  const FakeAnswer page = ask(paths_, "GET",
                              "resource=filesystem&recursive=false&directory=ok&continuation=" +
                                  percent_encode(base64_encode(elsewhere), false));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(names_in(page), std::vector<std::string>());
  const FakeAnswer list = ask(blobs, "GET",
                              "restype=container&comp=list&prefix=ok/&delimiter=/&marker=2!" +
                                  percent_encode(base64_encode("0 " + elsewhere), false));
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(list.body.find("private"), std::string::npos) << list.body;
}

TEST_F(DfsService, WhoOverwritesDoesNotChangeWhoseItIs) {
  make("f");
  const std::string before = access_of("f");
  const auto overwrite = [&](const std::string& permissions, const char* field, const char* value) {
    const std::string sas =
        "resource=file&sv=2021-12-02&sr=b&se=2100-01-01T00:00:00Z&sp=" + permissions;
    return paths_
        .request_as_is("PUT", "box/f?" + sas + "&sig=" + signature("/acc/box/f?" + sas),
                       {{"x-ms-version", "2021-12-02"}, {"Content-Length", "0"}, {field, value}},
                       {})
        .status;
  };
  EXPECT_EQ(overwrite("w", "x-ms-owner", "me"), 403);
  EXPECT_EQ(overwrite("wp", "x-ms-group", "us"), 403);
  EXPECT_EQ(overwrite("wo", "x-ms-permissions", "0777"), 403);
  EXPECT_EQ(overwrite("w", "x-ms-acl", "user::rwx,group::rwx,other::rwx"), 403);
  EXPECT_EQ(access_of("f"), before);
  EXPECT_EQ(overwrite("w", "x-ms-content-type", "text/plain"), 201);
  EXPECT_EQ(access_of("f"), before);
  EXPECT_EQ(overwrite("wo", "x-ms-owner", "me"), 201);
  EXPECT_EQ(access_of("f").substr(0, 3), "me ");
}

}  // namespace
}  // namespace aloft::emulator::dfs
