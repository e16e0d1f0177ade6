// SPDX-License-Identifier: Apache-2.0
#include "emulator/identity/identity_server.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/fake_clock.h"
#include "emulator/wire/query.h"
#include "http/client.h"

namespace aloft::emulator::identity {
namespace {

constexpr const char* kStorageQuery =
    "?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F";

/// The value of a form's field.
std::string encoded(std::string_view text) {
  return percent_encode(text, false);
}

class IdentityServerTest : public testing::Test {
 protected:
  IdentityServerTest() {
    for (const auto& [name, value] : server_->environment()) environment_[name] = value;
    for (const auto& [name, value] : server_->service_principal()) principal_[name] = value;
  }
  /// By the protocol of the metadata service.
  http::Answer ask(const std::string& query, const http::Headers& headers = {{"Metadata", "true"}},
                   http::Method method = http::Method::get) {
    return send(environment_["AZURE_POD_IDENTITY_AUTHORITY_HOST"] +
                    "/metadata/identity/oauth2/token" + query,
                headers, method);
  }
  http::Answer send(const std::string& text, const http::Headers& headers,
                    http::Method method = http::Method::get) {
    const http::Url url = http::parse_url(text).value();
    http::Exchange exchange;
    exchange.endpoint = url.endpoint;
    exchange.method = method;
    exchange.target = url.path + (url.query.empty() ? "" : "?" + url.query);
    exchange.headers = headers;
    EXPECT_TRUE(http::Client().perform(exchange, Limits::within(std::chrono::seconds(20))));
    return exchange.answer;
  }
  static std::string refusal(const http::Answer& answer) {
    const auto document = nlohmann::json::parse(answer.text);
    return std::to_string(answer.status) + " " + document["error"].get<std::string>() + ": " +
           document["error_description"].get<std::string>();
  }

  /// By the client credentials flow of Entra ID, with other fields than usual where given.
  http::Answer ask_as_application(std::map<std::string, std::string> changed = {},
                                  const std::string& tenant = std::string(kTenantId)) {
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{"grant_type", "client_credentials"},
                                            {"client_id", std::string(kClientId)},
                                            {"client_secret", principal_["client_secret"]},
                                            {"scope", "https://storage.azure.com/.default"}}) {
      changed.emplace(name, value);
    }
    std::string form;
    for (const auto& [name, value] : changed) form += name + "=" + encoded(value) + "&";
    form.pop_back();
    const http::Url url =
        http::parse_url(principal_["authority_host"] + "/" + tenant + "/oauth2/v2.0/token").value();
    http::Exchange exchange;
    exchange.endpoint = url.endpoint;
    exchange.method = http::Method::post;
    exchange.target = url.path;
    exchange.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    exchange.body = std::as_bytes(std::span(form));
    EXPECT_TRUE(http::Client().perform(exchange, Limits::within(std::chrono::seconds(20))));
    return exchange.answer;
  }

  FakeClock clock_;
  TokenIssuer issuer_{clock_};
  std::unique_ptr<IdentityServer> server_ = IdentityServer::start(issuer_).value();
  std::map<std::string, std::string> environment_;
  std::map<std::string, std::string> principal_;
};

TEST_F(IdentityServerTest, GivesATokenAsTheMetadataServiceDoes) {
  const http::Answer answer = ask(kStorageQuery);
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/json; charset=utf-8");
  const auto document = nlohmann::json::parse(answer.text);
  EXPECT_EQ(document["token_type"], "Bearer");
  EXPECT_EQ(document["resource"], "https://storage.azure.com/");
  EXPECT_EQ(document["expires_in"], "86400");
  EXPECT_EQ(std::stoll(document["expires_on"].get<std::string>()) -
                std::stoll(document["not_before"].get<std::string>()),
            86400);
  EXPECT_EQ(issuer_.verify(document["access_token"].get<std::string>(), kStorageAudience),
            TokenIssuer::Verdict::valid);
}

TEST_F(IdentityServerTest, GivesATokenAsAppServiceDoes) {
  const std::string url = environment_["IDENTITY_ENDPOINT"] +
                          "?api-version=2019-08-01&resource=https://storage.azure.com";
  const http::Answer answer = send(url, {{"X-IDENTITY-HEADER", environment_["IDENTITY_HEADER"]}});
  ASSERT_EQ(answer.status, 200) << answer.text;
  const auto document = nlohmann::json::parse(answer.text);
  EXPECT_EQ(issuer_.verify(document["access_token"].get<std::string>(), kStorageAudience),
            TokenIssuer::Verdict::valid);
  EXPECT_EQ(send(url, {{"X-IDENTITY-HEADER", "guess"}}).status, 401);
  EXPECT_EQ(send(url, {}).status, 401);
}

