// SPDX-License-Identifier: Apache-2.0
#include "http/loopback.h"

#include <gtest/gtest.h>

namespace aloft::http {
namespace {

TEST(Loopback, IsThisMachine) {
  for (const char* host : {"localhost", "127.0.0.1", "127.9.8.7", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
}

TEST(Loopback, IsNoNameThatBeginsLikeOne) {
  for (const char* host : {"127.evil.example", "127.0.0.1.example", "localhost.example", "127.1",
                           "128.0.0.1", "10.0.0.1", "::2", ""}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace aloft::http
