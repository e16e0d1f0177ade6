// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/authentication.h"

#include <gtest/gtest.h>

#include <map>

#include "base/fake_clock.h"
#include "emulator/blob/sas.h"
#include "emulator/blob/shared_key.h"
#include "emulator/blob/user_delegation.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {
namespace {

class NoBody final : public http::RequestBody {
 public:
  std::optional<std::uint64_t> length_bytes() const override { return 0; }
  Result<std::size_t> read(std::span<std::byte>) override { return 0; }
};

const Account kAccount{.name = "acc", .key = "a secret"};
const Seconds kNow = *parse_http_date("Sat, 21 Nov 2026 12:00:00 GMT");
constexpr Access kRead{.on = Access::On::object, .permissions = "r"};

std::string text(const Outcome<Authority>& outcome) {
  if (outcome) return "ok";
  return std::to_string(outcome.error().status) + " " + outcome.error().code;
}

TEST(SharedKey, StringIsThatOfTheDocumentation) {
  // The example of "Authorize with Shared Key", with the account in the path as emulators have it.
  const http::Headers headers{{"x-ms-version", "2015-02-21"},
                              {"X-Ms-Date", "Fri, 26 Jun 2015 23:39:12 GMT"},
                              {"Content-Length", "0"},
                              {"Date", "ignored beside x-ms-date"}};
  const Target target =
      parse_target("/myaccount/mycontainer?restype=container&comp=metadata&timeout=20").value();
  EXPECT_EQ(shared_key_string(http::Method::get, headers, target),
            "GET\n\n\n\n\n\n\n\n\n\n\n\n"
            "x-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
            "/myaccount/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20");
}

TEST(SharedKey, StringHasStandardFieldsInTheirOrderAndTrimmedValues) {
  const http::Headers headers{{"Content-Type", "text/plain"},
                              {"Content-Length", "11"},
                              {"Range", "bytes=0-1"},
                              {"If-Match", "\"0x1\""},
                              {"x-ms-meta-b", "  a   b "},
                              {"x-ms-meta-A", "1"},
                              {"Date", "today"}};
  const Target target = parse_target("/acc/box/a%20b?b=2&a=1&b=1").value();
  EXPECT_EQ(shared_key_string(http::Method::put, headers, target),
            "PUT\n\n\n11\n\ntext/plain\ntoday\n\n\"0x1\"\n\n\nbytes=0-1\n"
            "x-ms-meta-a:1\nx-ms-meta-b:a   b\n/acc/acc/box/a%20b\na:1\nb:1,2");
}

TEST(SharedKey, SortsFieldsAsTheServiceCollates) {
  EXPECT_TRUE(signed_before("x-ms-meta-a_b", "x-ms-meta-a1"));
  EXPECT_TRUE(signed_before("x-ms-meta-a1", "x-ms-meta-aa"));
  EXPECT_TRUE(signed_before("x-ms-blob-type", "x-ms-date"));
  EXPECT_TRUE(signed_before("x-ms-date", "x-ms-date-x"));
  EXPECT_TRUE(signed_before("x-ms-copy-source", "x-ms-copy-source-authorization"));
  EXPECT_TRUE(signed_before("x-ms-metab", "x-ms-meta-b")) << "hyphens break ties only";
  EXPECT_FALSE(signed_before("x-ms-a", "x-ms-a"));
}

class SharedKeyTest : public testing::Test {
 protected:
  std::string authenticate_at(const std::string& date, const Account& signer = kAccount) {
    request_.method = http::Method::get;
    request_.headers = {{"x-ms-date", date}, {"x-ms-version", "2021-12-02"}};
    const Target target = parse_target("/acc/box/blob").value();
    const std::string signature = base64_encode(
        hmac_sha256(signer.key, shared_key_string(request_.method, request_.headers, target)));
    request_.headers.add("Authorization", "SharedKey " + signer.name + ":" + signature);
    return text(authenticate(kAccount, request_, target, kRead, kNow));
  }
  NoBody body_;
  http::Request request_{.body = body_};
};

TEST_F(SharedKeyTest, IsAcceptedWithinFifteenMinutes) {
  EXPECT_EQ(authenticate_at("Sat, 21 Nov 2026 12:00:00 GMT"), "ok");
  EXPECT_EQ(authenticate_at("Sat, 21 Nov 2026 11:45:00 GMT"), "ok");
  EXPECT_EQ(authenticate_at("Sat, 21 Nov 2026 12:15:00 GMT"), "ok");
  EXPECT_EQ(authenticate_at("Sat, 21 Nov 2026 11:44:59 GMT"), "403 AuthenticationFailed");
  EXPECT_EQ(authenticate_at("Sat, 21 Nov 2026 12:15:01 GMT"), "403 AuthenticationFailed");
  EXPECT_EQ(authenticate_at("now"), "403 AuthenticationFailed");
}

TEST_F(SharedKeyTest, IsRefusedWithAnotherKeyOrAccount) {
  EXPECT_EQ(authenticate_at("Sat, 21 Nov 2026 12:00:00 GMT", {.name = "acc", .key = "other"}),
            "403 AuthenticationFailed");
  EXPECT_EQ(authenticate_at("Sat, 21 Nov 2026 12:00:00 GMT", {.name = "other", .key = "a secret"}),
            "403 AuthenticationFailed");
}

TEST_F(SharedKeyTest, OtherSchemesAreRefused) {
  const Target target = parse_target("/acc/box/blob").value();
  const auto with = [&](const char* authorization) {
    request_.headers = {{"Authorization", authorization}, {"x-ms-version", "2021-12-02"}};
    return text(authenticate(kAccount, request_, target, kRead, kNow));
  };
  EXPECT_EQ(with("SharedKeyLite acc:abc"), "403 AuthenticationFailed");
  EXPECT_EQ(with("Bearer token"), "403 AuthenticationFailed") << "nobody issues tokens here";
  EXPECT_EQ(with("SharedKey nothing"), "400 InvalidAuthenticationInfo");
  request_.headers = {};
  const auto without = authenticate(kAccount, request_, target, kRead, kNow);
  EXPECT_EQ(text(without), "401 NoAuthenticationInformation");
  EXPECT_EQ(without.error().headers.front().first, "WWW-Authenticate");
  EXPECT_EQ(without.error().headers.front().second.substr(0, 25), "Bearer authorization_uri=");
}

class BearerTest : public testing::Test {
 protected:
  std::string authenticate_with(const std::string& token) {
    const Target target = parse_target("/acc/box/blob").value();
    request_.headers = {{"Authorization", "Bearer " + token}, {"x-ms-version", "2021-12-02"}};
    const auto outcome = authenticate(account_, request_, target, kRead, kNow);
    EXPECT_EQ(outcome ? "" : outcome.error().headers.front().first,
              outcome ? "" : "WWW-Authenticate");
    return text(outcome);
  }
  FakeClock clock_;
  const identity::TokenIssuer issuer_{clock_};
  const Account account_{.name = "acc", .key = "a secret", .tokens = &issuer_};
  NoBody body_;
  http::Request request_{.body = body_};
};

TEST_F(BearerTest, OpensTheAccount) {
  EXPECT_EQ(authenticate_with(issuer_.issue("https://storage.azure.com").text), "ok");
  EXPECT_EQ(authenticate_with(issuer_.issue("https://storage.azure.com/").text), "ok");
}

TEST_F(BearerTest, IsRefusedSoThatTheClientGetsAnother) {
  EXPECT_EQ(authenticate_with("token"), "401 InvalidAuthenticationInfo");
  EXPECT_EQ(authenticate_with(issuer_.issue("https://management.azure.com").text),
            "401 InvalidAuthenticationInfo");
  const std::string token = issuer_.issue("https://storage.azure.com").text;
  clock_.advance(std::chrono::hours(25));
  EXPECT_EQ(authenticate_with(token), "401 InvalidAuthenticationInfo");
}

/// A SAS of these parameters, signed, for this path; the test may then change the parameters.
class SasTest : public testing::Test {
 protected:
  using Parameters = std::map<std::string, std::string>;
  static Target target_of(const std::string& path, const Parameters& parameters) {
    Target target = parse_target(path).value();
    for (const auto& [name, value] : parameters) target.query.add(name, value);
    return target;
  }
  static std::string check(const std::string& path, Parameters parameters,
                           const Access& access = kRead, const Parameters& changed_after = {},
                           bool over_tls = false) {
    const Target unsigned_target = target_of(path, parameters);
    const std::string to_sign = parameters.contains("srt")
                                    ? account_sas_string("acc", unsigned_target.query)
                                    : service_sas_string("acc", unsigned_target);
    parameters["sig"] = base64_encode(hmac_sha256(kAccount.key, to_sign));
    for (const auto& [name, value] : changed_after) parameters[name] = value;
    return text(authenticate_sas(kAccount, target_of(path, parameters), access,
                                 {.address = "127.0.0.1", .headers = {}, .over_tls = over_tls},
                                 kNow));
  }
  static Parameters with(Parameters parameters, const Parameters& more) {
    for (const auto& [name, value] : more) parameters[name] = value;
    return parameters;
  }
  const Parameters account_{{"sv", "2021-12-02"},
                            {"ss", "b"},
                            {"srt", "co"},
                            {"sp", "rl"},
                            {"se", "2026-11-21T13:00:00Z"}};
  const Parameters service_{
      {"sv", "2021-12-02"}, {"sr", "b"}, {"sp", "r"}, {"se", "2026-11-21T13:00:00Z"}};
};

TEST_F(SasTest, StringsAreThoseOfTheDocumentation) {
  EXPECT_EQ(account_sas_string("acc", target_of("/acc", account_).query),
            "acc\nrl\nb\nco\n\n2026-11-21T13:00:00Z\n\n\n2021-12-02\n\n");
  EXPECT_EQ(
      account_sas_string("acc", target_of("/acc", with(account_, {{"sv", "2019-12-12"}})).query),
      "acc\nrl\nb\nco\n\n2026-11-21T13:00:00Z\n\n\n2019-12-12\n");
  EXPECT_EQ(service_sas_string("acc", target_of("/acc/box/a%20b", service_)),
            "r\n\n2026-11-21T13:00:00Z\n/blob/acc/box/a b\n\n\n\n2021-12-02\nb\n\n\n\n\n\n\n");
  EXPECT_EQ(
      service_sas_string(
          "acc", target_of("/acc/box/x", with(service_, {{"sv", "2019-12-12"}, {"sr", "c"}}))),
      "r\n\n2026-11-21T13:00:00Z\n/blob/acc/box\n\n\n\n2019-12-12\nc\n\n\n\n\n\n");
}

TEST_F(SasTest, OfTheAccountIsCheckedInEveryField) {
  EXPECT_EQ(check("/acc/box/a", account_), "ok");
  EXPECT_EQ(check("/acc/box/a", account_, kRead, {{"sp", "rwl"}}), "403 AuthenticationFailed");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"ss", "qt"}})),
            "403 AuthorizationServiceMismatch");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"srt", "sc"}})),
            "403 AuthorizationResourceTypeMismatch");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"sp", "wl"}})),
            "403 AuthorizationPermissionMismatch");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"se", "2026-11-21T12:00:00Z"}})),
            "403 AuthenticationFailed");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"st", "2026-11-21T12:00:01Z"}})),
            "403 AuthenticationFailed");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"st", "2026-11-21"}})), "ok");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"spr", "https"}})),
            "403 AuthorizationProtocolMismatch");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"spr", "https"}}), kRead, {}, true), "ok");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"spr", "https,http"}})), "ok");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"sip", "127.0.0.0-127.0.0.9"}})), "ok");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"sip", "10.0.0.1"}})),
            "403 AuthorizationSourceIPMismatch");
  EXPECT_EQ(check("/acc/box/a", with(account_, {{"sv", "2015-04-05"}})),
            "403 AuthenticationFailed");
}

