// SPDX-License-Identifier: Apache-2.0
#include "http/internal/driver.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "http/internal/request_head.h"

namespace aloft::http::internal {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kWakeTag = ~std::uint64_t{0};

/// Rounded up, so that a wait does not end just before its time and spin.
milliseconds until(Clock::time_point time, Clock::time_point now) {
  if (time <= now) return milliseconds(0);
  if (time == Clock::time_point::max()) return milliseconds(60'000);
  return std::min(std::chrono::ceil<milliseconds>(time - now), milliseconds(60'000));
}

void ring(int wake_fd) {
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then it is readable anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd, &one, sizeof one);
}

void silence(int wake_fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t count_read = ::read(wake_fd, &count, sizeof count);
}

}  // namespace

Result<std::unique_ptr<Driver>> Driver::make(const ClientOptions& options, Pool& pool,
                                             LazyTlsContext& tls) {
  std::unique_ptr<Driver> driver(new Driver(options, pool, tls));
  driver->epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  driver->wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!driver->epoll_ || !driver->wake_) return fail_os(errno, "cannot wait for connections");
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeTag}};
  if (::epoll_ctl(driver->epoll_.get(), EPOLL_CTL_ADD, driver->wake_.get(), &event) != 0) {
    return fail_os(errno, "cannot wait for connections");
  }
  return driver;
}

void Driver::run(std::span<Exchange* const> exchanges, const Limits& limits) {
  prepare(exchanges);
  {
    std::optional<std::stop_callback<std::function<void()>>> on_stop;
    if (limits.stop.stop_possible()) {
      on_stop.emplace(limits.stop, [fd = wake_.get()] { ring(fd); });
    }
    while (unfinished_ > 0) {
      if (const auto checked = limits.check(system_clock(), "the request"); !checked) {
        fail_all(checked.error());
        break;
      }
      give_connections();
      for (std::size_t i = 0; i < count_; ++i) advance(slots_[i]);
      if (unfinished_ > 0) wait(limits);
      fail_stalled();
    }
  }
  // The callback cannot run any more: what it wrote is taken back for the next call.
  if (limits.stop.stop_requested()) silence(wake_.get());
}

void Driver::prepare(std::span<Exchange* const> exchanges) {
  count_ = unfinished_ = exchanges.size();
  connections_ = 0;
  if (slots_.size() < count_) slots_.resize(count_);
  for (std::size_t i = 0; i < count_; ++i) {
    Slot& slot = slots_[i];
    slot.exchange = exchanges[i];
    slot.phase = Phase::waiting;
    slot.pooled = slot.needs_fresh = false;
    slot.exchange->answer.clear();
    if (Result<void> written = write_request_head(*slot.exchange, slot.head); !written) {
      finish(slot, std::move(written));
    }
  }
}

void Driver::give_connections() {
  for (std::size_t i = 0; i < count_ && connections_ < options_.connections_max_per_call; ++i) {
    Slot& slot = slots_[i];
    if (slot.phase != Phase::waiting) continue;
    const auto now = system_clock().now();
    const Endpoint& endpoint = slot.exchange->endpoint;
    ++connections_;
    std::unique_ptr<Connection> idle = slot.needs_fresh ? nullptr : pool_.take(endpoint, now);
    if (idle != nullptr) {
      use(slot, std::move(idle), true);
      continue;
    }
    if (dialer_ == nullptr) dialer_ = std::make_unique<Dialer>();
    slot.phase = Phase::dialing;
    dialer_->start(endpoint, i, options_);
  }
}

void Driver::dialed(std::size_t index, Result<UniqueFd> fd) {
  Slot& slot = slots_[index];
  if (!fd) return finish(slot, fail(std::move(fd).error()));
  auto connection =
      Connection::make(slot.exchange->endpoint, std::move(*fd), tls_, system_clock().now());
  if (!connection) return finish(slot, fail(std::move(connection).error()));
  use(slot, std::move(*connection), false);
}

void Driver::use(Slot& slot, std::unique_ptr<Connection> connection, bool pooled) {
  slot.connection = std::move(connection);
  slot.connection->reader().start(*slot.exchange);
  slot.phase = !pooled && slot.connection->is_tls() ? Phase::greeting : Phase::talking;
  slot.pooled = pooled;
  slot.readable = false;
  slot.writable = true;
  slot.wants_to_write = false;
  slot.sent_bytes = 0;
  slot.last_progress = system_clock().now();
  watch(slot);
}

