// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/copy_state.h"

#include <algorithm>

namespace aloft::emulator::blob {

namespace {

std::uint64_t bytes_done(const CopyState& copy, Seconds now) {
  if (copy.status == CopyState::Status::success) return copy.size_bytes;
  if (copy.status != CopyState::Status::pending || now <= copy.begun_at) return 0;
  const auto whole = static_cast<double>((copy.completed_at - copy.begun_at).count());
  const auto passed = static_cast<double>((now - copy.begun_at).count());
  const double share = std::min(1.0, passed / std::max(1.0, whole));
  return static_cast<std::uint64_t>(share * static_cast<double>(copy.size_bytes));
}

}  // namespace

std::string_view name_of(CopyState::Status status) {
  switch (status) {
    case CopyState::Status::pending:
      return "pending";
    case CopyState::Status::aborted:
      return "aborted";
    case CopyState::Status::failed:
      return "failed";
    case CopyState::Status::success:
      break;
  }
  return "success";
}

std::string progress_of(const CopyState& copy, Seconds now) {
  return std::to_string(bytes_done(copy, now)) + "/" + std::to_string(copy.size_bytes);
}

std::string_view description_of(const CopyState& copy) {
  if (copy.status != CopyState::Status::failed) return {};
  return "500 InternalError \"The emulator ended before the copy did.\"";
}

}  // namespace aloft::emulator::blob