TEST_F(SasTest, OfABlobOpensThatBlobAlone) {
  EXPECT_EQ(check("/acc/box/a", service_), "ok");
  const Access list{.on = Access::On::container, .permissions = "l", .by_container_sas = true};
  EXPECT_EQ(check("/acc/box/a", service_, {.on = Access::On::object, .permissions = "w"}),
            "403 AuthorizationPermissionMismatch");
  EXPECT_EQ(check("/acc/box", with(service_, {{"sp", "rl"}}), list), "403 AuthorizationFailure");
  EXPECT_EQ(check("/acc/box", with(service_, {{"sp", "rl"}, {"sr", "c"}}), list), "ok");
  EXPECT_EQ(check("/acc/box", with(service_, {{"sp", "rd"}, {"sr", "c"}}),
                  {.on = Access::On::container, .permissions = "d"}),
            "403 AuthorizationFailure");
  EXPECT_EQ(check("/acc/box/a", with(service_, {{"si", "policy"}})), "403 AuthenticationFailed");
}

/// A SAS that a user delegation key signed.
class DelegatedSasTest : public SasTest {
 protected:
  static std::string string_of(const Parameters& parameters, const http::Headers& headers = {}) {
    return user_delegation_sas_string("acc", target_of("/acc/box/x", parameters), {}, headers);
  }

