// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/content_md5.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/clock.h"
#include "transfer/local_tree.h"

namespace aloft::transfer {

namespace {

constexpr std::uint64_t kReadBytes = 1_MiB;

using Algorithm = std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)>;

// MD5 finds damage here, and protects nothing: so it need not be one that FIPS approves, even where
// that is asked for by default (property queries: property(7ossl)).
Algorithm find_md5() {
  return {EVP_MD_fetch(nullptr, "MD5", "-fips"), EVP_MD_free};
}

class Md5 {
 public:
  Md5() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    const Algorithm md5 = find_md5();
    CHECK(md5 && context_ && EVP_DigestInit_ex(context_.get(), md5.get(), nullptr) == 1);
  }
  void add(std::span<const std::byte> bytes) {
    CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  std::string base64() {
    std::array<unsigned char, 16> digest{};
    CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    std::array<unsigned char, 25> text{};  // Ends with a NUL.
    const int length = EVP_EncodeBlock(text.data(), digest.data(), digest.size());
    return {text.begin(), text.begin() + length};
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

Result<void> check_md5() {
  if (find_md5()) return {};
  return fail(ErrorCode::unsupported,
              "OpenSSL on this machine has no MD5 (it may be in FIPS mode without its default "
              "provider); copy without --md5");
}

std::string content_md5(std::span<const std::byte> content) {
  Md5 md5;
  md5.add(content);
  return md5.base64();
}

Result<std::string> content_md5(Session& session, int file, std::uint64_t size_bytes,
                                const std::string& shown) {
  const auto buffer =
      TRY(session.memory.acquire(std::min(kReadBytes, size_bytes), session.limits.stop));
  Md5 md5;
  for (std::uint64_t offset = 0; offset < size_bytes;) {
    TRY(session.limits.check(system_clock(), "the copy"));
    const auto piece = buffer.bytes().first(std::min(kReadBytes, size_bytes - offset));
    TRY(read_exactly(file, offset, piece, shown));
    md5.add(piece);
    offset += piece.size();
  }
  return md5.base64();
}

Result<void> check_content_md5(std::string_view recorded, std::string_view computed,
                               const std::string& shown) {
  if (recorded == computed) return {};
  return fail(ErrorCode::corrupt,
              fmt::format("{} is recorded with the MD5 {}, but that of its bytes is {}; write it "
                          "again, or copy it without --md5 to look at it",
                          shown, recorded, computed));
}

}  // namespace aloft::transfer
