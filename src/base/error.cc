// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/result.h"

namespace aloft {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::already_exists:
      return "already_exists";
    case ErrorCode::permission_denied:
      return "permission_denied";
    case ErrorCode::precondition_failed:
      return "precondition_failed";
    case ErrorCode::throttled:
      return "throttled";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::deadline_exceeded:
      return "deadline_exceeded";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::no_space:
      return "no_space";
    case ErrorCode::corrupt:
      return "corrupt";
  }
  return "unknown";
}

int errno_of(const Error& error) {
  if (error.os_errno != 0) return error.os_errno;
  switch (error.code) {
    case ErrorCode::not_found:
      return ENOENT;
    case ErrorCode::already_exists:
      return EEXIST;
    case ErrorCode::permission_denied:
      return EACCES;
    case ErrorCode::precondition_failed:
      return ESTALE;
    case ErrorCode::throttled:
      return EAGAIN;
    case ErrorCode::unavailable:
      return EIO;
    case ErrorCode::deadline_exceeded:
      return ETIMEDOUT;
    case ErrorCode::cancelled:
      return EINTR;
    case ErrorCode::invalid_argument:
      return EINVAL;
    case ErrorCode::unsupported:
      return EOPNOTSUPP;
    case ErrorCode::no_space:
      return ENOSPC;
    case ErrorCode::corrupt:
      return EIO;
  }
  return EIO;
}

ErrorCode code_of_errno(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
    case ESRCH:
      return ErrorCode::not_found;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorCode::already_exists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::permission_denied;
    case ESTALE:
      return ErrorCode::precondition_failed;
    case EAGAIN:
      return ErrorCode::throttled;
    case ETIMEDOUT:
      return ErrorCode::deadline_exceeded;
    case EINTR:
      return ErrorCode::cancelled;
    case EOPNOTSUPP:
    case ENOSYS:
    case EXDEV:
      return ErrorCode::unsupported;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return ErrorCode::no_space;
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return ErrorCode::invalid_argument;
    default:
      return ErrorCode::unavailable;
  }
}

Error os_error(int errno_value, std::string message) {
  return Error{
      .code = code_of_errno(errno_value), .message = std::move(message), .os_errno = errno_value};
}

tl::unexpected<Error> fail_os(int errno_value, std::string_view what) {
  return fail(os_error(errno_value, std::string(what) + ": " + std::strerror(errno_value)));
}

void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, what);
  std::abort();
}

}  // namespace aloft