TEST_F(IdentityServerTest, HidesFromWhoeverDoesNotKnowTheSecret) {
  const std::string host = environment_["AZURE_POD_IDENTITY_AUTHORITY_HOST"];
  const std::string bare = host.substr(0, host.rfind('/'));
  const http::Headers metadata{{"Metadata", "true"}};
  const std::string path = std::string("/metadata/identity/oauth2/token") + kStorageQuery;
  EXPECT_EQ(send(bare + path, metadata).status, 404);
  EXPECT_EQ(send(bare + "/guess" + path, metadata).status, 404);
}

TEST_F(IdentityServerTest, KnowsItsOneIdentityByAllItsNames) {
  const std::string query = kStorageQuery;
  EXPECT_EQ(ask(query + "&client_id=" + std::string(kClientId)).status, 200);
  EXPECT_EQ(ask(query + "&object_id=" + std::string(kPrincipalId)).status, 200);
  EXPECT_EQ(ask(query + "&msi_res_id=" + std::string(kResourceId)).status, 200);
  EXPECT_EQ(refusal(ask(query + "&client_id=other")), "400 invalid_request: Identity not found");
}

TEST_F(IdentityServerTest, RefusesAsTheMetadataServiceDoes) {
  EXPECT_EQ(refusal(ask(kStorageQuery, {})),
            "400 invalid_request: Required metadata header not specified");
  EXPECT_EQ(refusal(ask(kStorageQuery, {{"Metadata", "true"}, {"X-Forwarded-For", "10.0.0.1"}})),
            "400 invalid_request: The X-Forwarded-For header is not allowed");
  EXPECT_EQ(refusal(ask("?resource=https://storage.azure.com")),
            "400 invalid_request: Required query variable 'api-version' not specified");
  EXPECT_EQ(ask("?api-version=2017-01-01&resource=https://storage.azure.com").status, 400);
  EXPECT_EQ(refusal(ask("?api-version=2018-02-01")),
            "400 invalid_request: Required query variable 'resource' is missing");
  EXPECT_EQ(ask("?api-version=2018-02-01&resource=%zz").status, 400);
  EXPECT_EQ(ask(kStorageQuery, {{"Metadata", "true"}}, http::Method::post).status, 405);
}

TEST_F(IdentityServerTest, GivesAnApplicationATokenForItsSecret) {
  const http::Answer answer = ask_as_application();
  ASSERT_EQ(answer.status, 200) << answer.text;
  const auto document = nlohmann::json::parse(answer.text);
  EXPECT_EQ(document["token_type"], "Bearer");
  EXPECT_EQ(document["expires_in"], 86400);
  EXPECT_EQ(issuer_.verify(document["access_token"].get<std::string>(), kStorageAudience),
            TokenIssuer::Verdict::valid);
}

TEST_F(IdentityServerTest, RefusesApplicationsAsEntraIdDoes) {
  const auto refused = [this](std::map<std::string, std::string> changed) {
    const http::Answer answer = ask_as_application(std::move(changed));
    const auto document = nlohmann::json::parse(answer.text);
    return std::to_string(answer.status) + " " + document["error"].get<std::string>() + " " +
           std::to_string(document["error_codes"][0].get<int>());
  };
  EXPECT_EQ(refused({{"client_secret", "guess"}}), "401 invalid_client 7000215");
  EXPECT_EQ(refused({{"client_assertion", "a.b.c"}}), "401 invalid_client 700027");
  EXPECT_EQ(refused({{"client_id", "other"}}), "400 unauthorized_client 700016");
  EXPECT_EQ(refused({{"grant_type", "password"}}), "400 unsupported_grant_type 70003");
  EXPECT_EQ(refused({{"scope", "https://storage.azure.com"}}), "400 invalid_scope 1002012");
  EXPECT_EQ(refused({{"scope", "https://example.com/.default"}}), "400 invalid_resource 500011");
  EXPECT_EQ(ask_as_application({}, "another-tenant").status, 404);
}

TEST_F(IdentityServerTest, SaysWhereItsTokenEndpointIs) {
  const std::string host = principal_["authority_host"];
  const http::Answer answer =
      send(host + "/" + std::string(kTenantId) + "/v2.0/.well-known/openid-configuration", {});
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(nlohmann::json::parse(answer.text)["token_endpoint"],
            host + "/" + std::string(kTenantId) + "/oauth2/v2.0/token");
}

TEST_F(IdentityServerTest, RefusesAResourceThatItDoesNotKnow) {
  EXPECT_TRUE(refusal(ask("?api-version=2018-02-01&resource=https://example.com"))
                  .starts_with("400 invalid_resource: AADSTS500011"));
}

}  // namespace
}  // namespace aloft::emulator::identity
