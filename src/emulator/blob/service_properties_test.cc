// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/service_properties.h"

#include <gtest/gtest.h>

#include "emulator/blob/service_fixture_fake.h"

namespace aloft::emulator::blob {
namespace {

constexpr const char* kCors =
    "<StorageServiceProperties><Cors><CorsRule>"
    "<AllowedOrigins>https://a.example,https://*.b.example</AllowedOrigins>"
    "<AllowedMethods>GET,PUT</AllowedMethods><AllowedHeaders>x-ms-meta-*, content-type"
    "</AllowedHeaders><ExposedHeaders>x-ms-*</ExposedHeaders><MaxAgeInSeconds>60"
    "</MaxAgeInSeconds></CorsRule></Cors></StorageServiceProperties>";
constexpr const char* kDeleteRetention =
    "<StorageServiceProperties><DeleteRetentionPolicy><Enabled>true</Enabled><Days>7</Days>"
    "</DeleteRetentionPolicy></StorageServiceProperties>";

TEST(ServiceProperties, WhatADocumentDoesNotNameStays) {
  auto properties = parse_service_properties(kCors, {}).value();
  properties = parse_service_properties(kDeleteRetention, properties).value();
  EXPECT_EQ(properties.cors.size(), 1u);
  EXPECT_EQ(properties.delete_retention.days, 7u);
}

TEST(ServiceProperties, ComeBackFromTheirDocument) {
  auto properties = parse_service_properties(kCors, {}).value();
  properties.logging = {.reads = true, .retention = {.enabled = true, .days = 3}};
  properties.hour_metrics = {.enabled = true, .includes_apis = true};
  properties.default_version = "2021-12-02";
  properties.static_website = {.enabled = true, .index_document = "index.html"};
  const std::string document = service_properties_document(properties);
  const auto again = parse_service_properties(document, {});
  ASSERT_TRUE(again);
  EXPECT_EQ(service_properties_document(*again), document);
}

TEST(ServiceProperties, RefusesWhatAzureRefuses) {
  const auto code = [](const std::string& elements) {
    const auto parsed = parse_service_properties(
        "<StorageServiceProperties>" + elements + "</StorageServiceProperties>", {});
    return parsed ? "" : parsed.error().code;
  };
  EXPECT_EQ(code("<Unknown/>"), "InvalidXmlDocument");
  EXPECT_EQ(code("<DeleteRetentionPolicy><Enabled>true</Enabled></DeleteRetentionPolicy>"),
            "InvalidXmlDocument");
  for (const char* days : {"0", "366", "-1", "x", ""}) {
    EXPECT_EQ(code(std::string("<DeleteRetentionPolicy><Enabled>true</Enabled><Days>") + days +
                   "</Days></DeleteRetentionPolicy>"),
              "InvalidXmlNodeValue")
        << days;
  }
  EXPECT_EQ(code("<DefaultServiceVersion>1999-01-01</DefaultServiceVersion>"),
            "InvalidXmlNodeValue");
  std::string rules;
  for (int i = 0; i < 6; ++i) {
    rules +=
        "<CorsRule><AllowedOrigins>*</AllowedOrigins><AllowedMethods>GET</AllowedMethods>"
        "<AllowedHeaders/><ExposedHeaders/><MaxAgeInSeconds>1</MaxAgeInSeconds></CorsRule>";
  }
  EXPECT_EQ(code("<Cors>" + rules + "</Cors>"), "InvalidXmlDocument");
  EXPECT_FALSE(parse_service_properties("<Other/>", {}));
  EXPECT_FALSE(parse_service_properties("no xml", {}));
}

class CorsTest : public testing::Test, protected ServiceInMemory {
 protected:
  CorsTest() {
    EXPECT_EQ(client_.request("PUT", "?restype=service&comp=properties", {}, kCors).status, 202);
    EXPECT_EQ(client_.request("PUT", "box?restype=container").status, 201);
  }
  FakeAnswer preflight(const char* origin, const char* method, const char* headers = "") {
    FakeBody body("");
    http::Request request{.body = body};
    request.method = http::Method::options;
    request.target = "/acc/box/a";
    request.headers = {{"Origin", origin},
                       {"Access-Control-Request-Method", method},
                       {"Access-Control-Request-Headers", headers}};
    http::Response response = service_.handle(request);
    return {.status = response.status,
            .code = std::string(response.headers.get("x-ms-error-code")),
            .headers = std::move(response.headers)};
  }
};

TEST_F(CorsTest, ABrowserMayAskForWhatARuleAllows) {
  const FakeAnswer answer = preflight("https://a.example", "PUT", "X-Ms-Meta-A,Content-Type");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.get("Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(answer.headers.get("Access-Control-Max-Age"), "60");
  EXPECT_EQ(preflight("https://x.b.example", "GET").status, 200);
  EXPECT_EQ(preflight("https://c.example", "GET").code, "CorsPreflightFailure");
  EXPECT_EQ(preflight("https://a.example", "DELETE").code, "CorsPreflightFailure");
  EXPECT_EQ(preflight("https://a.example", "PUT", "x-other").code, "CorsPreflightFailure");
  EXPECT_EQ(preflight("", "PUT").code, "MissingRequiredHeader");
}

TEST_F(CorsTest, AnswersSayWhoMayReadThem) {
  const auto get = [&](const char* origin) {
    return client_.request("GET", "box?restype=container", {{"Origin", origin}}).headers;
  };
  EXPECT_EQ(get("https://a.example").get("Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(get("https://a.example").get("Access-Control-Expose-Headers"), "x-ms-*");
  EXPECT_EQ(get("https://a.example").get("Vary"), "Origin");
  EXPECT_FALSE(get("https://c.example").contains("Access-Control-Allow-Origin"));
  EXPECT_FALSE(client_.request("GET", "box?restype=container").headers.contains("Vary"));
}

TEST_F(CorsTest, TheReplicaKnowsHowFarItLagsAndOnlyReads) {
  EXPECT_EQ(client_.request("GET", "?restype=service&comp=stats").code,
            "InvalidQueryParameterValue");
  FakeClient replica(service_, clock_, "/acc-secondary/");
  const FakeAnswer stats = replica.request("GET", "?restype=service&comp=stats");
  EXPECT_EQ(stats.status, 200);
  EXPECT_NE(stats.body.find("<Status>live</Status>"), std::string::npos) << stats.body;
  EXPECT_EQ(replica.request("GET", "box?restype=container").status, 200);
  EXPECT_EQ(replica.request("PUT", "new?restype=container").code, "InsufficientAccountPermissions");
}

}  // namespace
}  // namespace aloft::emulator::blob
