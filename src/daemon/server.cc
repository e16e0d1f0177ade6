// SPDX-License-Identifier: Apache-2.0
#include "daemon/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <set>
#include <system_error>

#include "base/file_lock.h"
#include "base/local_socket.h"
#include "base/log/log.h"
#include "daemon/internal/connection.h"

namespace aloft::daemon {
namespace {

using Time = std::chrono::steady_clock::time_point;

}  // namespace

class Server::State {
 public:
  State(ServerOptions options, AccountsOf accounts_of)
      : options_(std::move(options)), mounts_(std::move(accounts_of), [this] { wake(); }) {}

  Result<void> run(const std::function<void()>& on_ready, std::stop_token stop) {
    // Blocks while an ending daemon has it; who started us bounds the time.
    lock_ = TRY(lock_file(options_.lock));
    wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_) return fail_os(errno, "cannot make an event descriptor");
    listener_ = TRY(listen_local(options_.socket));
    const std::stop_callback on_stop(stop, [this] { end(); });
    on_ready();
    auto served = accept_until_end();
    auto closed = close();
    return served ? closed : served;
  }

 private:
  Result<void> accept_until_end() {
    Time last_activity = std::chrono::steady_clock::now();
    while (!ending_) {
      pollfd wanted[2] = {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                          {.fd = wake_.get(), .events = POLLIN, .revents = 0}};
      const int ready = ::poll(wanted, 2, wait_ms(last_activity));
      if (ready < 0 && errno != EINTR) return fail_os(errno, "cannot wait for clients");
      if (ready == 0 && is_idle()) {
        log(LogLevel::info, "idle: ending");
        return {};
      }
      last_activity = std::chrono::steady_clock::now();
      if ((wanted[1].revents & POLLIN) != 0) drain_wake();
      if ((wanted[0].revents & POLLIN) != 0) TRY(accept_one());
    }
    return {};
  }

  bool is_idle() { return connections_.lock()->empty() && mounts_.list().empty(); }

  /// Until the idle time is over; without end while there is something to serve.
  int wait_ms(Time last_activity) {
    if (!is_idle()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        last_activity + options_.idle_time_max - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<long>(left.count(), 0, 86'400'000));
  }

  Result<void> accept_one() {
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) {
      // Descriptors may be short for a moment; the client sees its connection refused or reset.
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        log(LogLevel::error, "cannot accept a client: {}", std::generic_category().message(errno));
        return {};
      }
      if (errno == ECONNABORTED || errno == EINTR || errno == EAGAIN) return {};
      return fail_os(errno, "cannot accept clients");
    }
    const auto peer = peer_of(socket.get());
    if (!peer || (peer->uid != ::geteuid() && peer->uid != 0)) {
      log(LogLevel::warning, "refused a client of another user");
      return {};
    }
    start_connection(std::move(socket));
    return {};
  }

  void start_connection(UniqueFd socket) {
    const auto shared = std::make_shared<UniqueFd>(std::move(socket));
    connections_.lock()->insert(shared->get());
    try {
      threads_.start([this, shared] {
        Connection(shared->get(), options_.version, mounts_, [this] { end(); }).serve();
        connections_.lock()->erase(shared->get());
        wake();
      });
    } catch (const std::system_error& exception) {
      log(LogLevel::error, "cannot serve a client: {}", exception.what());
      connections_.lock()->erase(shared->get());
    }
  }

  void wake() {
    const std::uint64_t one = 1;
    if (::write(wake_.get(), &one, sizeof one) < 0 && errno != EAGAIN) {
      log(LogLevel::error, "cannot wake the daemon: {}", std::generic_category().message(errno));
    }
  }

  void drain_wake() {
    std::uint64_t count = 0;
    if (::read(wake_.get(), &count, sizeof count) < 0 && errno != EAGAIN) {
      log(LogLevel::error, "cannot read an event: {}", std::generic_category().message(errno));
    }
  }

  void end() {
    ending_ = true;
    wake();
  }

  /// Nobody can connect from here on; who did so already is heard to the end of his request.
  Result<void> close() {
    ::unlink(options_.socket.c_str());
    listener_.reset();
    auto closed = mounts_.close_all(options_.close_time_max);
    stop_hearing();
    threads_.wait_all();
    return closed;
  }

  /// Under the lock to its end: connections end, and leave the set, meanwhile.
  void stop_hearing() {
    const auto connections = connections_.lock();
    for (const int socket : *connections) ::shutdown(socket, SHUT_RD);
  }

  const ServerOptions options_;
  UniqueFd lock_;
  UniqueFd wake_;
  UniqueFd listener_;
  std::atomic<bool> ending_ = false;
  Guarded<std::set<int>> connections_;
  Mounts mounts_;
  CountedThreads threads_;
};

Server::Server(ServerOptions options, AccountsOf accounts_of)
    : state_(std::make_unique<State>(std::move(options), std::move(accounts_of))) {}
Server::~Server() = default;

Result<void> Server::run(const std::function<void()>& on_ready, std::stop_token stop) {
  return state_->run(on_ready, std::move(stop));
}

}  // namespace aloft::daemon
