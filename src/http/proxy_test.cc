// SPDX-License-Identifier: Apache-2.0
// Which ways a connection takes where the environment names proxies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "http/client.h"
#include "http/fake_server.h"

namespace aloft::http {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProxyTest : public testing::Test {
 protected:
  ~ProxyTest() override {
    for (const char* name : {"http_proxy", "no_proxy"}) ::unsetenv(name);
  }
  Result<void> get(ClientOptions options) {
    Exchange exchange;
    exchange.endpoint = server_.endpoint();
    return Client(std::move(options)).perform(exchange, Limits::within(std::chrono::seconds(10)));
  }
  FakeServer server_{[](FakeConnection& connection, int) {
    connection.read_request();
    connection.answer("here");
  }};
};

TEST_F(ProxyTest, ReachesThisMachineWithoutAProxyUnlessAskedTo) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  EXPECT_TRUE(get({}));
  EXPECT_FALSE(get({.use_proxies_for_loopback = true})) << "the proxy does not exist";
}

TEST_F(ProxyTest, GoesAroundProxiesWhereToldSo) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  EXPECT_TRUE(get({.use_proxies = false, .use_proxies_for_loopback = true}));
}

TEST_F(ProxyTest, RefusesAProxyThatWantsTlsItself) {
  ::setenv("http_proxy", "HTTPS://user:S3cret@127.0.0.1:1", 1);
  const auto refused = get({.use_proxies_for_loopback = true});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
  EXPECT_THAT(refused.error().message, HasSubstr("http://HOST:PORT"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("S3cret")));
  ::setenv("no_proxy", "127.0.0.1", 1);
  EXPECT_TRUE(get({.use_proxies_for_loopback = true}));
}

}  // namespace
}  // namespace aloft::http
