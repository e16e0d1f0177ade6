// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"

namespace aloft::executor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileName = "aloft-node.tar.gz";
constexpr std::size_t kDigestLength = 64;

bool is_digest(std::string_view text) {
  return text.size() == kDigestLength &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Result<Bundle> find_bundle(const std::string& launcher) {
  const fs::path own = fs::path(launcher).parent_path();
  for (const fs::path& place : {own, own / "../share/aloft"}) {
    const std::string path = (place / kFileName).lexically_normal().string();
    auto digest = read_file(path + ".sha256");
    if (!digest && digest.error().code == ErrorCode::not_found) continue;
    if (!digest) return fail(std::move(digest).error());
    if (digest->ends_with('\n')) digest->pop_back();
    if (!is_digest(*digest)) {
      return fail(ErrorCode::corrupt,
                  fmt::format("{}.sha256 holds no digest; build or install Aloft again", path));
    }
    return Bundle{.digest = std::move(*digest), .path = path};
  }
  return fail(
      ErrorCode::not_found,
      fmt::format("{}, which nodes need, is neither in {} nor in {}; build or install "
                  "Aloft again",
                  kFileName, own.string(), (own / "../share/aloft").lexically_normal().string()));
}

}  // namespace aloft::executor
