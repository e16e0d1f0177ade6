// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/session.h"

namespace aloft::transfer {

void Session::failed(std::string name, Error error) {
  if (error.code == ErrorCode::cancelled && limits.stop.stop_requested()) return;
  report.lock()->failures.push_back({.name = std::move(name), .error = std::move(error)});
}

void Session::copied(FileKind kind, std::uint64_t size_bytes) {
  auto counts = report.lock();
  if (kind == FileKind::directory) {
    ++counts->directories;
  } else if (kind == FileKind::symlink) {
    ++counts->symlinks;
  } else {
    ++counts->files;
    counts->bytes += size_bytes;
    ++progress.files_done;
  }
}

Error kept_changing(const std::string& shown) {
  return {.code = ErrorCode::precondition_failed,
          .message = shown + " changed each of the " + std::to_string(kAttemptsMax) +
                     " times that it was copied; copy it when nothing writes to it"};
}

}  // namespace aloft::transfer