/// Alone, an exchange waits in poll, which needs no preparation.
void Driver::watch(Slot& slot) {
  if (count_ == 1) return;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = static_cast<std::uint64_t>(&slot - slots_.data());
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, slot.connection->fd(), &event) != 0) {
    finish(slot, fail_os(errno, "cannot wait for a connection"));
  }
}

milliseconds Driver::time_to_wait(const Limits& limits) const {
  const auto now = system_clock().now();
  milliseconds time = until(limits.deadline, now);
  for (std::size_t i = 0; i < count_; ++i) {
    const Slot& slot = slots_[i];
    if (slot.connection == nullptr) continue;
    time = std::min(time, until(slot.last_progress + options_.stall_time_max, now));
  }
  return time;
}

void Driver::wait(const Limits& limits) {
  // An exchange that lost its connection, or whose turn came, needs one first.
  const bool can_go_on = connections_ < options_.connections_max_per_call &&
                         std::any_of(slots_.begin(), slots_.begin() + static_cast<long>(count_),
                                     [](const Slot& slot) { return slot.phase == Phase::waiting; });
  if (can_go_on) return;
  const milliseconds time_max = time_to_wait(limits);
  if (dialer_ != nullptr && dialer_->busy()) {
    wait_for_dials(time_max);
  } else if (count_ == 1) {
    wait_for_one(slots_[0], time_max);
  } else {
    wait_for_many(time_max);
  }
}

void Driver::wait_for_dials(milliseconds time_max) {
  // An epoll descriptor can itself be polled; it holds the wake-up too.
  curl_waitfd others[] = {{.fd = epoll_.get(), .events = CURL_WAIT_POLLIN, .revents = 0}};
  dialer_->wait(others, time_max,
                [this](std::size_t index, Result<UniqueFd> fd) { dialed(index, std::move(fd)); });
  if (others[0].revents != 0) wait_for_many(milliseconds(0));
}

