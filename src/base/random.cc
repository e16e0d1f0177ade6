// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/error.h"

namespace aloft {
namespace {

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t filled = ::getrandom(bytes.data(), bytes.size(), 0);
      if (filled < 0) {
        CHECK(errno == EINTR);
        continue;
      }
      bytes = bytes.subspan(static_cast<std::size_t>(filled));
    }
  }
};

}  // namespace

std::uint64_t Random::below(std::uint64_t bound) {
  CHECK(bound > 0);
  // The lowest 2^64 mod bound values are dropped, so that every remainder is equally likely.
  const std::uint64_t rejected = (0 - bound) % bound;
  for (;;) {
    std::uint64_t value = 0;
    fill(std::as_writable_bytes(std::span(&value, 1)));
    if (value >= rejected) return value % bound;
  }
}

std::string Random::hex(std::size_t count) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::vector<std::byte> bytes(count);
  fill(bytes);
  std::string text;
  text.reserve(2 * count);
  for (const std::byte byte : bytes) {
    text += kDigits[static_cast<unsigned>(byte) >> 4];
    text += kDigits[static_cast<unsigned>(byte) & 15];
  }
  return text;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace aloft
