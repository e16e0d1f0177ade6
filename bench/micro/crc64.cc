// SPDX-License-Identifier: Apache-2.0
// How many GiB of one buffer each implementation of CRC64-NVME checks per second of CPU time: 64
// KiB, as it comes from a socket, and 8 MiB, a part.
#include <cstdio>
#include <vector>

#include "checksum/internal/crc64_kernels.h"
#include "measure.h"

namespace {

using namespace aloft;
using checksum::internal::Kernel;

constexpr int kRounds = 11;
constexpr std::size_t kBytesPerRound = 512u << 20;

const char* name_of(Kernel kernel) {
  switch (kernel) {
    case Kernel::table:
      return "table";
    case Kernel::clmul:
      return "PCLMULQDQ";
    case Kernel::vclmul:
      return "VPCLMULQDQ, AVX-512";
  }
  return "";
}

double gib_per_second(Kernel kernel, std::span<const std::byte> buffer) {
  std::uint64_t remainder = 0;
  const double before = bench::cpu_seconds();
  std::size_t done = 0;
  for (; done < kBytesPerRound; done += buffer.size()) {
    remainder = checksum::internal::update(kernel, remainder, buffer);
  }
  const double seconds = bench::cpu_seconds() - before;
  bench::keep(remainder);
  return static_cast<double>(done) / static_cast<double>(1u << 30) / seconds;
}

}  // namespace

int main() {
  std::printf("CRC64-NVME in GiB per second of CPU time, medians [min-max] of %d rounds\n",
              kRounds);
  for (const std::size_t size : {64u << 10, 8u << 20}) {
    const std::vector<std::byte> buffer(size, std::byte{0x5a});
    for (const Kernel kernel : checksum::internal::kKernels) {
      if (!checksum::internal::is_supported(kernel)) continue;
      std::vector<double> rates;
      for (int round = 0; round < kRounds; ++round) rates.push_back(gib_per_second(kernel, buffer));
      std::printf("%5zu KiB  %-20s %s\n", size >> 10, name_of(kernel),
                  bench::spread(rates).c_str());
    }
  }
  return 0;
}
