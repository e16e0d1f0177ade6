// SPDX-License-Identifier: Apache-2.0
#include "azure/connection_string.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aloft::azure {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ConnectionString, HasTheShapeThatThePortalShows) {
  const auto account = parse_connection_string(
      "DefaultEndpointsProtocol=https;AccountName=lab;AccountKey=c2VjcmV0;"
      "EndpointSuffix=core.chinacloudapi.cn",
      "here");
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->name, "lab");
  EXPECT_EQ(to_string(account->endpoint), "https://lab.blob.core.chinacloudapi.cn");
  EXPECT_EQ(std::get<SharedKey>(account->credential).key, "secret");
}

TEST(ConnectionString, TakesABlobEndpointWithAPath) {
  const auto account = parse_connection_string(
      "AccountName=lab;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:4711/lab/;", "here");
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->endpoint.server.port, 4711);
  EXPECT_EQ(account->endpoint.base_path, "/lab");
}

TEST(ConnectionString, TakesADfsEndpoint) {
  const auto account = parse_connection_string(
      "AccountName=lab;AccountKey=c2VjcmV0;BlobEndpoint=https://lab.example.com;"
      "DfsEndpoint=https://dfs.example.com/lab/",
      "here");
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(to_string(account->dfs_endpoint.value()), "https://dfs.example.com/lab");
  EXPECT_FALSE(
      parse_connection_string("AccountName=lab;AccountKey=c2VjcmV0;DfsEndpoint=x", "here"));
}

TEST(DfsEndpoint, IsFoundBesideThatOfTheBlobService) {
  const auto beside = [](std::string_view url) {
    const auto endpoint = dfs_endpoint_beside(parse_service_endpoint(url).value());
    return endpoint ? to_string(*endpoint) : "none";
  };
  EXPECT_EQ(beside("https://lab.blob.core.windows.net"), "https://lab.dfs.core.windows.net");
  EXPECT_EQ(beside("https://lab.blob.core.chinacloudapi.cn"),
            "https://lab.dfs.core.chinacloudapi.cn");
  EXPECT_EQ(beside("https://lab.privatelink.blob.core.windows.net"),
            "https://lab.privatelink.dfs.core.windows.net");
  EXPECT_EQ(beside("https://lab.z01.blob.storage.azure.net"),
            "https://lab.z01.dfs.storage.azure.net");
  EXPECT_EQ(beside("http://127.0.0.1:10000/devstoreaccount1"), "none");
}

TEST(ConnectionString, TakesASharedAccessSignatureAndTheNameFromTheHost) {
  const auto account = parse_connection_string(
      "BlobEndpoint=https://lab.blob.core.windows.net;SharedAccessSignature=sv=1&sig=a%3D", "here");
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->name, "lab");
  EXPECT_EQ(std::get<SasToken>(account->credential).query, "sv=1&sig=a%3D");
}

TEST(ConnectionString, KnowsDevelopmentStorage) {
  const auto account = parse_connection_string("UseDevelopmentStorage=true", "here");
  ASSERT_TRUE(account);
  EXPECT_EQ(to_string(account->endpoint), "http://127.0.0.1:10000/devstoreaccount1");
}

TEST(ConnectionString, SaysWhatIsMalformedWithoutShowingSecrets) {
  for (const char* text :
       {"nonsense", "=x", "AccountName=lab", "AccountKey=c2VjcmV0",
        "AccountName=lab;AccountKey=???", "AccountName=lab;AccountName=lab;AccountKey=c2VjcmV0",
        "AccountName=La_b;AccountKey=c2VjcmV0",
        "AccountName=lab;AccountKey=c2VjcmV0;BlobEndpoint=ftp://x",
        "AccountName=lab;AccountKey=c2VjcmV0;SharedAccessSignature=sig=x",
        "AccountName=lab;AccountKey=c2VjcmV0;DefaultEndpointsProtocol=gopher",
        "UseDevelopmentStorage=false", "AccountName=lab;SharedAccessSignature=sv=1"}) {
    const auto account = parse_connection_string(text, "MY_VARIABLE");
    ASSERT_FALSE(account) << text;
    EXPECT_EQ(account.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(account.error().message, HasSubstr("MY_VARIABLE"));
    EXPECT_THAT(account.error().message, Not(HasSubstr("c2VjcmV0")));
  }
}

}  // namespace
}  // namespace aloft::azure
