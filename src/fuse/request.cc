// SPDX-License-Identifier: Apache-2.0
#include "fuse/internal/request.h"

#include <cerrno>

namespace aloft::fuse {
namespace {

/// Errors that are part of everyday work and need no line in the log.
bool is_everyday(const Error& error) {
  switch (error.code) {
    case ErrorCode::not_found:
    case ErrorCode::already_exists:
    case ErrorCode::invalid_argument:
    case ErrorCode::unsupported:
    case ErrorCode::cancelled:
      return true;
    default:
      return errno_of(error) == EROFS;
  }
}

}  // namespace

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

fuse_entry_param entry_param(const posix::Entry& entry) {
  fuse_entry_param param{};
  param.ino = entry.inode;
  param.attr = entry.attributes.status;
  param.attr_timeout = param.entry_timeout = seconds(entry.attributes.valid_for);
  return param;
}

Request::Request(fuse_req_t request, std::string_view operation, Kind kind)
    : request_(request),
      operation_(operation),
      shared_(*static_cast<Shared*>(fuse_req_userdata(request))),
      limits_(Limits::within(
          kind == Kind::commit ? shared_.options.commit_time_max : shared_.options.request_time_max,
          stop_.get_token())) {
  fuse_req_interrupt_func(request_, &Request::on_interrupt, this);
}

Request::~Request() {
  if (request_ != nullptr) fail(EIO);
}

void Request::on_interrupt(fuse_req_t, void* self) {
  auto& request = *static_cast<Request*>(self);
  // libfuse calls this under the request's lock, once; finish() takes that lock, too.
  if (request.ticket_ == 0 && !request.stop_.stop_requested()) {
    request.ticket_ =
        request.shared_.interrupts.add(fuse_req_ctx(request.request_)->pid, request.stop_);
  }
}

void Request::finish() {
  fuse_req_interrupt_func(request_, nullptr, nullptr);
  shared_.interrupts.remove(ticket_);
}

posix::Caller Request::caller() const {
  const fuse_ctx* context = fuse_req_ctx(request_);
  return {.uid = context->uid, .gid = context->gid, .umask = context->umask};
}

void Request::fail(int errno_value) {
  reply([&](fuse_req_t raw) { return fuse_reply_err(raw, errno_value); });
}

void Request::fail(const Error& error) {
  if (!is_everyday(error)) {
    log(LogLevel::warning, "{}: {}: {}{}{}", shared_.options.name, operation_, error.message,
        error.request_id.empty() ? "" : " request ", error.request_id);
    if (shared_.options.on_problem) shared_.options.on_problem(error);
  }
  fail(errno_of(error));
}

void Request::done(const Result<void>& result) {
  if (!result) return fail(result.error());
  fail(0);
}

void Request::entry(const Result<posix::Entry>& result) {
  if (!result) {
    if (errno_of(result.error()) != ENOENT || operation_ != "lookup") return fail(result.error());
    fuse_entry_param absent{};
    absent.entry_timeout = seconds(shared_.options.negative_ttl);
    reply([&](fuse_req_t raw) { return fuse_reply_entry(raw, &absent); });
    return;
  }
  const fuse_entry_param param = entry_param(*result);
  if (!reply([&](fuse_req_t raw) { return fuse_reply_entry(raw, &param); })) {
    files().forget(result->inode, 1);
  }
}

void Request::attributes(const Result<posix::Attributes>& result) {
  if (!result) return fail(result.error());
  reply([&](fuse_req_t raw) {
    return fuse_reply_attr(raw, &result->status, seconds(result->valid_for));
  });
}

}  // namespace aloft::fuse