void Driver::wait_for_one(Slot& slot, milliseconds time_max) {
  const short events = static_cast<short>(POLLIN | (slot.wants_to_write ? POLLOUT : 0));
  pollfd fds[] = {{.fd = slot.connection->fd(), .events = events, .revents = 0},
                  {.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  const int ready = ::poll(fds, 2, static_cast<int>(time_max.count()));
  if (ready <= 0 || fds[0].revents == 0) return;
  hear(slot, (fds[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0,
       (fds[0].revents & (POLLOUT | POLLERR | POLLHUP)) != 0);
}

void Driver::wait_for_many(milliseconds time_max) {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(time_max.count()));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kWakeTag) continue;
    hear(slots_[event.data.u64], (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0,
         (event.events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0);
  }
}

/// Notes what the kernel said. TLS may have to read in order to write and the other way round, so
/// there either is a reason to try both.
void Driver::hear(Slot& slot, bool can_read, bool can_write) {
  const bool both = slot.connection != nullptr && slot.connection->is_tls();
  slot.readable = slot.readable || can_read || both;
  slot.writable = slot.writable || can_write || both;
}

bool Driver::has_work(const Slot& slot) {
  return slot.readable || (slot.writable && slot.sent_bytes < request_bytes(slot));
}

void Driver::fail_stalled() {
  const auto now = system_clock().now();
  for (std::size_t i = 0; i < count_; ++i) {
    Slot& slot = slots_[i];
    if (slot.connection == nullptr || has_work(slot)) continue;
    if (now - slot.last_progress < options_.stall_time_max) continue;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options_.stall_time_max).count();
    slot.pooled = false;  // It was alive for all we know: do not take it for a stale one.
    broke(slot, {.code = ErrorCode::unavailable,
                 .message = "nothing came for " + std::to_string(seconds) + " s"});
  }
}

void Driver::advance(Slot& slot) {
  if (slot.phase == Phase::greeting) greet(slot);
  if (slot.phase == Phase::talking) talk(slot);
}

void Driver::greet(Slot& slot) {
  if (!slot.readable && !slot.writable) return;
  const Result<Moved> moved = slot.connection->shake_hands();
  if (!moved) return broke(slot, moved.error());
  if (moved->how == Moved::How::ended) {
    return broke(slot, {.code = ErrorCode::unavailable, .message = "it ended the TLS handshake"});
  }
  if (moved->how == Moved::How::some) {
    slot.phase = Phase::talking;
    slot.writable = true;
    slot.last_progress = system_clock().now();
    return;
  }
  slot.readable = slot.writable = false;
  slot.wants_to_write = moved->how == Moved::How::wait_to_write;
}

std::size_t Driver::request_bytes(const Slot& slot) {
  return slot.head.size() + slot.exchange->body.size();
}

void Driver::talk(Slot& slot) {
  while (slot.phase == Phase::talking) {
    const bool sent = slot.writable && slot.sent_bytes < request_bytes(slot) && send_some(slot);
    if (slot.phase != Phase::talking) return;
    const bool received = slot.readable && receive_some(slot);
    if (!sent && !received) return;
  }
}

/// True if bytes moved.
bool Driver::send_some(Slot& slot) {
  const auto all_head = std::as_bytes(std::span(slot.head));
  const auto head = all_head.subspan(std::min(slot.sent_bytes, all_head.size()));
  const auto body = slot.exchange->body.subspan(
      slot.sent_bytes < all_head.size() ? 0 : slot.sent_bytes - all_head.size());
  const Result<Moved> moved = slot.connection->send(head, body);
  if (!moved) {
    // A server may refuse a body by answering before it has read it and closing: that answer
    // counts.
    if (slot.sent_bytes == 0 || slot.connection->is_tls()) {
      broke(slot, moved.error());
    } else {
      slot.writable = false;
      slot.readable = true;
    }
    return false;
  }
  if (moved->how != Moved::How::some) {
    slot.writable = false;
    slot.wants_to_write = moved->how == Moved::How::wait_to_write;
    return false;
  }
  slot.wants_to_write = false;
  slot.sent_bytes += moved->bytes;
  slot.last_progress = system_clock().now();
  return true;
}

/// True if bytes moved.
bool Driver::receive_some(Slot& slot) {
  AnswerReader& reader = slot.connection->reader();
  const std::span<std::byte> space = reader.space();
  const Result<Moved> moved = slot.connection->receive(space);
  if (!moved) {
    broke(slot, moved.error());
    return false;
  }
  if (moved->must_wait()) {
    slot.readable = false;
    slot.wants_to_write = slot.wants_to_write || moved->how == Moved::How::wait_to_write;
    return false;
  }
  if (moved->how == Moved::How::ended) {
    if (const auto ended = reader.ended(); !ended) {
      broke(slot, ended.error());
    } else {
      complete(slot);
    }
    return false;
  }
  slot.last_progress = system_clock().now();
  if (const auto taken = reader.received(moved->bytes); !taken) {
    broke(slot, taken.error());
    return false;
  }
  if (reader.done()) {
    complete(slot);
    return false;
  }
  // A plain socket that gave less than it could is empty; epoll tells when more comes.
  if (moved->bytes < space.size() && !slot.connection->is_tls()) slot.readable = false;
  return true;
}

void Driver::complete(Slot& slot) {
  const bool all_sent = slot.sent_bytes == request_bytes(slot);
  if (slot.connection->reader().reusable() && all_sent) {
    if (count_ > 1) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slot.connection->fd(), nullptr);
    pool_.keep(std::move(slot.connection), system_clock().now());
  }
  finish(slot, {});
}

void Driver::broke(Slot& slot, Error error) {
  const bool begun = slot.connection->reader().begun();
  const bool may_repeat = slot.exchange->repeatable || slot.sent_bytes == 0;
  if (slot.pooled && !begun && may_repeat && error.code == ErrorCode::unavailable) {
    // The server had closed the idle connection, most likely.
    slot.connection.reset();
    --connections_;
    slot.needs_fresh = true;
    slot.phase = Phase::waiting;
    return;
  }
  error.message = to_string(slot.exchange->endpoint) + ": " + error.message;
  finish(slot, fail(std::move(error)));
}

void Driver::finish(Slot& slot, Result<void> result) {
  if (slot.phase != Phase::waiting) --connections_;
  slot.connection.reset();
  slot.phase = Phase::done;
  slot.exchange->result = std::move(result);
  --unfinished_;
}

void Driver::fail_all(const Error& error) {
  if (dialer_ != nullptr) dialer_->cancel();
  for (std::size_t i = 0; i < count_; ++i) {
    Slot& slot = slots_[i];
    if (slot.phase == Phase::done) continue;
    Error named = error;
    named.message += " (" + to_string(slot.exchange->endpoint) + ")";
    finish(slot, fail(std::move(named)));
  }
}

}  // namespace aloft::http::internal
