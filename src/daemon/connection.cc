// SPDX-License-Identifier: Apache-2.0
#include "daemon/internal/connection.h"

#include <cerrno>
#include <exception>

#include "base/local_socket.h"
#include "base/log/log.h"

namespace aloft::daemon {
namespace {

std::string answer_of(const Result<void>& result) {
  return result ? answer_ok() : answer_error(result.error());
}

}  // namespace

void Connection::serve() {
  try {
    for (;;) {
      auto message = receive_message(socket_, kMessageBytesMax);
      if (!message) {
        if (message.error().os_errno != ENOTCONN) {
          log(LogLevel::warning, "a client's message: {}", message.error().message);
        }
        break;
      }
      if (!send_message(socket_, answer_to(message->text, std::move(message->fd)))) break;
    }
    drain_forsaken();
  } catch (const std::exception& exception) {
    log(LogLevel::error, "a client's connection ends: {}", exception.what());
  }
}

std::string Connection::answer_to(std::string_view text, UniqueFd fd) {
  const auto request = parse_request(text);
  if (!request) return answer_error(request.error());
  if (const auto* hello = std::get_if<Hello>(&*request)) return greet(*hello);
  if (!greeted_) {
    return answer_error({.code = ErrorCode::invalid_argument, .message = "greet first"});
  }
  if (const auto* wanted = std::get_if<MountRequest>(&*request)) {
    return mount(*wanted, std::move(fd));
  }
  if (const auto* wanted = std::get_if<Drain>(&*request)) return drain(wanted->mount);
  if (const auto* wanted = std::get_if<WaitUnmounted>(&*request)) {
    return answer_of(mounts_.wait_ended(wanted->mount));
  }
  if (std::holds_alternative<Status>(*request)) return answer_status(version_, mounts_.list());
  return stop();
}

std::string Connection::greet(const Hello& hello) {
  if (hello.protocol == kProtocolVersion) {
    greeted_ = true;
    return answer_ok();
  }
  if (mounts_.list().empty()) {
    // Nothing keeps the old daemon: the client's next attempt starts one of its own version.
    end_();
    return answer_error(os_error(ENOTCONN, "the daemon of version " + version_ + " ends"));
  }
  return answer_error({.code = ErrorCode::unsupported,
                       .message = "the running daemon is of version " + version_ +
                                  ", this program of " + hello.version +
                                  "; end its mounts first (aloft-main daemon --status)"});
}

std::string Connection::mount(const MountRequest& request, UniqueFd fd) {
  if (!fd) {
    return answer_error({.code = ErrorCode::invalid_argument,
                         .message = "a mount request must bring /dev/fuse along"});
  }
  const auto id = mounts_.add(request, std::move(fd));
  if (!id) return answer_error(id.error());
  undrained_.insert(*id);
  return answer_mounted(*id);
}

std::string Connection::drain(std::uint64_t mount) {
  const auto drained = mounts_.drain(mount);
  if (!drained) return answer_error(drained.error());
  undrained_.erase(mount);
  return answer_drained(mounts_.problems(mount));
}

std::string Connection::stop() {
  const auto drained = mounts_.drain_all();
  if (drained) end_();
  return answer_of(drained);
}

void Connection::drain_forsaken() {
  for (const std::uint64_t mount : undrained_) {
    const auto drained = mounts_.drain(mount);
    if (!drained) log(LogLevel::error, "mount {}: {}", mount, drained.error().message);
  }
}

}  // namespace aloft::daemon
