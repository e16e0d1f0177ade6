// SPDX-License-Identifier: Apache-2.0
#include "emulator/account_key.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"
#include "base/random.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator {

std::string make_account_key() {
  std::string bytes(64, '\0');
  system_random().fill(std::as_writable_bytes(std::span(bytes)));
  return base64_encode(bytes);
}

Result<std::string> load_account_key(const std::string& data_directory) {
  const std::string path = data_directory + "/account.key";
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return fail_os(errno, "cannot look at " + path);
    std::string key = make_account_key();
    TRY(replace_file(path, key + "\n", 0600));
    return key;
  }
  if ((status.st_mode & 077) != 0) {
    return fail(ErrorCode::permission_denied,
                path + " may be read by others: run chmod 600, or remove it for a new key");
  }
  std::string key = TRY(read_file(path, 4096));
  while (key.ends_with('\n')) key.pop_back();
  const auto bytes = base64_decode(key);
  if (!bytes || bytes->size() < 32) {
    return fail(ErrorCode::corrupt, path + " holds no account key: remove it for a new one");
  }
  return key;
}

}  // namespace aloft::emulator
