// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <gtest/gtest.h>

namespace aloft::http {
namespace {

TEST(Headers, FindsNamesWithoutRegardToCase) {
  const Headers headers{{"Content-Length", "5"}, {"x-ms-date", "today"}};
  EXPECT_EQ(headers.get("content-length"), "5");
  EXPECT_EQ(headers.get("X-MS-Date"), "today");
  EXPECT_FALSE(headers.contains("content"));
  EXPECT_EQ(headers.get("absent"), "");
}

TEST(Headers, KeepOrderAndRepeats) {
  Headers headers;
  headers.add("a", "1");
  headers.add("b", "2");
  headers.add("A", "3");
  EXPECT_EQ(headers.count("a"), 2u);
  std::string seen;
  for (const auto& [name, value] : headers) (seen += name) += value;
  EXPECT_EQ(seen, "a1b2A3");
}

TEST(Headers, SetReplacesAllOfTheName) {
  Headers headers{{"a", "1"}, {"b", "2"}, {"A", "3"}};
  headers.set("a", "4");
  EXPECT_EQ(headers.count("a"), 1u);
  EXPECT_EQ(headers.get("a"), "4");
  EXPECT_EQ(headers.get("b"), "2");
}

TEST(Method, NamesAndParsesEach) {
  for (const Method method : {Method::get, Method::head, Method::put, Method::post, Method::delete_,
                              Method::options, Method::patch}) {
    EXPECT_EQ(parse_method(name_of(method)), method);
  }
  EXPECT_EQ(parse_method("get"), Method::other);
  EXPECT_EQ(parse_method("BREW"), Method::other);
}

TEST(Field, ValuesThatWouldSplitAHeadAreRefused) {
  EXPECT_TRUE(is_field_value("a b\tc\xc3\xa9"));
  EXPECT_FALSE(is_field_value("a\r\nb: c"));
  EXPECT_FALSE(is_field_value(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_field_name("x-ms-meta-a_b"));
  EXPECT_FALSE(is_field_name("a b"));
  EXPECT_FALSE(is_field_name(""));
}

}  // namespace
}  // namespace aloft::http