  const Parameters delegated_ = with(service_, {{"skoid", "o"},
                                                {"sktid", "t"},
                                                {"skt", "2026-11-21T11:00:00Z"},
                                                {"ske", "2026-11-21T13:00:00Z"},
                                                {"sks", "b"},
                                                {"skv", "2021-12-02"},
                                                {"saoid", "a"},
                                                {"scid", "c"}});
};

TEST_F(DelegatedSasTest, IsAsOfTheDocumentation) {
  EXPECT_EQ(string_of(delegated_),
            "r\n\n2026-11-21T13:00:00Z\n/blob/acc/box/x\no\nt\n2026-11-21T11:00:00Z\n"
            "2026-11-21T13:00:00Z\nb\n2021-12-02\na\n\nc\n\n\n2021-12-02\nb\n\n\n\n\n\n\n");
  EXPECT_EQ(string_of(with(delegated_, {{"sv", "2019-12-12"}})),
            "r\n\n2026-11-21T13:00:00Z\n/blob/acc/box/x\no\nt\n2026-11-21T11:00:00Z\n"
            "2026-11-21T13:00:00Z\nb\n2021-12-02\n\n\n2019-12-12\nb\n\n\n\n\n\n");
}

TEST_F(DelegatedSasTest, HasTheDelegatedUser) {
  EXPECT_EQ(string_of(with(delegated_, {{"sv", "2025-07-05"}})),
            "r\n\n2026-11-21T13:00:00Z\n/blob/acc/box/x\no\nt\n2026-11-21T11:00:00Z\n"
            "2026-11-21T13:00:00Z\nb\n2021-12-02\na\n\nc\n\n\n\n\n2025-07-05\nb\n\n\n\n\n\n\n");
  EXPECT_EQ(string_of(with(delegated_, {{"sv", "2026-02-06"}, {"skdutid", "ut"}, {"sduoid", "u"}})),
            "r\n\n2026-11-21T13:00:00Z\n/blob/acc/box/x\no\nt\n2026-11-21T11:00:00Z\n"
            "2026-11-21T13:00:00Z\nb\n2021-12-02\na\n\nc\nut\nu\n\n\n2026-02-06\nb\n\n\n\n\n\n\n");
}

