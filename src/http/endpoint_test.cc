// SPDX-License-Identifier: Apache-2.0
#include "http/endpoint.h"

#include <gtest/gtest.h>

namespace aloft::http {
namespace {

TEST(Endpoint, IsReadFromAUrl) {
  const auto url = parse_url("http://127.0.0.1:10000/devstoreaccount1?comp=list");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->endpoint, (Endpoint{false, "127.0.0.1", 10000}));
  EXPECT_EQ(url->path, "/devstoreaccount1");
  EXPECT_EQ(url->query, "comp=list");
}

TEST(Endpoint, HasTheSchemesOwnPort) {
  EXPECT_EQ(parse_url("https://a.blob.core.windows.net")->endpoint.port, 443);
  EXPECT_EQ(parse_url("http://host/")->endpoint.port, 80);
  EXPECT_EQ(parse_url("https://host:443")->endpoint.authority(), "host");
  EXPECT_EQ(parse_url("https://host:80")->endpoint.authority(), "host:80");
}

TEST(Endpoint, KeepsBracketsOffIpv6Hosts) {
  const auto url = parse_url("http://[::1]:8080/x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->endpoint.host, "::1");
  EXPECT_EQ(to_string(url->endpoint), "http://[::1]:8080");
}

TEST(Endpoint, IsRefusedWhereMalformed) {
  for (const char* text :
       {"", "ftp://host", "host", "http://", "http:///path", "http://host:", "http://host:0",
        "http://host:65536", "http://host:x", "http://u:p@host", "http://host/#f", "http://ho st/",
        "http://[::1", "http://[host]", "http://[::1]8", "http://host/\r\nX: y"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::invalid_argument);
  }
}

TEST(Endpoint, KeepsSecretsOutOfMessages) {
  const std::pair<const char*, const char*> cases[] = {
      {"ftp://host/c?sv=1&sig=S3cret", "\"ftp://host/c\""},
      {"https://ho st/c?sig=S3cret", "\"https://ho st/c\""},
      {"https://host/c#S3cret", "\"https://host/c\""},
      {"https://user:S3cret@host/c", "\"https://…@host/c\""},
      {"https://user:S3@S3cret/@host/c?sig=S3cret", "\"https://…@host/c\""},
      {"https://user:S3?cret@host/c", "\"https://…\""},
      {"user:S3cret@host", "\"…@host\""},
      {"sv=1&sig=S3cret", "\"sv\""},
      {"AccountName=a;AccountKey=S3cret", "\"AccountName\""},
      {"https://a\x1b[2J\r\n\x7f\u00e4/c", "\"https://a?[2J???\u00e4/c\""},
  };
  for (const auto& [text, shown] : cases) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_TRUE(url.error().message.starts_with(shown)) << url.error().message;
    EXPECT_EQ(url.error().message.find("S3"), std::string::npos) << url.error().message;
    EXPECT_EQ(url.error().message.find("cret"), std::string::npos) << url.error().message;
  }
}

}  // namespace
}  // namespace aloft::http
