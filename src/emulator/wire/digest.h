// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aloft::emulator {

std::string base64_encode(std::string_view bytes);
/// Strict: canonical padding, no other characters; nothing where the text is no base64.
std::optional<std::string> base64_decode(std::string_view text);

/// The same for URLs and tokens: with "-" and "_", without padding.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

/// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// Equal in a time that does not tell where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

/// MD5 of bytes that come in parts.
class Md5 {
 public:
  Md5();
  ~Md5();
  void add(std::span<const std::byte> bytes);
  /// 16 bytes; once.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace aloft::emulator