TEST_F(DelegatedSasTest, HasFieldsAndParametersOfTheRequest) {
  Parameters dynamic =
      with(delegated_, {{"sv", "2026-04-06"}, {"ses", "scope"}, {"rscc", "cache"}});
  EXPECT_EQ(
      string_of(dynamic),
      "r\n\n2026-11-21T13:00:00Z\n/blob/acc/box/x\no\nt\n2026-11-21T11:00:00Z\n"
      "2026-11-21T13:00:00Z\nb\n2021-12-02\na\n\nc\n\n\n\n\n2026-04-06\nb\n\nscope\n\n\ncache\n"
      "\n\n\n");
  dynamic = with(dynamic, {{"srh", "x-ms-range,Foo"}, {"srq", "Timeout,b"}, {"timeout", "7"}});
  EXPECT_EQ(string_of(dynamic, {{"foo", "bar"}, {"X-Ms-Range", "bytes=0-1"}}),
            "r\n\n2026-11-21T13:00:00Z\n/blob/acc/box/x\no\nt\n2026-11-21T11:00:00Z\n"
            "2026-11-21T13:00:00Z\nb\n2021-12-02\na\n\nc\n\n\n\n\n2026-04-06\nb\n\nscope\n"
            "x-ms-range:bytes=0-1\nFoo:bar\n\n\nTimeout:7\nb:\ncache\n\n\n\n");
}

