// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "emulator/dfs/service_fixture_fake.h"

namespace aloft::emulator::dfs {
namespace {

TEST_F(DfsService, MakesAFileWithTheDirectoriesAboveIt) {
  EXPECT_EQ(make("a/b/c", "file", {{"x-ms-properties", "one=MQ=="}}).status, 201);
  EXPECT_EQ(list("recursive=true"), (std::vector<std::string>{"a", "a/b", "a/b/c"}));
  EXPECT_EQ(list("recursive=false"), (std::vector<std::string>{"a"}));
  EXPECT_EQ(list("recursive=false&directory=a%2Fb"), (std::vector<std::string>{"a/b/c"}));
  const auto properties = paths_.request("HEAD", "box/a/b/c");
  EXPECT_EQ(properties.headers.get("x-ms-properties"), "one=MQ==");
  EXPECT_EQ(properties.headers.get("x-ms-resource-type"), "file");
  EXPECT_EQ(make("a/b/c", "file", {{"If-None-Match", "*"}}).code, "PathAlreadyExists");
  EXPECT_EQ(make("a/b/c/d").code, "PathConflict");
  EXPECT_EQ(make("a/b").code, "PathConflict");
  EXPECT_EQ(make("a/b", "directory").status, 201);
  EXPECT_EQ(list("recursive=true&directory=a/b"), (std::vector<std::string>{"a/b/c"}));
}

TEST_F(DfsService, ShowsErrorsAsJson) {
  const auto missing = paths_.request("HEAD", "box/none?action=getStatus");
  EXPECT_EQ(missing.status, 404);
  const auto answer = paths_.request("GET", "box/none");
  const auto error = nlohmann::json::parse(answer.body).at("error");
  EXPECT_EQ(error.at("code"), "PathNotFound");
  EXPECT_NE(error.at("message").get<std::string>().find("RequestId:"), std::string::npos);
  EXPECT_EQ(paths_.request("GET", "none?resource=filesystem&recursive=true").code,
            "FilesystemNotFound");
}

TEST_F(DfsService, CountsRequestsByOperation) {
  make("a");
  make("a/b");
  blob::FakeClient anybody(dfs_, clock_, "/");
  const auto counts = nlohmann::json::parse(anybody.request("GET", "$aloft/requests").body);
  EXPECT_EQ(counts.at("PathCreate"), 2);
  EXPECT_EQ(counts.at("refused").at("PathCreate"), 1);
  EXPECT_EQ(counts.at("FilesystemCreate"), 1);
}

TEST_F(DfsService, TellsTheProtocolsApart) {
  blob::FakeBody body("");
  const auto takes = [&](http::Method method, const char* target, Endpoint endpoint,
                         http::Headers headers = {}) {
    http::Request request{.method = method, .target = target, .headers = headers, .body = body};
    return Service::takes(request, endpoint);
  };
  using enum http::Method;
  for (const Endpoint endpoint : {Endpoint::blob, Endpoint::dfs}) {
    EXPECT_FALSE(takes(put, "/acc/box?restype=container", endpoint));
    EXPECT_FALSE(takes(put, "/acc/box/a", endpoint, {{"x-ms-blob-type", "BlockBlob"}}));
    EXPECT_FALSE(takes(get, "/acc/box/a?comp=metadata", endpoint));
    EXPECT_TRUE(takes(put, "/acc/box/a?resource=file", endpoint));
    EXPECT_TRUE(takes(put, "/box/a", endpoint, {{"x-ms-rename-source", "/box/b"}}));
    EXPECT_TRUE(takes(patch, "/acc/box/a?action=flush", endpoint));
    EXPECT_TRUE(takes(delete_, "/acc/box/a?recursive=true", endpoint));
    EXPECT_TRUE(takes(get, "/acc?resource=account", endpoint));
  }
  EXPECT_TRUE(takes(get, "/acc/box/a", Endpoint::dfs));
  EXPECT_FALSE(takes(get, "/acc/box/a", Endpoint::blob));
}

TEST_F(DfsService, RenamesADirectoryWithAllThatIsInIt) {
  put_blob("old/x/1", "one");
  put_blob("old-side", "beside");
  make("old/y", "directory");
  const auto etag = std::string(client_.request("HEAD", "box/old/x/1").headers.get("ETag"));
  EXPECT_EQ(rename("old", "new").status, 201);
  EXPECT_EQ(list("recursive=true"),
            (std::vector<std::string>{"new", "new/x", "new/x/1", "new/y", "old-side"}));
  EXPECT_EQ(client_.request("GET", "box/new/x/1").body, "one");
  EXPECT_EQ(client_.request("HEAD", "box/new/x/1").headers.get("ETag"), etag);
  EXPECT_EQ(rename("old", "other").code, "SourcePathNotFound");
}

TEST_F(DfsService, RefusesRenamesThatMakeNoSense) {
  make("a/b/c");
  make("d/e");
  make("file");
  EXPECT_EQ(rename("a", "a/b/x").code, "InvalidRenameSourcePath");
  EXPECT_EQ(rename("a", "a").code, "InvalidRenameSourcePath");
  EXPECT_EQ(rename("a", "d").code, "PathAlreadyExists");
  EXPECT_EQ(rename("a", "none/x").code, "RenameDestinationParentPathNotFound");
  EXPECT_EQ(rename("a", "file/x").code, "PathConflict");
  EXPECT_EQ(rename("a", "file").code, "InvalidSourceOrDestinationResourceType");
  EXPECT_EQ(rename("file", "d").code, "InvalidSourceOrDestinationResourceType");
  EXPECT_EQ(rename("file", "d/e", "If-None-Match", "*").code, "PathAlreadyExists");
  EXPECT_EQ(rename("file", "d/e", "x-ms-source-if-match", "\"0x1\"").code, "SourceConditionNotMet");
  EXPECT_EQ(rename("file", "d/e").status, 201) << "a file takes the place of a file";
  make("empty", "directory");
  EXPECT_EQ(rename("a", "empty").status, 201) << "a directory that of an empty one";
  EXPECT_EQ(list("recursive=true"),
            (std::vector<std::string>{"d", "d/e", "empty", "empty/b", "empty/b/c"}));
}

TEST_F(DfsService, TheSourceOfARenameBeginsWithItsFilesystem) {
  const auto rename_from = [&](const char* source) {
    return paths_.request("PUT", "box/new", {{"x-ms-rename-source", source}});
  };
  make("f");
  make("lab/f");
  EXPECT_EQ(rename_from("/acc/box/f").status, 201) << "as Azure's JavaScript client sends it";
  paths_.request("PUT", "acc?resource=filesystem");
  EXPECT_EQ(rename_from("/acc/lab/f").code, "SourcePathNotFound");
  EXPECT_EQ(paths_.request("PUT", "acc/lab/f?resource=file").status, 201);
  EXPECT_EQ(rename_from("/acc/lab/f").status, 201);
  EXPECT_EQ(list("recursive=true"), (std::vector<std::string>{"lab", "lab/f", "new"}));
}

TEST_F(DfsService, ConditionsCountForTheRootToo) {
  const http::Headers::Field never{"If-Match", "\"0x1\""};
  const std::string before = access_of("");
  EXPECT_EQ(
      paths_.request("PATCH", "box?action=setAccessControl", {never, {"x-ms-owner", "me"}}).code,
      "ConditionNotMet");
  EXPECT_EQ(access_of(""), before);
  EXPECT_EQ(paths_.request("HEAD", "box?action=getAccessControl", {never}).status, 412);
  EXPECT_EQ(paths_.request("HEAD", "box?action=getStatus", {never}).status, 412);
  const std::string etag(paths_.request("HEAD", "box?action=getStatus").headers.get("ETag"));
  const http::Headers::Field always{"If-Match", etag};
  EXPECT_EQ(
      paths_.request("PATCH", "box?action=setAccessControl", {always, {"x-ms-owner", "me"}}).status,
      200);
}

TEST_F(DfsService, RenamesTakeTheLeaseOfTheSource) {
  make("a");
  ASSERT_EQ(client_
                .request("PUT", "box/a?comp=lease",
                         {{"x-ms-lease-action", "acquire"},
                          {"x-ms-lease-duration", "-1"},
                          {"x-ms-proposed-lease-id", "00000000-0000-4000-8000-000000000001"}})
                .status,
            201);
  EXPECT_EQ(rename("a", "b").code, "LeaseIdMissing");
  EXPECT_EQ(rename("a", "b", "x-ms-source-lease-id", "00000000-0000-4000-8000-000000000001").status,
            201);
}

TEST_F(DfsService, DeletesDirectoriesWithWhatIsInThemWhereAsked) {
  make("a/b/c");
  make("ab");
  EXPECT_EQ(paths_.request("DELETE", "box/a?recursive=false").code, "DirectoryNotEmpty");
  EXPECT_EQ(paths_.request("DELETE", "box/a?recursive=true").status, 200);
  EXPECT_EQ(list("recursive=true"), (std::vector<std::string>{"ab"}));
  EXPECT_EQ(paths_.request("DELETE", "box/a?recursive=true").code, "PathNotFound");
}

TEST_F(DfsService, FlushesWhatWasAppendedWhereItHasNoGaps) {
  make("log");
  const auto append = [&](int position, const std::string& text) {
    return paths_.request("PATCH", "box/log?action=append&position=" + std::to_string(position), {},
                          text);
  };
  const auto flush = [&](int position, const char* more = "") {
    return paths_.request("PATCH",
                          "box/log?action=flush&position=" + std::to_string(position) + more);
  };
  EXPECT_EQ(append(5, "world").status, 202);
  EXPECT_EQ(flush(10).code, "InvalidFlushPosition");
  EXPECT_EQ(append(0, "hello").status, 202);
  EXPECT_EQ(append(10, "!").status, 202);
  EXPECT_EQ(flush(7).code, "InvalidFlushPosition");
  EXPECT_EQ(flush(10, "&retainUncommittedData=true").status, 200);
  EXPECT_EQ(paths_.request("GET", "box/log").body, "helloworld");
  EXPECT_EQ(flush(11).status, 200);
  EXPECT_EQ(client_.request("GET", "box/log").body, "helloworld!");
  EXPECT_EQ(client_.request("GET", "box/log?comp=blocklist").body.find("<Block>"),
            std::string::npos);
  EXPECT_EQ(append(4, "x").code, "InvalidQueryParameterValue");
  EXPECT_EQ(paths_
                .request("PATCH", "box/log?action=append&position=18446744073709551611&flush=true",
                         {}, "beyond all")
                .code,
            "OutOfRangeQueryParameterValue");
  EXPECT_EQ(paths_.request("PATCH", "box/log?action=append&position=11&flush=true", {}, "?").status,
            202);
  EXPECT_EQ(client_.request("GET", "box/log").body, "helloworld!?");
  put_blob("by-blob", "x");
  EXPECT_EQ(paths_.request("PATCH", "box/by-blob?action=append&position=1", {}, "x").code,
            "InvalidFlushOperation");
}

TEST_F(DfsService, KeepsWhoMayDoWhat) {
  make("d/f", "file", {{"x-ms-permissions", "0640"}, {"x-ms-umask", "0000"}});
  EXPECT_EQ(access_of("d"), "$superuser rwxrwxrwx user::rwx,group::rwx,other::rwx")
      << "the umask is that of the directories above, too";
  EXPECT_EQ(access_of("d/f"), "$superuser rw-r----- user::rw-,group::r--,other::---");
  EXPECT_EQ(paths_
                .request("PATCH", "box/d?action=setAccessControl",
                         {{"x-ms-owner", "me"},
                          {"x-ms-acl", "user::rwx,group::r--,other::--x,default:user:you:rw-"}})
                .status,
            200);
  make("d/g");
  EXPECT_EQ(access_of("d/g"),
            "$superuser rw-rw----+ user::rw-,user:you:rw-,group::r--,mask::rw-,other::---");
  EXPECT_EQ(
      paths_.request("PATCH", "box/?action=setAccessControl", {{"x-ms-owner", "root"}}).status,
      200);
  EXPECT_EQ(access_of("").substr(0, 5), "root ");
  EXPECT_EQ(paths_
                .request("PATCH", "box/d?action=setAccessControl",
                         {{"x-ms-acl", "user::rwx"}, {"x-ms-permissions", "0700"}})
                .code,
            "InvalidHeaderValue");
  EXPECT_EQ(paths_.request("PATCH", "box/x?action=setAccessControl", {{"x-ms-owner", "me"}}).code,
            "PathNotFound");
}

TEST_F(DfsService, WhatATokenMakesIsItsPrincipals) {
  const std::string token = tokens_.issue(identity::kStorageAudience).text;
  const auto made = paths_.request_as_is("PUT", "box/a/b?resource=file",
                                         {{"Authorization", "Bearer " + token},
                                          {"x-ms-version", "2021-12-02"},
                                          {"Content-Length", "0"}},
                                         {});
  EXPECT_EQ(made.status, 201) << made.body;
  for (const char* path : {"a", "a/b"}) {
    EXPECT_TRUE(access_of(path).starts_with(identity::kPrincipalId)) << access_of(path);
  }
}

TEST_F(DfsService, ChangesAccessOfATreePageByPage) {
  for (const char* path : {"d/1", "d/2", "d/s/3"}) make(path);
  std::string continuation;
  int directories = 0;
  int files = 0;
  int pages = 0;
  do {
    const auto answer = paths_.request("PATCH",
                                       "box/d?action=setAccessControlRecursive&mode=modify&"
                                       "maxRecords=2&continuation=" +
                                           percent_encode(continuation, false),
                                       {{"x-ms-acl", "user:you:r-x"}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto counts = nlohmann::json::parse(answer.body);
    directories += counts.at("directoriesSuccessful").get<int>();
    files += counts.at("filesSuccessful").get<int>();
    continuation = answer.headers.get("x-ms-continuation");
    ++pages;
  } while (!continuation.empty());
  EXPECT_EQ(directories, 2);
  EXPECT_EQ(files, 3);
  EXPECT_EQ(pages, 3);
  EXPECT_NE(access_of("d/s/3").find("user:you:r-x"), std::string::npos);
}

TEST_F(DfsService, PagesCoverADirectory) {
  for (const char* path : {"a", "b/x", "b-c", "d/x/y", "e"}) make(path);
  for (const char* path : {"c", "c-", "c-d", "c-d-e"}) make(path, "directory");
  std::vector<std::string> all;
  std::string continuation;
  do {
    const auto page = paths_.request("GET",
                                     "box?resource=filesystem&recursive=false&maxResults=1&"
                                     "continuation=" +
                                         percent_encode(continuation, false));
    for (const std::string& name : names_in(page)) all.push_back(name);
    continuation = page.headers.get("x-ms-continuation");
  } while (!continuation.empty());
  EXPECT_EQ(all, (std::vector<std::string>{"a", "b-c", "b", "c-", "c-d-e", "c-d", "c", "d", "e"}))
      << "in the order of the paths with a slash behind directories";
}

TEST_F(DfsService, PagesHaveAtLeastOneEntry) {
  for (const std::string what : {"?resource=account", "box?resource=filesystem&recursive=true"}) {
    EXPECT_EQ(paths_.request("GET", what + "&maxResults=0").code, "OutOfRangeQueryParameterValue");
    EXPECT_EQ(paths_.request("GET", what + "&maxResults=x").code, "InvalidQueryParameterValue");
    EXPECT_EQ(paths_.request("GET", what + "&maxResults=99999").status, 200);
  }
}

TEST_F(DfsService, TheBlobServiceShowsTheSameTree) {
  put_blob("a/b//c/", "text");
  EXPECT_EQ(client_.request("GET", "box/a/b/c").body, "text") << "empty segments are none";
  EXPECT_EQ(client_.request("PUT", "box//", {{"x-ms-blob-type", "BlockBlob"}}).code, "InvalidUri");
  EXPECT_EQ(client_.request("PUT", "box///?comp=block&blockid=AAAA", {}, "x").code, "InvalidUri");
  const auto directory = client_.request("HEAD", "box/a");
  EXPECT_EQ(directory.headers.get("x-ms-meta-hdi_isfolder"), "true");
  EXPECT_EQ(directory.headers.get("x-ms-resource-type"), "directory");
  EXPECT_EQ(client_.request("DELETE", "box/a").code, "DirectoryIsNotEmpty");
  EXPECT_EQ(client_.request("PUT", "box/a/b/c/d", {{"x-ms-blob-type", "BlockBlob"}}).code,
            "PathConflict");
  EXPECT_EQ(client_.request("PUT", "box/a", {{"x-ms-blob-type", "BlockBlob"}}).code,
            "PathConflict");
  EXPECT_EQ(client_
                .request("PUT", "box/stub",
                         {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-meta-hdi_isfolder", "true"}})
                .status,
            201);
  const auto flat = client_.request("GET", "box?restype=container&comp=list&include=permissions");
  EXPECT_NE(flat.body.find("<Name>stub</Name>"), std::string::npos);
  EXPECT_NE(flat.body.find("<ResourceType>directory</ResourceType><Owner>$superuser</Owner>"),
            std::string::npos);
  const auto levels = client_.request("GET", "box?restype=container&comp=list&delimiter=/");
  EXPECT_NE(levels.body.find("<BlobPrefix><Name>a/</Name><Properties>"), std::string::npos);
  EXPECT_NE(levels.body.find("<BlobPrefix><Name>stub/</Name><Properties>"), std::string::npos);
  EXPECT_EQ(levels.body.find("<Name>stub</Name>"), std::string::npos);
  EXPECT_EQ(
      client_.request("GET", "?restype=account&comp=properties").headers.get("x-ms-is-hns-enabled"),
      "true");
}

TEST_F(DfsService, OnlyDirectoriesSayThatTheyAre) {
  make("d/f");
  EXPECT_EQ(client_
                .request("PUT", "box/d",
                         {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-meta-hdi_isfolder", "true"}})
                .code,
            "DirectoryIsNotEmpty");
  const auto mark = [&](const std::string& path, const std::string& content = {}) {
    return client_.request("PUT", "box/" + path,
                           {{"x-ms-blob-type", "BlockBlob"},
                            {"x-ms-meta-hdi_isfolder", "true"},
                            {"x-ms-meta-other", "1"}},
                           content);
  };
  EXPECT_EQ(mark("d/f?comp=metadata").status, 200);
  EXPECT_EQ(mark("d/blocks?comp=blocklist", "<BlockList/>").status, 201);
  EXPECT_EQ(mark("d/content", "content").status, 201);
  for (const char* path : {"d/f", "d/blocks", "d/content"}) {
    const auto file = client_.request("HEAD", std::string("box/") + path);
    EXPECT_FALSE(file.headers.contains("x-ms-meta-hdi_isfolder")) << path;
    EXPECT_EQ(file.headers.get("x-ms-meta-other"), "1");
  }
  EXPECT_EQ(mark("d?comp=metadata").status, 200);
  EXPECT_EQ(client_.request("HEAD", "box/d").headers.get("x-ms-meta-hdi_isfolder"), "true");
}

TEST_F(DfsService, RefusesWhatAzureDoesNotOfferThere) {
  put_blob("a", "");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=snapshot").code,
            "FeatureNotYetSupportedForHierarchicalNamespaceAccounts");
  EXPECT_EQ(client_
                .request("PUT", "box/p",
                         {{"x-ms-blob-type", "PageBlob"}, {"x-ms-blob-content-length", "512"}})
                .code,
            "FeatureNotYetSupportedForHierarchicalNamespaceAccounts");
  EXPECT_EQ(client_.request("GET", "box/a?comp=tags").code, "InvalidQueryParameterValue");
}

}  // namespace
}  // namespace aloft::emulator::dfs
