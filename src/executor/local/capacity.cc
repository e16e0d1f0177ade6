// SPDX-License-Identifier: Apache-2.0
#include "executor/local/capacity.h"

#include <sched.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <vector>

#include "base/usable_memory.h"

namespace aloft::executor {
namespace {

namespace fs = std::filesystem;

std::uint32_t usable_cpus() {
  // Machines may have more processors than a cpu_set_t has bits.
  for (std::size_t bits = 1024; bits <= (1u << 20); bits *= 2) {
    cpu_set_t* set = CPU_ALLOC(bits);
    const int failed = ::sched_getaffinity(0, CPU_ALLOC_SIZE(bits), set);
    const int count = failed == 0 ? CPU_COUNT_S(CPU_ALLOC_SIZE(bits), set) : 0;
    CPU_FREE(set);
    if (count > 0) return static_cast<std::uint32_t>(count);
  }
  return 1;
}

std::uint32_t nvidia_devices() {
  std::uint32_t count = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/dev", ignored)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view kPrefix = "nvidia";
    if (name.starts_with(kPrefix) && name.size() > kPrefix.size() &&
        std::isdigit(static_cast<unsigned char>(name[kPrefix.size()])) != 0) {
      ++count;
    }
  }
  return count;
}

}  // namespace

Capacity machine_capacity() {
  return {.cpus = usable_cpus(), .memory_bytes = usable_memory_bytes(), .gpus = nvidia_devices()};
}

Capacity needed_by(const workload::Resources& resources, const Capacity& whole) {
  return {.cpus = resources.exclusive ? std::max(whole.cpus, resources.cpus()) : resources.cpus(),
          .memory_bytes = resources.memory_bytes(),
          .gpus = resources.gpus};
}

void Slots::take(const Capacity& need) {
  cpus_taken_ += need.cpus;
  memory_taken_ += need.memory_bytes;
  gpus_taken_ += need.gpus;
  book();
}

void Slots::give_back(const Capacity& need) {
  CHECK(cpus_taken_ >= need.cpus && memory_taken_ >= need.memory_bytes && gpus_taken_ >= need.gpus);
  cpus_taken_ -= need.cpus;
  memory_taken_ -= need.memory_bytes;
  gpus_taken_ -= need.gpus;
  book();
}

void Slots::book() {
  const auto rest = [](std::uint64_t whole, std::uint64_t taken) {
    return whole > taken ? whole - taken : 0;
  };
  left_.cpus = static_cast<std::uint32_t>(rest(whole_.cpus, cpus_taken_));
  left_.memory_bytes = rest(whole_.memory_bytes, memory_taken_);
  left_.gpus = static_cast<std::uint32_t>(rest(whole_.gpus, gpus_taken_));
}

}  // namespace aloft::executor
