// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "backend.h"

namespace {

class StopBackends final : public testing::Environment {
 public:
  void TearDown() override { aloft::conformance::stop_backends(); }
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::AddGlobalTestEnvironment(new StopBackends);  // GoogleTest owns it.
  return RUN_ALL_TESTS();
}