TEST_F(DelegatedSasTest, OfOneUserIsForWhoHasItsTokenToo) {
  FakeClock clock;
  const identity::TokenIssuer issuer(clock);
  const Account account{.name = "acc", .key = kAccount.key, .tokens = &issuer};
  NoBody body;
  http::Request request{.body = body};
  const auto open = [&](const std::string& user, const std::string& token) {
    Parameters parameters = with(delegated_, {{"sv", "2026-04-06"}, {"sduoid", user}});
    const UserDelegationKey key{.object_id = "o",
                                .tenant_id = "t",
                                .start = "2026-11-21T11:00:00Z",
                                .expiry = "2026-11-21T13:00:00Z",
                                .version = "2021-12-02"};
    parameters["sig"] =
        base64_encode(hmac_sha256(secret_of(key, account.key), string_of(parameters)));
    request.headers = {};
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
    return text(authenticate(account, request, target_of("/acc/box/x", parameters), kRead, kNow));
  };
  const std::string token = issuer.issue("https://storage.azure.com").text;
  const std::string user(identity::kPrincipalId);
  EXPECT_EQ(open(user, token), "ok");
  EXPECT_EQ(open(user, ""), "403 AuthenticationFailed");
  EXPECT_EQ(open("another", token), "403 AuthenticationFailed");
  EXPECT_EQ(open("", ""), "ok");
}

TEST_F(SasTest, ThatCreatesDoesSoFromBlocksInLaterVersions) {
  const Access blocks{.permissions = "w", .permissions_later = "c"};
  const auto may = [&](const char* version, const char* permissions) {
    return check("/acc/box/a", with(service_, {{"sv", version}, {"sp", permissions}}), blocks);
  };
  EXPECT_EQ(may("2026-04-06", "c"), "ok");
  EXPECT_EQ(may("2026-02-06", "c"), "403 AuthorizationPermissionMismatch");
  EXPECT_EQ(may("2026-02-06", "w"), "ok");
  EXPECT_EQ(may("2026-04-06", "r"), "403 AuthorizationPermissionMismatch");
}

