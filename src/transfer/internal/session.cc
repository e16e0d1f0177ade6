// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/session.h"

#include <utility>

namespace aloft::transfer {

void Session::failed(std::string name, Error error) {
  if (error.code == ErrorCode::cancelled && limits.stop.stop_requested()) return;
  report.lock()->failures.push_back({.name = std::move(name), .error = std::move(error)});
}

std::shared_ptr<Journal::Claim> Session::claim(const JournalKey& key) {
  // A journal that failed once would fail, or wait, for every file.
  if (options.journal == nullptr || report.lock()->journal_failure) return nullptr;
  auto claim = options.journal->claim(key);
  if (!claim) {
    note(fail(std::move(claim).error()));
    return nullptr;
  }
  return *claim ? std::make_shared<Journal::Claim>(std::move(**claim)) : nullptr;
}

void Session::keep_completed(std::shared_ptr<Journal::Claim> claim) {
  if (claim) completed.lock()->push_back(std::move(claim));
}

void Session::forget_completed() {
  if (!report.lock()->failures.empty()) return;
  const auto claims = std::exchange(*completed.lock(), {});
  for (const auto& claim : claims) note(claim->forget());
}

void Session::note(Result<void> journal_result) {
  if (journal_result) return;
  auto counts = report.lock();
  if (!counts->journal_failure) counts->journal_failure = std::move(journal_result).error();
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
