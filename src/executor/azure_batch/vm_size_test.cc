// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/vm_size.h"

#include <gtest/gtest.h>

namespace aloft::executor {
namespace {

TEST(VmSize, NamesItsCores) {
  const std::pair<const char*, std::uint32_t> cases[] = {{"Standard_D2s_v3", 2},
                                                         {"standard_d32s_v5", 32},
                                                         {"Standard_D48as_v5", 48},
                                                         {"Standard_E2bds_v5", 2},
                                                         {"Standard_F72s_v2", 72},
                                                         {"Standard_HB120rs_v3", 120},
                                                         {"Standard_HC44rs", 44},
                                                         {"Standard_HX176rs", 176},
                                                         {"Standard_NC24ads_A100_v4", 24},
                                                         {"Standard_ND96amsr_A100_v4", 96},
                                                         {"Standard_M64-16ms", 16},
                                                         {"Standard_A1_v2", 1},
                                                         {"Standard_A3", 4},
                                                         {"Standard_D3_v2", 4},
                                                         {"Standard_DS14", 16},
                                                         {"Standard_G5", 32},
                                                         {"Standard_B1ls", 1}};
  for (const auto& [size, cores] : cases) EXPECT_EQ(cores_of_size(size), cores) << size;
}

TEST(VmSize, GuessesNothing) {
  for (const char* size : {"", "D2s_v3", "Standard_", "Standard_D", "Standard_2", "Standard_D6",
                           "Standard_M64-ms", "Standard_D0s_v5"}) {
    EXPECT_EQ(cores_of_size(size), std::nullopt) << size;
  }
}

TEST(VmSize, TellsWhoHasGpus) {
  EXPECT_TRUE(has_gpus("Standard_NC24ads_A100_v4"));
  EXPECT_FALSE(has_gpus("Standard_D2s_v3"));
}

}  // namespace
}  // namespace aloft::executor