TEST_F(SasTest, OfADirectoryOpensWhatIsBelowIt) {
  const Account tree{.name = "acc", .key = kAccount.key, .hierarchical_namespace = true};
  const auto on_container = [](std::string_view within) {
    return Access{.on = Access::On::container,
                  .permissions = "r",
                  .by_container_sas = true,
                  .within = within};
  };
  const Parameters directory = with(service_, {{"sr", "d"}, {"sdd", "2"}});
  EXPECT_NE(service_sas_string("acc", target_of("/acc/box/a/b/c", directory))
                .find("\n/blob/acc/box/a/b\n"),
            std::string::npos);
  const std::string signature = base64_encode(
      hmac_sha256(kAccount.key, service_sas_string("acc", target_of("/acc/box/a/b/c", directory))));
  const auto open = [&](const std::string& path, const Access& access, const Parameters& more) {
    const Target target = target_of(path, with(with(directory, {{"sig", signature}}), more));
    return text(
        authenticate_sas(tree, target, access, {.address = "127.0.0.1", .headers = {}}, kNow));
  };
  EXPECT_EQ(open("/acc/box/a/b/c", kRead, {}), "ok");
  EXPECT_EQ(open("/acc/box/a/b", kRead, {}), "ok");
  EXPECT_EQ(open("/acc/box/a/bb", kRead, {}), "403 AuthenticationFailed");
  EXPECT_EQ(open("/acc/box/a", kRead, {}), "403 AuthenticationFailed");
  const auto list = [&](const char* within, const char* parameter, const char* value) {
    return open("/acc/box", on_container(within), {{parameter, value}});
  };
  EXPECT_EQ(list("directory", "directory", "a/b"), "ok");
  EXPECT_EQ(list("prefix", "prefix", "a/b/x"), "ok");
  EXPECT_EQ(list("prefix", "prefix", "a/b"), "403 AuthenticationFailed");
  EXPECT_EQ(list("prefix", "directory", "a/b"), "403 AuthenticationFailed");
  EXPECT_EQ(list("directory", "prefix", "a/b/"), "403 AuthenticationFailed");
  for (const char* parameter : {"directory", "prefix"}) {
    EXPECT_EQ(list("", parameter, "a/b/"), "403 AuthenticationFailed")
        << "it is about the whole container, whatever is sent beside it";
  }
  EXPECT_EQ(check("/acc/box/a/b/c", directory), "403 AuthenticationFailed")
      << "in a flat namespace there are no directories";
}

TEST_F(SasTest, OfASnapshotHasItsMoment) {
  const Parameters snapshot =
      with(service_, {{"sr", "bs"}, {"snapshot", "2026-11-21T11:00:00.0000000Z"}});
  EXPECT_EQ(check("/acc/box/a", snapshot), "ok");
  EXPECT_EQ(check("/acc/box/a", snapshot, kRead, {{"snapshot", "2026-11-21T12:00:00.0000000Z"}}),
            "403 AuthenticationFailed");
  EXPECT_EQ(check("/acc/box/a", service_, kRead, {{"snapshot", "2026-11-21T12:00:00.0000000Z"}}),
            "ok")
      << "that of a blob opens its snapshots";
}

TEST_F(SasTest, LeavesToThePolicyWhatItDoesNotSay) {
  Container container{.name = "box"};
  container.access_policies.push_back(
      {.id = "p", .expiry = "2026-11-21T13:00:00Z", .permissions = "r"});
  const auto check_with = [&](Parameters parameters) {
    parameters["sig"] = base64_encode(
        hmac_sha256(kAccount.key, service_sas_string("acc", target_of("/acc/box/a", parameters))));
    return text(authenticate_sas(kAccount, target_of("/acc/box/a", parameters), kRead,
                                 {.address = "127.0.0.1", .headers = {}}, kNow, &container));
  };
  const Parameters named{{"sv", "2021-12-02"}, {"sr", "c"}, {"si", "p"}};
  EXPECT_EQ(check_with(named), "ok");
  EXPECT_EQ(check_with(with(named, {{"sp", "rw"}})), "403 AuthenticationFailed") << "in both";
  EXPECT_EQ(check_with(with(named, {{"si", "other"}})), "403 AuthenticationFailed");
  container.access_policies[0].expiry = "2026-11-21T11:00:00Z";
  EXPECT_EQ(check_with(named), "403 AuthenticationFailed") << "it is over";
  container.access_policies[0] = {.id = "p", .expiry = "2026-11-21T13:00:00Z", .permissions = "w"};
  EXPECT_EQ(check_with(named), "403 AuthorizationPermissionMismatch");
}

}  // namespace
}  // namespace aloft::emulator::blob
